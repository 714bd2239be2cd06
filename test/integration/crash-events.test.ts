import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { CompiledQuery } from 'kysely';
import { openDatabase } from '../../server/storage/database.ts';
import { startIntake } from '../support/app/intake.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { sendEvents } from '../support/registry/event-sender.ts';

const KILLS = 50;
const SENDERS = 8;
const ROOT = join(import.meta.dirname, '../..');
const BUNDLE = join(ROOT, `node_modules/.cache/registry-web/intake-${process.pid}.mjs`);

// The sources compile at each start, which is most of the time of fifty starts; as in production it is a bundle.
before(() =>
  build({
    entryPoints: [join(ROOT, 'test/support/app/intake-process.ts')],
    outfile: BUNDLE,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  }),
);
after(() => rm(BUNDLE, { force: true }));

/** Events arrive; at some moment the process is gone. @returns the ids it had answered with 2xx. */
async function crashOnce(dataPath: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const { running, port, synchronous } = await startIntake(dataPath, { command: [BUNDLE], env });
  const { child } = running;
  assert.equal(synchronous, 2, 'the running process syncs every commit');
  const exited = once(child, 'exit');
  let kill: NodeJS.Timeout | undefined;
  // Counted from the first answer, so that a slow machine kills a receiver at work too.
  const killSoon = () => {
    kill ??= setTimeout(() => child.kill('SIGKILL'), 10 + Math.random() * 150);
  };
  const { acknowledged } = await sendEvents(port, SENDERS, () => child.signalCode !== null, killSoon);
  child.kill('SIGKILL');
  await exited;
  clearTimeout(kill);
  return acknowledged;
}

/** How often each event is in the database after the last start has read what was left. */
async function countEvents(dataPath: string): Promise<{ counts: Map<string, number>; integrity: string }> {
  const { db, close } = await openDatabase({ dataPath, exclusive: true });
  const counts = new Map<string, number>();
  const add = (id: string) => counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const row of await db.selectFrom('events').select('event_id').execute()) add(row.event_id);
  // Not read yet, but kept: the next start does.
  const waiting = await db.selectFrom('envelopes').select('body').where('state', '=', 'new').execute();
  for (const row of waiting) for (const event of JSON.parse(row.body.toString()).events) add(event.id);
  const checked = await db.executeQuery<{ integrity_check: string }>(CompiledQuery.raw('pragma integrity_check'));
  await close();
  return { counts, integrity: checked.rows[0]?.integrity_check ?? '' };
}

async function crashing(times: number, env: NodeJS.ProcessEnv, enough: (lost: number) => boolean = () => false) {
  const folder = await temporaryFolder('crash');
  try {
    const acknowledged: string[] = [];
    let state = { counts: new Map<string, number>(), integrity: '' };
    const lost = () => acknowledged.filter((id) => !state.counts.has(id)).length;
    for (let index = 0; index < times; index += 1) {
      acknowledged.push(...(await crashOnce(folder.path, env)));
      if (index === times - 1 || env['MUTANT'] !== undefined) state = await countEvents(folder.path);
      if (enough(lost())) break;
    }
    const twice = [...state.counts.values()].filter((count) => count > 1).length;
    return { acknowledged: acknowledged.length, lost: lost(), twice, integrity: state.integrity };
  } finally {
    await folder.remove();
  }
}

test(`${KILLS} times SIGKILL: every event answered with 2xx is kept, once`, { timeout: 300_000 }, async (context) => {
  const result = await crashing(KILLS, {});
  context.diagnostic(JSON.stringify(result));
  assert.ok(result.acknowledged > KILLS, 'events really arrived');
  assert.equal(result.lost, 0);
  assert.equal(result.twice, 0);
  assert.equal(result.integrity, 'ok');
});

test('the same test notices a receiver that answers before it commits', { timeout: 120_000 }, async () => {
  const { lost } = await crashing(15, { MUTANT: 'early' }, (count) => count > 0);
  assert.ok(lost > 0);
});

/** What was deleted goes for good when `trash.keep` has passed: by the schedule, and after a start that comes too late for it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTrash } from '../../server/housekeeping/trash.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { ADMIN_PASSWORD, type RunningApp, startApp } from '../support/app/app.ts';
import { movableClock } from '../support/app/skewed-app.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePort } from '../support/process/ports.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function entry(name: string) {
  const digest = `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`;
  const raw = Buffer.from('{}');
  return { repository: `team/${name}`, digest, mediaType: 'm', raw, tags: ['v1'], deletedBy: 'lin' };
}

describe('purge', () => {
  const NOW = Date.UTC(2026, 2, 1);
  let opened: TestDatabase;
  let now = NOW;
  before(async () => {
    opened = await openTestDatabase();
  });
  after(() => opened?.close());
  const names = async () => {
    const rows = await opened.db.selectFrom('trash').select('repository').orderBy('id').execute();
    return rows.map(({ repository }) => repository.slice('team/'.length));
  };

  test('removes what is older, to the millisecond, restored or not', async () => {
    const trash = createTrash(opened.db, () => now);
    const ages = [
      ['old', 2 * DAY_MS],
      ['restored', 2 * DAY_MS],
      ['just-over', DAY_MS + 1],
      ['exactly', DAY_MS],
      ['young', 0],
    ] as const;
    for (const [name, age] of ages) {
      now = NOW - age;
      await trash.add(entry(name));
    }
    now = NOW;
    await opened.db.updateTable('trash').set({ restored_at: NOW }).where('repository', '=', 'team/restored').execute();
    await trash.purge(NOW - DAY_MS);
    assert.deepEqual(await names(), ['exactly', 'young']);
    await trash.purge(NOW - DAY_MS);
    assert.deepEqual(await names(), ['exactly', 'young'], 'a second time changes nothing');
  });

  test('removes thousands, with what was deleted along', async () => {
    const trash = createTrash(opened.db, () => now);
    now = NOW - 3 * DAY_MS;
    const first = await trash.add(entry('whole'));
    for (let index = 0; index < 1050; index += 1) await trash.add({ ...entry(`part-${index}`), partOf: first });
    now = NOW;
    await trash.purge(NOW - 2 * DAY_MS);
    assert.deepEqual(await names(), ['exactly', 'young']);
  });
});

describe('trash.keep of the real server', () => {
  let app: RunningApp;
  let clock: Awaited<ReturnType<typeof movableClock>>;
  before(async () => {
    clock = await movableClock();
    app = await startApp({
      ...clock.options,
      config: { registry: { url: `http://127.0.0.1:${await freePort()}` }, trash: { keep: '2d' } },
      async fill(dataPath) {
        const { db, close } = await openDatabase({ dataPath, exclusive: true });
        for (const [name, age] of [
          ['old', 3 * DAY_MS],
          ['young', HOUR_MS],
        ] as const) {
          await createTrash(db, () => Date.now() - age).add(entry(name));
        }
        await close();
      },
    });
  });
  after(async () => {
    await app?.stop();
    await clock?.remove();
  });
  async function trashed(): Promise<readonly string[]> {
    const authorization = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
    const answer = await fetch(`${app.url}/api/v1/trash`, { headers: { authorization } });
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { items: { repository: string }[] }).items.map(({ repository }) => repository);
  }

  test('what is over is gone soon after a start, what is not stays', async () => {
    await eventually('the old one is gone', trashed, { until: (names) => !names.includes('team/old') });
    assert.deepEqual(await trashed(), ['team/young']);
  });

  test('a restart changes nothing, and the schedule takes the rest in its time', async () => {
    await app.halt();
    await app.resume();
    assert.deepEqual(await trashed(), ['team/young']);
    await clock.set(app, 3 * DAY_MS);
    await eventually('it is gone', trashed, { until: (names) => names.length === 0 });
  });
});

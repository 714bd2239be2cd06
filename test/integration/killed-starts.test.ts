/** A start that is killed in the middle of its statements: the next one ends well, and nothing is half done. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { build } from 'esbuild';
import { MIGRATIONS } from '../../server/storage/migrations/index.ts';
import { firstStart } from '../support/app/first-start.ts';
import { upTo, writeOldFile } from '../support/data/old-database.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const AT_ONCE = 4;
/** Real kills, spread over all statements: that they leave what a copy of the folder holds, which is tried at every one. */
const KILLS = 6;
/** A killed process loses nothing of what it gave to the system, on a disk or not. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let bundle: TemporaryFolder;
let program: string;
before(async () => {
  bundle = await temporaryFolder('killed-start');
  program = join(bundle.path, 'killed-start.cjs');
  await build({
    entryPoints: [join(PROJECT, 'test/support/app/killed-start.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3', 'piscina'],
    define: { 'import.meta.url': '"file:///killed-start.cjs"' },
    logLevel: 'error',
  });
});
after(() => bundle.remove());

interface Ending {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly output: string;
}

function start(dataPath: string, at: number | string): Promise<Ending> {
  const child = spawn(process.execPath, [program, dataPath, String(at)], {
    env: { ...process.env, NODE_PATH: join(PROJECT, 'node_modules') },
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, output: Buffer.concat(chunks).toString() }));
  });
}

async function inFolder<Result>(prepare: Prepare, work: (dataPath: string) => Promise<Result>): Promise<Result> {
  const dataPath = await mkdtemp(join(MEMORY, 'registry-web-killed-'));
  try {
    await prepare(dataPath);
    return await work(dataPath);
  } finally {
    await rm(dataPath, { recursive: true });
  }
}

type Prepare = (dataPath: string) => Promise<void>;
type Check = (db: SqliteDatabase.Database) => void;

async function killEverywhere(prepare: Prepare, check: Check): Promise<void> {
  const count = await copyEverywhere(prepare, check);
  const places = Array.from({ length: KILLS }, (_, index) => Math.ceil(((index + 1) * count) / KILLS));
  await forEach(places, (place) => killAt(place, prepare, check));
}

async function forEach<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (let item = items.pop(); item !== undefined; item = items.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Starts from what each statement found; gives how many there were. */
async function copyEverywhere(prepare: Prepare, check: Check): Promise<number> {
  const copies = await mkdtemp(join(MEMORY, 'registry-web-copied-'));
  try {
    const whole = await inFolder(prepare, (dataPath) => start(dataPath, copies));
    assert.equal(whole.code, 0, whole.output);
    const places = await readdir(copies);
    const count = Number(whole.output);
    assert.ok(places.length > 10 && places.length < count, `${places.length} of ${count} statements change the folder`);
    await forEach(places, async (place) => {
      await assert.doesNotReject(firstStart(join(copies, place)), `from before statement ${place}`);
      checkStarted(join(copies, place), check);
    });
    return count;
  } finally {
    await rm(copies, { recursive: true });
  }
}

async function killAt(place: number, prepare: Prepare, check: Check): Promise<void> {
  await inFolder(prepare, async (dataPath) => {
    assert.equal((await start(dataPath, place)).signal, 'SIGKILL');
    const next = await start(dataPath, 0);
    assert.equal(next.code, 0, `after a kill before statement ${place}: ${next.output}`);
    checkStarted(dataPath, check);
  });
}

function checkStarted(dataPath: string, check: Check): void {
  const db = new SqliteDatabase(join(dataPath, 'registry-web.db'), { readonly: true });
  try {
    assert.deepEqual(db.prepare('select name from kysely_migration order by name').pluck().all(), NAMES);
    assert.deepEqual(db.pragma('integrity_check'), [{ integrity_check: 'ok' }]);
    check(db);
  } finally {
    db.close();
  }
}

const NAMES = Object.keys(MIGRATIONS);

test('a first start', async () => {
  await killEverywhere(
    async () => {},
    (db) => {
      const admins = db.prepare('select username, must_change_password from users').all();
      assert.deepEqual(admins, [{ username: 'admin', must_change_password: 1 }]);
      const code = db.prepare("select value from settings where key = 'setup.code'").pluck().get();
      assert.match(String(code), /"codeHash":"[0-9a-f]{64}"/);
    },
  );
});

test('an upgrade of a filled database', async () => {
  await killEverywhere(
    (dataPath) => writeOldFile(dataPath, { applied: upTo('0002-index'), isFilled: true }),
    (db) => {
      assert.deepEqual(db.prepare('select username from users').pluck().all(), ['wei']);
      assert.deepEqual(db.prepare('select digest from held_manifests').pluck().all(), ['sha256:1']);
      assert.deepEqual(db.prepare('select sum(pushes) from activity_days').pluck().all(), [1]);
    },
  );
});

/** A damaged database: it is not served, `verify` names the damage, and a new one keeps what only we know. */
import assert from 'node:assert/strict';
import { open as openFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { createUserStore } from '../../server/access/users.ts';
import { main } from '../../server/admin.ts';
import { rebuildOldCatalog } from '../../server/catalog/rebuild/rebuild.ts';
import { createIndexer } from '../../server/catalog/sync/indexer.ts';
import { createLogger } from '../../server/log.ts';
import { type Database, openDatabase } from '../../server/storage/database.ts';
import { openClient } from '../support/app/catalog.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let registry: RunningRegistry;
let folder: TemporaryFolder;
let printed: string;
before(async () => {
  if (skip) return;
  registry = await startRegistry({ version: '3.1.1' });
  await pushImageOf(registry.url, 'team/app', 'v1', { layers: ['one'] });
  await pushImageOf(registry.url, 'team/app', 'v2', { layers: ['two'] });
});
after(() => registry?.stop());
beforeEach(async (t) => {
  printed = '';
  folder = await temporaryFolder('repair');
  await writeFile(join(folder.path, 'config.yml'), 'data:\n  path: .\n');
  if ('after' in t) t.after(() => folder.remove());
});

function run(command: string): Promise<number> {
  const print = (text: string) => {
    printed += text;
  };
  return main([command], { env: { CONFIG_PATH: join(folder.path, 'config.yml') }, print, complain: print });
}

async function withDatabase<Result>(work: (db: Database) => Promise<Result>): Promise<Result> {
  const { db, close } = await openDatabase({ dataPath: folder.path, exclusive: true });
  try {
    return await work(db);
  } finally {
    await close();
  }
}

async function crawl(db: Database): Promise<void> {
  const client = openClient(registry.url);
  const log = createLogger('silent');
  const indexer = createIndexer({
    db,
    client,
    now: Date.now,
    clock: () => performance.now(),
    log,
  });
  await rebuildOldCatalog(db);
  await indexer.crawl('start');
  await indexer.close();
  client.close();
}

const contentOf = async (db: Database) => ({
  tags: await db
    .selectFrom('tags')
    .select(['name', 'digest', 'size_bytes', 'pull_count', 'pushed_by'])
    .orderBy('name')
    .execute(),
  held: await db
    .selectFrom('held_manifests')
    .select(['digest', 'state', 'kind', 'size_bytes'])
    .orderBy('digest')
    .execute(),
  manifests: await db.selectFrom('manifests').select(['digest', 'kind', 'total_bytes']).orderBy('digest').execute(),
  blobs: await db.selectFrom('blobs').select(['digest', 'size_bytes']).orderBy('digest').execute(),
  repositories: await db.selectFrom('repositories').select(['name', 'tag_count', 'size_bytes', 'pull_count']).execute(),
});

/** People, an event, and an index as a crawl made it; with a push and pulls that only we know of. */
async function fill(db: Database): Promise<void> {
  const person = { passwordHash: 'hash', mustChangePassword: false, roleIds: [], by: 'admin' };
  for (let index = 0; index < 300; index += 1)
    await createUserStore(db).add({ ...person, username: `person-${index}` });
  await crawl(db);
  await db.updateTable('tags').set({ pull_count: 5, pushed_by: 'wei' }).where('name', '=', 'v1').execute();
  await db.updateTable('repositories').set({ pull_count: 5 }).execute();
}

/** Spoils a page of the table: one in its middle, or its only one. */
async function damage(table: string): Promise<void> {
  const file = join(folder.path, 'registry-web.db');
  const connection = new SqliteDatabase(file);
  connection.pragma('wal_checkpoint(truncate)');
  const pages = connection
    .prepare("select pageno from dbstat where name = ? and pagetype = 'leaf' order by path")
    .pluck();
  const root = connection.prepare('select rootpage from sqlite_master where name = ?').pluck().get(table);
  const [page = root] = (pages.all(table) as number[]).filter((each) => each !== root).slice(1);
  const size = connection.pragma('page_size', { simple: true }) as number;
  connection.close();
  const handle = await openFile(file, 'r+');
  await handle.write(Buffer.alloc(size, 0x5a), 0, size, (Number(page) - 1) * size);
  await handle.close();
}

test('a sound database is told so', { skip }, async () => {
  await withDatabase(fill);
  assert.equal(await run('verify'), 0);
  assert.match(printed, /registry-web\.db: no damage found in \d+ tables with \d+ rows/);
});

test('a damaged index is made anew, and nothing is lost', { skip }, async () => {
  const earlier = await withDatabase(async (db) => {
    await fill(db);
    return contentOf(db);
  });
  await damage('manifests');
  assert.equal(await run('verify'), 1);
  assert.match(printed, /Tables with rows that cannot be read: manifests\./);
  assert.match(printed, /rebuild-index keeps people.*Nothing is lost/);
  await assert.rejects(withDatabase(crawl), /is damaged.*npm run admin -- rebuild-index/);
  assert.equal(await run('rebuild-index'), 0);
  assert.match(printed, /users: 300 rows[\s\S]*Every row of these could be read/);
  await withDatabase(async (db) => {
    await crawl(db);
    assert.deepEqual(await contentOf(db), earlier);
    assert.equal((await createUserStore(db).list({ limit: 1 })).total, 300);
  });
  assert.equal(await run('verify'), 0);
  assert.equal((await readdir(folder.path)).filter((name) => /\.damaged-\d+T\d+Z$/.test(name)).length, 1);
});

test('people on a page that cannot be read are missed, all others are kept', { skip }, async () => {
  await withDatabase(fill);
  await damage('users');
  assert.equal(await run('verify'), 1);
  assert.match(printed, /Some rows of users will be missing/);
  assert.equal(await run('rebuild-index'), 0);
  assert.match(printed, /Some rows could not be read: users/);
  await withDatabase(async (db) => {
    const { total } = await createUserStore(db).list({ limit: 1 });
    assert.ok(total > 100 && total < 300, `${total} people`);
    assert.notEqual(await createUserStore(db).find('person-0'), undefined);
    assert.notEqual(await createUserStore(db).find('person-299'), undefined);
  });
});

test('the index is not rebuilt while the server runs; verifying works', { skip }, async () => {
  await withDatabase(async () => {
    assert.equal(await run('rebuild-index'), 75);
    assert.match(printed, /Another Registry Web already uses/);
    assert.equal(await run('verify'), 0);
  });
});

test('verifying is refused without a database', { skip }, async () => {
  assert.equal(await run('verify'), 78);
  assert.match(printed, /There is no database/);
});

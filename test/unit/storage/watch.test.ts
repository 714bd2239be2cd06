/** What is looked after while the server runs: the write-ahead log, damage, the way back from a full disk. */
import assert from 'node:assert/strict';
import { open as openFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { createLogger } from '../../../server/log.ts';
import { openDatabase } from '../../../server/storage/database.ts';
import { createSettings } from '../../../server/storage/settings.ts';
import { createStorageWatch } from '../../../server/storage/watch.ts';
import { temporaryFolder } from '../../support/process/tmp.ts';

const LARGE = 'x'.repeat(9_000_000);

async function start(t: TestContext) {
  const folder = await temporaryFolder('watch');
  const opened = await openDatabase({ dataPath: folder.path, exclusive: true });
  const lines: string[] = [];
  const log = createLogger('info', { write: (line: string) => void lines.push(line) });
  const watch = createStorageWatch({ opened, log, onLost: () => lines.push('lost') });
  t.after(async () => {
    await watch.stop();
    await opened.close();
    await folder.remove();
  });
  return { ...opened, watch, settings: createSettings(opened.db), logged: () => lines.join('\n') };
}

test('the write-ahead log is emptied as soon as nobody reads from it any more', async (t) => {
  const { file, watch, settings, storage } = await start(t);
  const reader = new SqliteDatabase(file, { readonly: true });
  t.after(() => reader.close());
  reader.exec('begin');
  reader.prepare('select count(*) from settings').get();
  for (const key of ['a', 'b', 'c']) await settings.set(key, LARGE);
  await watch.look();
  const held = storage.facts().walBytes;
  assert.ok(held > 16 * 1024 * 1024, `${held} bytes`);
  reader.exec('commit');
  await watch.look();
  assert.equal(storage.facts().walBytes, 0);
});

test('a log that a reader keeps growing is told once', async (t) => {
  const { file, watch, settings, logged } = await start(t);
  const reader = new SqliteDatabase(file, { readonly: true });
  t.after(() => reader.close());
  reader.exec('begin');
  reader.prepare('select count(*) from settings').get();
  for (let index = 0; index < 16; index += 1) await settings.set(`key-${index}`, LARGE);
  await watch.look();
  await watch.look();
  assert.equal(logged().match(/write-ahead log grows/g)?.length, 1);
});

test('a full disk is told once, and writing is tried again until it works', async (t) => {
  const { db, watch, settings, storage, logged } = await start(t);
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql.raw(`pragma max_page_count = ${rows[0]?.page_count}`).execute(db);
  await assert.rejects(async () => {
    for (let index = 0; ; index += 1) await settings.set(`storage.key-${index}`, 'x');
  });
  await watch.look();
  await sql.raw('pragma max_page_count = 1000000').execute(db);
  await watch.look();
  assert.equal(storage.trouble(), undefined);
  assert.match(logged(), /free space on the disk of the data folder.*nothing can be saved/);
  assert.match(logged(), /the database can be written again/);
});

test('damage is found in the background, and ends all writing', async (t) => {
  const { db, file, watch, settings, storage, logged } = await start(t);
  await watch.check();
  assert.equal(storage.trouble(), undefined);
  assert.notEqual(storage.facts().checkedAt, null);
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
  await damage(file, 'events');
  await watch.check();
  assert.equal(storage.trouble(), 'damaged');
  assert.match(logged(), /npm run admin -- verify/);
  await assert.rejects(settings.set('a', 'x'), { key: 'storage.damaged' });
});

async function damage(file: string, table: string): Promise<void> {
  const connection = new SqliteDatabase(file, { readonly: true });
  const root = connection.prepare('select rootpage from sqlite_master where name = ?').pluck().get(table) as number;
  const size = connection.pragma('page_size', { simple: true }) as number;
  connection.close();
  const handle = await openFile(file, 'r+');
  await handle.write(Buffer.alloc(size, 0x5a), 0, size, (root - 1) * size);
  await handle.close();
}

/** What becomes of writes when the storage fails: a limit of pages is a full disk to SQLite. */
import assert from 'node:assert/strict';
import { open as openFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { AppError } from '../../../server/errors.ts';
import { type Database, type OpenedDatabase, openDatabase } from '../../../server/storage/database.ts';
import { storageTrouble } from '../../../server/storage/failure.ts';
import { createGroupCommit } from '../../../server/storage/group-commit.ts';
import { createSettings } from '../../../server/storage/settings.ts';
import { temporaryFolder } from '../../support/process/tmp.ts';

const LARGE = 'x'.repeat(200_000);

async function open(t: TestContext): Promise<OpenedDatabase & { readonly dataPath: string }> {
  const folder = await temporaryFolder('failure');
  const opened = await openDatabase({ dataPath: folder.path, exclusive: true });
  t.after(async () => {
    await opened.close();
    await folder.remove();
  });
  return { ...opened, dataPath: folder.path };
}

async function fill(db: Database): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql.raw(`pragma max_page_count = ${rows[0]?.page_count}`).execute(db);
}

const free = (db: Database) => sql.raw('pragma max_page_count = 1000000').execute(db);

function isFull(error: unknown): boolean {
  return error instanceof AppError && error.code === 'UNAVAILABLE' && error.key === 'storage.full';
}

test('a transaction on a full disk says that it is full, and nothing of it is kept', async (t) => {
  const { db, storage } = await open(t);
  await fill(db);
  const work = db.transaction().execute(async (trx) => {
    await createSettings(trx).set('small', 'x');
    await createSettings(trx).set('large', LARGE);
  });
  await assert.rejects(work, isFull);
  assert.equal(storage.trouble(), 'full');
  await free(db);
  assert.equal(await createSettings(db).get('small'), undefined);
  await createSettings(db).set('small', 'y');
  assert.equal(storage.trouble(), undefined);
});

test('what goes on in a transaction that SQLite has ended is not committed by itself', async (t) => {
  const { db } = await open(t);
  await fill(db);
  const work = db.transaction().execute(async (trx) => {
    await createSettings(trx)
      .set('large', LARGE)
      .catch(() => undefined);
    await sql
      .raw('pragma max_page_count = 1000000')
      .execute(trx)
      .catch(() => undefined);
    await createSettings(trx).set('after', 'x');
  });
  await assert.rejects(work, isFull);
  await free(db);
  assert.equal(await createSettings(db).get('after'), undefined);
});

test('grouped transactions fail with the reason, and go on when there is space', async (t) => {
  const { db } = await open(t);
  const transact = createGroupCommit(db);
  await fill(db);
  const works = ['one', 'two'].map((key) => transact((trx) => createSettings(trx).set(key, LARGE)));
  for (const result of await Promise.allSettled(works)) {
    assert.ok(result.status === 'rejected' && isFull(result.reason), String(result));
  }
  await free(db);
  await transact((trx) => createSettings(trx).set('three', LARGE));
  assert.equal((await createSettings(db).get('three'))?.length, LARGE.length);
});

test('a failure that is none of the storage stays what it is', async (t) => {
  const { db, storage } = await open(t);
  const twice = db.insertInto('settings').values([
    { key: 'a', value: '1' },
    { key: 'a', value: '2' },
  ]);
  await assert.rejects(twice.execute(), { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
  assert.equal(storage.trouble(), undefined);
});

test('nothing is written any more to a file that was removed or replaced', async (t) => {
  const { db, file, dataPath, storage } = await open(t);
  await createSettings(db).set('before', 'x');
  await rename(file, join(dataPath, 'moved.db'));
  await writeFile(file, '');
  await assert.rejects(createSettings(db).set('after', 'x'), { key: 'storage.lost' });
  const work = db.transaction().execute((trx) => createSettings(trx).set('after', 'x'));
  await assert.rejects(work, { key: 'storage.lost' });
  assert.equal(storage.trouble(), 'lost');
  assert.equal(await createSettings(db).get('before'), 'x');
});

test('at the first sign of damage nothing is written any more, and what can be read is read', async (t) => {
  const { db, file, storage } = await open(t);
  await createSettings(db).set('before', 'x');
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
  const connection = new SqliteDatabase(file);
  const root = connection.prepare("select rootpage from sqlite_master where name = 'audit'").pluck().get() as number;
  const size = connection.pragma('page_size', { simple: true }) as number;
  connection.close();
  const handle = await openFile(file, 'r+');
  await handle.write(Buffer.alloc(size, 0x5a), 0, size, (root - 1) * size);
  await handle.close();
  await sql`pragma shrink_memory`.execute(db);
  await assert.rejects(db.selectFrom('audit').selectAll().execute(), { key: 'storage.damaged' });
  assert.equal(storage.trouble(), 'damaged');
  await assert.rejects(createSettings(db).set('after', 'x'), { key: 'storage.damaged' });
  assert.equal(await createSettings(db).get('before'), 'x');
});

const codes = [
  ['SQLITE_FULL', 'full'],
  ['SQLITE_READONLY_DBMOVED', 'readonly'],
  ['SQLITE_IOERR_WRITE', 'io'],
  ['SQLITE_CORRUPT_INDEX', 'damaged'],
  ['SQLITE_NOTADB', 'damaged'],
  ['SQLITE_BUSY_SNAPSHOT', 'busy'],
  ['SQLITE_CONSTRAINT_UNIQUE', undefined],
  ['53100', 'full'],
  ['25006', 'readonly'],
  ['XX001', 'damaged'],
  ['23505', undefined],
] as const;
for (const [code, trouble] of codes) {
  test(`${code} means ${trouble ?? 'nothing about the storage'}`, () => {
    assert.equal(storageTrouble(Object.assign(new Error('x'), { code })), trouble);
  });
}

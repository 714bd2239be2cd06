/** Whoever writes, it is noticed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dataVersion } from '../../../server/storage/data-version.ts';
import { type Database, openDatabase, openForThread } from '../../../server/storage/database.ts';
import { isPostgres } from '../../../server/storage/engine.ts';
import { openTestDatabase, type TestDatabase } from '../../support/data/database.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/process/tmp.ts';

let opened: TestDatabase;
before(async () => {
  opened = await openTestDatabase();
});
after(() => opened?.close());

const set = (db: Database, value: string) =>
  db
    .insertInto('settings')
    .values({ key: 'a', value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();

test('reading leaves it, a write changes it', async () => {
  const { db } = opened;
  await set(db, 'one');
  const before = await dataVersion(db);
  await db.selectFrom('settings').selectAll().execute();
  assert.equal(await dataVersion(db), before);
  await set(db, 'two');
  assert.notEqual(await dataVersion(db), before);
});

test('a transaction changes it when it ends, one that fails may leave it', async () => {
  const { db } = opened;
  const before = await dataVersion(db);
  await db.transaction().execute(async (trx) => {
    await set(trx, 'three');
    if (!isPostgres(db)) assert.equal(await dataVersion(db), before);
  });
  assert.notEqual(await dataVersion(db), before);
});

test('what another thread or process writes to the file changes it', async () => {
  const folder: TemporaryFolder = await temporaryFolder('version');
  const main = await openDatabase({ dataPath: folder.path, exclusive: true });
  const beside = openForThread(main.file, main.writeLock.shared, 2);
  try {
    const before = await dataVersion(main.db);
    await set(beside.db, 'four');
    assert.notEqual(await dataVersion(main.db), before);
  } finally {
    await beside.close();
    await main.close();
    await folder.remove();
  }
});

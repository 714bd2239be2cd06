/** What only reads never waits for who writes; what writes is alone; a write that fails leaves nothing behind. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { type OpenedDatabase, openDatabase } from '../../../server/storage/database.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/process/tmp.ts';

let folder: TemporaryFolder;
let opened: OpenedDatabase;
before(async () => {
  folder = await temporaryFolder('dialect');
  opened = await openDatabase({ dataPath: folder.path, exclusive: true });
});
after(async () => {
  await opened?.close();
  await folder?.remove();
});

const set = (key: string, value: string, db = opened.db) =>
  db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
const get = async (key: string) =>
  (await opened.db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst())?.value;

test('a read during a transaction is answered before it ends, with what was committed', async () => {
  await set('a', 'old');
  await opened.db.transaction().execute(async (trx) => {
    await set('a', 'new', trx);
    assert.equal(await get('a'), 'old');
  });
  assert.equal(await get('a'), 'new');
});

test('a write during a transaction waits for its end', async () => {
  const order: string[] = [];
  const transaction = opened.db.transaction().execute(async (trx) => {
    await set('b', 'first', trx);
    await new Promise((resolve) => setImmediate(resolve));
    order.push('transaction');
  });
  const write = set('b', 'second').then(() => order.push('write'));
  await Promise.all([transaction, write]);
  assert.deepEqual([order, await get('b')], [['transaction', 'write'], 'second']);
});

test('what a failed transaction wrote is gone, and the next one goes through', async () => {
  await assert.rejects(
    opened.db.transaction().execute(async (trx) => {
      await set('c', 'lost', trx);
      throw new Error('no');
    }),
    /no/,
  );
  await opened.db.transaction().execute((trx) => set('d', 'kept', trx));
  assert.deepEqual([await get('c'), await get('d')], [undefined, 'kept']);
});

test('a write that fails by itself gives its turn back', async () => {
  await assert.rejects(sql`insert into settings (key) values (null)`.execute(opened.db), /NOT NULL/);
  await set('e', 'kept');
  assert.equal(await get('e'), 'kept');
});

test('a connection that was set otherwise keeps others from writing until it goes back', async () => {
  const order: string[] = [];
  const held = opened.db.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    await connection.transaction().execute((trx) => set('f', 'held', trx));
    await new Promise((resolve) => setImmediate(resolve));
    await sql`pragma synchronous = full`.execute(connection);
    order.push('held');
  });
  const write = set('f', 'after').then(() => order.push('write'));
  await Promise.all([held, write]);
  assert.deepEqual([order, await get('f')], [['held', 'write'], 'after']);
});

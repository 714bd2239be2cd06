import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGroupCommit } from '../../../server/storage/group-commit.ts';
import { createSettings } from '../../../server/storage/settings.ts';
import { openTestDatabase } from '../../support/data/database.ts';

test('what comes together is committed together, and a failure undoes itself alone', async (t) => {
  const { db, close } = await openTestDatabase();
  t.after(close);
  const transact = createGroupCommit(db);
  const put = (key: string) =>
    transact((trx) =>
      createSettings(trx)
        .set(key, 'x')
        .then(() => key),
    );
  const broken = transact(async (trx) => {
    await createSettings(trx).set('broken', 'x');
    throw new Error('no');
  });
  const results = await Promise.allSettled([put('a'), broken, put('b')]);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    ['a', 'Error: no', 'b'],
  );
  const settings = createSettings(db);
  assert.deepEqual(
    [await settings.get('a'), await settings.get('broken'), await settings.get('b')],
    ['x', undefined, 'x'],
  );
  assert.equal(await put('later'), 'later');
});

test('a long queue is worked off, in its order', async (t) => {
  const { db, close } = await openTestDatabase();
  t.after(close);
  const transact = createGroupCommit(db);
  const order: number[] = [];
  const works = Array.from({ length: 500 }, (_, index) =>
    transact(async (trx) => {
      await createSettings(trx).set(`key-${index}`, String(index));
      order.push(index);
    }),
  );
  await Promise.all(works);
  // PostgreSQL runs them side by side.
  if (process.env['TEST_DATABASE_URL'] !== undefined) order.sort((one, other) => one - other);
  assert.deepEqual(
    order,
    works.map((_, index) => index),
  );
  assert.equal(await createSettings(db).get('key-499'), '499');
});

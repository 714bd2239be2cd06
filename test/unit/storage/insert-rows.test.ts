import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInsertion } from '../../../server/storage/insert-rows.ts';
import { openTestDatabase } from '../../support/data/database.ts';

const blobs = (count: number, size = 1) =>
  Array.from({ length: count }, (_, index) => ({ digest: `sha256:${index}`, size_bytes: size }));

test('rows of any number are inserted, and what is there already fails, stays, changes or grows', async () => {
  const { db, close } = await openTestDatabase();
  try {
    const stays = createInsertion({ into: 'blobs', columns: ['digest', 'size_bytes'], conflict: 'stays' });
    const set = { on: ['digest'], set: ['size_bytes'] } as const;
    const changes = createInsertion({ into: 'blobs', columns: ['digest', 'size_bytes'], conflict: set });
    const add = { on: ['digest'], add: ['size_bytes'] } as const;
    const grows = createInsertion({ into: 'blobs', columns: ['digest', 'size_bytes'], conflict: add });
    const fails = createInsertion({ into: 'blobs', columns: ['digest', 'size_bytes'], conflict: 'fails' });
    const sizes = async () => {
      const rows = await db.selectFrom('blobs').select('size_bytes').orderBy('id').execute();
      return rows.map((row) => row.size_bytes);
    };

    for (const count of [0, 1, 16, 17, 50]) {
      await stays(db, blobs(count));
      assert.deepEqual(await sizes(), Array(count).fill(1), `${count} rows`);
    }
    await stays(db, blobs(3, 9));
    assert.deepEqual((await sizes()).slice(0, 4), [1, 1, 1, 1]);
    await changes(db, blobs(18, 7));
    assert.deepEqual(await sizes(), [...Array(18).fill(7), ...Array(32).fill(1)]);
    await grows(db, blobs(52, 3));
    assert.deepEqual(await sizes(), [...Array(18).fill(10), ...Array(32).fill(4), 3, 3]);
    await assert.rejects(fails(db, blobs(1)), /unique|duplicate/i);
  } finally {
    await close();
  }
});

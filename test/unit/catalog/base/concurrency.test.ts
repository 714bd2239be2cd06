import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createLocks, forEachBounded } from '../../../../server/catalog/base/concurrency.ts';

test('holders of a common key take turns, in whatever order they name their keys', async () => {
  const holdAll = createLocks();
  const order: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    order.push(`${name} begins`);
    await tick();
    order.push(`${name} ends`);
  };
  await Promise.all([
    holdAll(['a', 'b'], work('one')),
    holdAll(['b', 'a', 'a'], work('two')),
    holdAll(['c'], work('three')),
  ]);
  const shared = order.filter((entry) => !entry.startsWith('three'));
  assert.deepEqual(shared, ['one begins', 'one ends', 'two begins', 'two ends']);
  await assert.rejects(holdAll(['a'], () => Promise.reject(new Error('no'))));
  assert.equal(await holdAll(['a'], async () => 1), 1);
});

test('a stream is worked through in bounds and ends with its first failure', async () => {
  const seen: number[] = [];
  await forEachBounded([1, 2, 3, 4], 2, async (item) => void seen.push(item));
  assert.deepEqual(seen, [1, 2, 3, 4]);
  await assert.rejects(
    forEachBounded([1, 2], 1, () => Promise.reject(new Error('stop'))),
    { message: 'stop' },
  );
});

test('how many run at once may change on the way', async () => {
  let most = 1;
  let running = 0;
  const seen: number[] = [];
  await forEachBounded(
    Array.from({ length: 30 }, (_, item) => item),
    () => most,
    async (item) => {
      running += 1;
      seen.push(running);
      if (item === 10) most = 5;
      await tick();
      running -= 1;
    },
  );
  assert.equal(Math.max(...seen.slice(0, 10)), 1);
  assert.equal(Math.max(...seen), 5);
});

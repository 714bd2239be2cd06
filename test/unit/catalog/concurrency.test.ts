import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createLimit, createLocks, forEachBounded } from '../../../server/catalog/concurrency.ts';

test('never more than allowed at once, and all of it gets done', async () => {
  const limit = createLimit(3);
  let running = 0;
  let most = 0;
  const work = async (): Promise<number> => {
    running += 1;
    most = Math.max(most, running);
    await tick();
    running -= 1;
    return 1;
  };
  const done = await Promise.all(Array.from({ length: 20 }, () => limit(work)));
  assert.deepEqual([done.length, most], [20, 3]);
});

test('a failure frees its place', async () => {
  const limit = createLimit(1);
  await assert.rejects(limit(() => Promise.reject(new Error('no'))));
  assert.equal(await limit(async () => 'yes'), 'yes');
});

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

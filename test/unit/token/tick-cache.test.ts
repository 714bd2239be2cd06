import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTickCache } from '../../../server/token/tick-cache.ts';

test('what begins in one turn under one name is done once, in the next turn anew', async () => {
  const memory = createTickCache<number>();
  let begun = 0;
  const begin = () => ++begun;
  assert.deepEqual([memory('a', begin), memory('b', begin), memory('a', begin)], [1, 2, 1]);
  await Promise.resolve();
  assert.equal(memory('a', begin), 1);
  await nextTurn();
  assert.deepEqual([memory('a', begin), memory('b', begin)], [3, 4]);
  await nextTurn();
  assert.equal(memory('b', begin), 5);
});

/** Who writes is one at a time, over threads too, and nobody's thread stands still meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createWriteTurn } from '../../../server/storage/write-turn.ts';
import { startThread } from '../../../server/thread.ts';
import { type TurnThreadData, takeOften } from '../../support/process/turn-thread.ts';

const ROUNDS = 200;

function startTurnThread(workerData: TurnThreadData): Worker {
  return startThread(new URL('../../support/process/turn-thread.ts', import.meta.url), { workerData });
}

test('three threads that write all the time never write at once, and each of them gets through', async () => {
  const turn = createWriteTurn();
  const seen = new SharedArrayBuffer(12);
  const ended = [2, 3].map((thread) =>
    once(startTurnThread({ shared: turn.shared, seen, thread, rounds: ROUNDS, isKept: false }), 'exit'),
  );
  await takeOften(turn, seen, ROUNDS);
  await Promise.all(ended);
  assert.deepEqual([...new Int32Array(seen)], [0, 0, 3 * ROUNDS]);
});

test('within a thread they take turns in the order in which they came', async () => {
  const turn = createWriteTurn();
  const order: number[] = [];
  const one = async (number: number) => {
    await turn.take();
    order.push(number);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(number);
    turn.give();
  };
  await Promise.all([one(1), one(2), one(3)]);
  assert.deepEqual(order, [1, 1, 2, 2, 3, 3]);
});

test('who waits too long is told so, and the next gets it', async () => {
  const turn = createWriteTurn({ maxWaitMs: 20 });
  const other = createWriteTurn({ shared: turn.shared, thread: 2 });
  await other.take();
  await assert.rejects(turn.take(), { code: 'UNAVAILABLE' });
  other.give();
  await turn.take();
  turn.give();
});

test('a thread that ended while it had the turn does not keep it', async () => {
  const turn = createWriteTurn();
  const worker = startTurnThread({
    ...{ shared: turn.shared, seen: new SharedArrayBuffer(12), thread: 2 },
    ...{ rounds: 1, isKept: true },
  });
  await once(worker, 'message');
  const waiting = turn.take();
  await worker.terminate();
  turn.release(2);
  await waiting;
  turn.give();
});

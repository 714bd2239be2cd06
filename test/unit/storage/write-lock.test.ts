/** Who writes is one at a time, over threads too, and nobody's thread stands still meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createWriteLock } from '../../../server/storage/write-lock.ts';
import { startThread } from '../../../server/thread.ts';
import { type LockThreadData, takeOften } from '../../support/process/write-lock-thread.ts';

const ROUNDS = 200;

function startLockThread(workerData: LockThreadData): Worker {
  return startThread(new URL('../../support/process/write-lock-thread.ts', import.meta.url), { workerData });
}

test('three threads that write all the time never write at once, and each of them gets through', async () => {
  const writeLock = createWriteLock();
  const seen = new SharedArrayBuffer(12);
  const ended = [2, 3].map((thread) =>
    once(startLockThread({ shared: writeLock.shared, seen, thread, rounds: ROUNDS, isKept: false }), 'exit'),
  );
  await takeOften(writeLock, seen, ROUNDS);
  await Promise.all(ended);
  assert.deepEqual([...new Int32Array(seen)], [0, 0, 3 * ROUNDS]);
});

test('within a thread they take turns in the order in which they came', async () => {
  const writeLock = createWriteLock();
  const order: number[] = [];
  const one = async (number: number) => {
    await writeLock.acquire();
    order.push(number);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(number);
    writeLock.release();
  };
  await Promise.all([one(1), one(2), one(3)]);
  assert.deepEqual(order, [1, 1, 2, 2, 3, 3]);
});

test('who waits too long is told so, and the next gets it', async () => {
  const writeLock = createWriteLock({ maxWaitMs: 20 });
  const other = createWriteLock({ shared: writeLock.shared, thread: 2 });
  await other.acquire();
  await assert.rejects(writeLock.acquire(), { code: 'UNAVAILABLE' });
  other.release();
  await writeLock.acquire();
  writeLock.release();
});

test('a thread that ended while it had the lock does not keep it', async () => {
  const writeLock = createWriteLock();
  const worker = startLockThread({
    ...{ shared: writeLock.shared, seen: new SharedArrayBuffer(12), thread: 2 },
    ...{ rounds: 1, isKept: true },
  });
  await once(worker, 'message');
  let isHeld = false;
  const waiting = writeLock.acquire().then(() => {
    isHeld = true;
  });
  await worker.terminate();
  assert.equal(isHeld, false);
  writeLock.releaseHeldBy(2);
  await waiting;
  assert.equal(isHeld, true);
  writeLock.release();
});

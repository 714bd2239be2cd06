/** A thread that takes the write lock over and over, and counts in memory that all share how many have it at once. */
import { parentPort, workerData } from 'node:worker_threads';
import { createWriteLock, type SharedLock } from '../../../server/storage/write-lock.ts';

export interface LockThreadData {
  readonly shared: SharedLock;
  readonly thread: number;
  readonly seen: SharedArrayBuffer;
  readonly rounds: number;
  /** It takes the lock once, says so, and never gives it back. */
  readonly isKept: boolean;
}

/** The three counts: who has it now, how often somebody else had it, how often it was had. */
export async function takeOften(
  writeLock: ReturnType<typeof createWriteLock>,
  seen: SharedArrayBuffer,
  rounds: number,
) {
  const counts = new Int32Array(seen);
  for (let round = 0; round < rounds; round++) {
    await writeLock.acquire();
    if (Atomics.add(counts, 0, 1) !== 0) Atomics.add(counts, 1, 1);
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.sub(counts, 0, 1);
    Atomics.add(counts, 2, 1);
    writeLock.release();
  }
}

async function keep(writeLock: ReturnType<typeof createWriteLock>): Promise<void> {
  await writeLock.acquire();
  parentPort?.postMessage('has it');
  parentPort?.on('message', () => undefined);
}

if (workerData !== null) {
  const { shared, thread, seen, rounds, isKept } = workerData as LockThreadData;
  const writeLock = createWriteLock({ shared, thread });
  await (isKept ? keep(writeLock) : takeOften(writeLock, seen, rounds));
}

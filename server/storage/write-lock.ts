import { setTimeout as sleep } from 'node:timers/promises';
import { storageError } from './failure.ts';

/** The lock in shared memory, for handing to another thread. */
export type SharedLock = SharedArrayBuffer;

export interface WriteLock {
  /** Waits without blocking the thread. @throws {AppError} UNAVAILABLE when the lock is not released for 10 s. */
  readonly acquire: () => Promise<void>;
  readonly release: () => void;
  /** Pass it to `createWriteLock` in another thread. */
  readonly shared: SharedLock;
  /** Releases the lock if this thread held it when it ended. */
  readonly releaseHeldBy: (thread: number) => void;
}

export interface WriteLockOptions {
  readonly shared?: SharedLock;
  /** A different number for each thread, from 1. */
  readonly thread?: number;
  readonly maxWaitMs?: number;
}

const FREE = 0;
const HOLDER = 0;
const WAITING = 1;
const LAST = 2;
const WORDS = 3;
const MAX_WAIT_MS = 10_000;
const POLL_MS = 1000;
/** Lets a waiting thread go first. */
const YIELD_MS = 1;

/**
 * A write lock for all threads of the process. SQLite has one writer at a time and blocks the thread of a second one
 * inside its call. With this lock the second one waits asynchronously.
 */
export function createWriteLock(options: WriteLockOptions = {}): WriteLock {
  const { thread = 1, maxWaitMs = MAX_WAIT_MS } = options;
  const lookAgainMs = Math.min(POLL_MS, maxWaitMs);
  const shared = options.shared ?? new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(shared);
  // Within a thread the lock is granted in order of arrival.
  let last: Promise<void> = Promise.resolve();
  let releaseToNext: (() => void) | undefined;

  async function acquireFromThreads(): Promise<void> {
    if (Atomics.load(words, WAITING) > 0 && Atomics.load(words, LAST) === thread) await sleep(YIELD_MS);
    const until = performance.now() + maxWaitMs;
    while (Atomics.compareExchange(words, HOLDER, FREE, thread) !== FREE) {
      if (performance.now() > until) throw storageError('busy');
      await untilReleased();
    }
    Atomics.store(words, LAST, thread);
  }

  async function untilReleased(): Promise<void> {
    const holder = Atomics.load(words, HOLDER);
    if (holder === FREE) return;
    Atomics.add(words, WAITING, 1);
    const ending = new AbortController();
    try {
      // A timer beside it, because `waitAsync` alone does not keep a process alive.
      const later = sleep(lookAgainMs, undefined, { signal: ending.signal }).catch(() => undefined);
      await Promise.race([Atomics.waitAsync(words, HOLDER, holder, lookAgainMs).value, later]);
    } finally {
      ending.abort();
      Atomics.sub(words, WAITING, 1);
    }
  }

  function releaseFor(holder: number): void {
    if (Atomics.compareExchange(words, HOLDER, holder, FREE) === holder) Atomics.notify(words, HOLDER);
  }

  return {
    shared,
    async acquire() {
      const before = last;
      let releaseLocal: () => void = () => undefined;
      last = new Promise((resolve) => {
        releaseLocal = resolve;
      });
      await before;
      try {
        await acquireFromThreads();
      } catch (error) {
        releaseLocal();
        throw error;
      }
      releaseToNext = releaseLocal;
    },
    release() {
      releaseFor(thread);
      releaseToNext?.();
    },
    releaseHeldBy: releaseFor,
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { storageError } from './failure.ts';

/** The turn to write, as it is handed to another thread. */
export type SharedTurn = SharedArrayBuffer;

export interface WriteTurn {
  /** Waits without holding the thread. @throws {AppError} UNAVAILABLE when nobody gave it back for long. */
  readonly take: () => Promise<void>;
  readonly give: () => void;
  /** What another thread makes its own `WriteTurn` of. */
  readonly shared: SharedTurn;
  /** A thread ended: if it had the turn, nobody else would give it back. */
  readonly release: (thread: number) => void;
}

export interface WriteTurnOptions {
  readonly shared?: SharedTurn;
  /** A number of its own for each thread, from 1. */
  readonly thread?: number;
  readonly maxWaitMs?: number;
}

const FREE = 0;
const HOLDER = 0;
const WAITING = 1;
const LAST = 2;
const WORDS = 3;
const MAX_WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 1000;
/** So that who woke up for it can take it first. */
const COURTESY_MS = 1;

/**
 * SQLite has one writer at a time; who comes second is held by the driver inside its call, and a thread with it. Here the
 * second waits like for any other answer, within a thread and over threads, and the engine is asked when it is free.
 */
export function createWriteTurn(options: WriteTurnOptions = {}): WriteTurn {
  const { thread = 1, maxWaitMs = MAX_WAIT_MS } = options;
  const lookAgainMs = Math.min(LOOK_AGAIN_MS, maxWaitMs);
  const shared = options.shared ?? new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(shared);
  // Within the thread one after the other, in the order in which they came.
  let last: Promise<void> = Promise.resolve();
  let giveToNext: (() => void) | undefined;

  async function takeFromThreads(): Promise<void> {
    if (Atomics.load(words, WAITING) > 0 && Atomics.load(words, LAST) === thread) await sleep(COURTESY_MS);
    const until = performance.now() + maxWaitMs;
    while (Atomics.compareExchange(words, HOLDER, FREE, thread) !== FREE) {
      if (performance.now() > until) throw storageError('busy');
      await untilGiven();
    }
    Atomics.store(words, LAST, thread);
  }

  async function untilGiven(): Promise<void> {
    const holder = Atomics.load(words, HOLDER);
    if (holder === FREE) return;
    Atomics.add(words, WAITING, 1);
    const ending = new AbortController();
    try {
      // A timer of ours beside it: the engine's own keeps no process alive that waits for nothing else.
      const later = sleep(lookAgainMs, undefined, { signal: ending.signal }).catch(() => undefined);
      await Promise.race([Atomics.waitAsync(words, HOLDER, holder, lookAgainMs).value, later]);
    } finally {
      ending.abort();
      Atomics.sub(words, WAITING, 1);
    }
  }

  function giveToThreads(holder: number): void {
    if (Atomics.compareExchange(words, HOLDER, holder, FREE) === holder) Atomics.notify(words, HOLDER);
  }

  return {
    shared,
    async take() {
      const before = last;
      let give: () => void = () => undefined;
      last = new Promise((resolve) => {
        give = resolve;
      });
      await before;
      try {
        await takeFromThreads();
      } catch (error) {
        give();
        throw error;
      }
      giveToNext = give;
    },
    give() {
      giveToThreads(thread);
      giveToNext?.();
    },
    release: giveToThreads,
  };
}

import { performance } from 'node:perf_hooks';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { createYield } from '../base/yield.ts';
import { EVERYTHING, NOTHING } from '../visibility/visibility.ts';
import { dayOf, readSeries, takeSamples } from './samples.ts';
import { sumSpace } from './sums.ts';

const SOONEST_MS = 500;
/** So that sums take less than a tenth of a core, however many there are. */
const PAUSE_PER_RUN = 10;

export interface SpaceSumsDeps {
  readonly db: Database;
  readonly now: () => number;
  readonly log: Logger;
  /** Whether all of the registry was read: before that a day's sample would show growth that is none. */
  readonly isComplete?: () => Promise<boolean>;
}

/**
 * Keeps the sums and the samples of each day, on the thread of the index. They follow it in the background: soon where
 * there is little, seldom enough to cost next to nothing where there is much.
 */
export function createSpaceSums({ db, now, log, isComplete = async () => true }: SpaceSumsDeps) {
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isStarted = false;
  let isStale = false;
  let endedAt = Number.NEGATIVE_INFINITY;
  let lastMs = 0;
  let summed: ReadonlySet<number> = new Set();

  async function run(): Promise<void> {
    closing.signal.throwIfAborted();
    const begunAt = performance.now();
    isStale = false;
    try {
      summed = new Set(await sumSpace(db, now(), createYield(closing.signal)));
    } finally {
      endedAt = performance.now();
      lastMs = endedAt - begunAt;
    }
  }

  /** One at a time; what changed before it began is in it. */
  async function sum(): Promise<void> {
    while (running !== undefined) await running.catch(() => undefined);
    running = run().finally(() => {
      running = undefined;
    });
    await running;
  }

  async function runInBackground(): Promise<void> {
    try {
      await sum();
      await sampleIfMissing();
    } catch (error) {
      if (!closing.signal.aborted) log.warn({ error }, 'space not summed up');
      isStale = true;
    }
    schedule();
  }

  function schedule(): void {
    if (!isStarted || !isStale || timer !== undefined || closing.signal.aborted) return;
    const earliest = endedAt + Math.max(SOONEST_MS, PAUSE_PER_RUN * lastMs);
    const wait = Math.max(SOONEST_MS, earliest - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      void runInBackground();
    }, wait).unref();
  }

  function changed(): void {
    isStale = true;
    // A run that is under way looks for itself when it has ended.
    if (running === undefined) schedule();
  }

  async function sample(): Promise<void> {
    await untilClosed(takeSamples(db, now(), createYield(closing.signal)));
  }

  /** What closing interrupts has not failed. */
  async function untilClosed(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });
  }

  async function sampleIfMissing(): Promise<void> {
    const today = dayOf(now());
    const kept = await readSeries(db, { visibilityId: EVERYTHING.id, path: '', since: today });
    if (kept.some(({ dayAt }) => dayAt === today) || !(await isComplete())) return;
    await sample();
  }

  /** Nobody used this set of patterns when the sums were made last. */
  function noteUse(visibilityId: number): void {
    if (visibilityId !== NOTHING.id && !summed.has(visibilityId)) changed();
  }

  return {
    sum: () => untilClosed(sum()),
    sample,
    changed,
    noteUse,

    start(): void {
      isStarted = true;
      changed();
    },

    /** What runs is left as it is: the values of before stay. */
    async close(): Promise<void> {
      closing.abort();
      clearTimeout(timer);
      await running?.catch(() => undefined);
    },
  };
}

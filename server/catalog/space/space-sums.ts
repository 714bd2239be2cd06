import { performance } from 'node:perf_hooks';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { createYield } from '../base/yield.ts';
import { EVERYTHING, NOTHING } from '../visibility/visibility.ts';
import { dayOf, readSeries, takeSamples } from './samples.ts';
import { sumSpace } from './sums.ts';

const MIN_INTERVAL_MS = 500;
/** Pause as a multiple of the duration of a run, so that totals take less than a tenth of a core. */
const PAUSE_PER_RUN = 10;

export interface SpaceSumsDeps {
  readonly db: Database;
  readonly now: () => number;
  readonly log: Logger;
  /** Whether a crawl was completed: a sample before that would show growth that is none. */
  readonly isComplete?: () => Promise<boolean>;
}

/**
 * Updates totals and daily samples in the background, on the indexer thread: soon after a change in small registries,
 * less often in large ones.
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

  /** One run at a time; includes all changes made before it began. */
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
      if (!closing.signal.aborted) log.warn({ error }, 'space totals not updated');
      isStale = true;
    }
    schedule();
  }

  function schedule(): void {
    if (!isStarted || !isStale || timer !== undefined || closing.signal.aborted) return;
    const earliest = endedAt + Math.max(MIN_INTERVAL_MS, PAUSE_PER_RUN * lastMs);
    const wait = Math.max(MIN_INTERVAL_MS, earliest - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      void runInBackground();
    }, wait).unref();
  }

  function changed(): void {
    isStale = true;
    // A running run checks for changes when it has ended.
    if (running === undefined) schedule();
  }

  async function sample(): Promise<void> {
    await untilClosed(takeSamples(db, now(), createYield(closing.signal)));
  }

  /** An interruption by closing is no failure. */
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

  /** A visibility is used that the last run did not include. */
  function recordUse(visibilityId: number): void {
    if (visibilityId !== NOTHING.id && !summed.has(visibilityId)) changed();
  }

  return {
    sum: () => untilClosed(sum()),
    sample,
    changed,
    noteUse: recordUse,

    start(): void {
      isStarted = true;
      changed();
    },

    /** Interrupts a run; the former values stay. */
    async close(): Promise<void> {
      closing.abort();
      clearTimeout(timer);
      await running?.catch(() => undefined);
    },
  };
}

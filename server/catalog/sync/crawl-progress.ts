import type { CrawlRow } from './crawl-journal.ts';
import { type Meter, remainingMs } from './meter.ts';

/** One crawl over the whole registry: running, interrupted or finished. */
export interface CrawlProgress extends Omit<CrawlRow, 'id'> {
  /** false while `finishedAt` is null: it was interrupted and goes on as soon as the registry answers. */
  readonly isRunning: boolean;
  readonly repositoriesPerSecond: number | null;
  readonly tagsPerSecond: number | null;
  readonly remainingMs: number | null;
  /** Requests that may run at once; null when none do. */
  readonly concurrency: number | null;
}

/** @param meter of the run; undefined: it does not run. */
export function describe({ id: _, ...row }: CrawlRow, meter: Meter | undefined, limit: number): CrawlProgress {
  const counts = { repositories: row.repositoriesDone, tags: row.tagsDone };
  const rates = meter?.rates(counts) ?? { repositoriesPerSecond: null, tagsPerSecond: null };
  const left = row.repositoriesTotal === null ? null : row.repositoriesTotal - row.repositoriesDone;
  return {
    ...row,
    isRunning: meter !== undefined,
    ...rates,
    remainingMs: remainingMs(left, rates.repositoriesPerSecond),
    concurrency: meter === undefined ? null : limit,
  };
}

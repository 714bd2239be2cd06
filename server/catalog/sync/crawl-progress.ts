import type { CrawlRow } from './crawl-journal.ts';
import { type Meter, remainingMs } from './meter.ts';

/** A crawl of the whole registry: running, interrupted or finished. */
export interface CrawlProgress extends Omit<CrawlRow, 'id'> {
  /** False while `finishedAt` is null: it was interrupted and continues when the registry answers. */
  readonly isRunning: boolean;
  readonly repositoriesPerSecond: number | null;
  readonly tagsPerSecond: number | null;
  readonly remainingMs: number | null;
  /** Number of requests that may run at once; null while it is not running. */
  readonly concurrency: number | null;
}

/** @param meter Undefined while it is not running. */
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

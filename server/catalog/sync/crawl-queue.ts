import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../storage/database.ts';
import { repositoriesAfter } from '../base/repository-lookup.ts';

export interface CrawlQueueDeps {
  readonly db: Database;
  readonly crawlId: number;
  /** Whether the catalog was read to its end. */
  readonly isListed: () => boolean;
  readonly signal: AbortSignal;
}

const NAMES_AT_ONCE = 200;
const LISTING_POLL_MS = 50;

/**
 * Yields the repositories that this crawl has not read yet, including known ones that the catalog does not list: a
 * registry forgets a repository with its last tag. The table is the queue, so a crawl continues after a restart.
 */
export async function* unreadRepositories({ db, crawlId, isListed, signal }: CrawlQueueDeps): AsyncGenerator<string> {
  let after = 0;
  while (!signal.aborted) {
    // Read before the query: names that are listed in between are found by the next query.
    const wasListed = isListed();
    const rows = await repositoriesAfter(db, ['id', 'name'], { after, limit: NAMES_AT_ONCE, unreadIn: crawlId });
    for (const row of rows) {
      if (signal.aborted) return;
      after = row.id;
      yield row.name;
    }
    if (rows.length > 0) continue;
    if (wasListed) return;
    await sleep(LISTING_POLL_MS, undefined, { ref: false });
  }
}

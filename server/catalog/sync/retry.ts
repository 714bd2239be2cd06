import { AppError, errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { forEachBounded } from '../base/concurrency.ts';
import { repositoriesAfter } from '../base/repository-lookup.ts';
import type { Crawl } from './crawl.ts';
import type { Refresh } from './refresh.ts';

export interface RetryDeps {
  readonly db: Database;
  readonly crawler: Pick<Crawl, 'crawl' | 'isRunning' | 'isInterrupted'>;
  readonly refresh: Pick<Refresh, 'refreshRepository'>;
  readonly limit: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
}

const REPOSITORIES_PER_TURN = 200;
const FIRST_PAUSE_MS = 60_000;
const MAX_PAUSE_MS = 3600_000;

/** Retries what could not be read: first an interrupted crawl, then single repositories. */
export function createRetry({ db, crawler, refresh, limit, clock, log }: RetryDeps) {
  const ending = new AbortController();
  let after = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let notBefore = 0;

  async function unread(): Promise<readonly { id: number; name: string }[]> {
    const rows = await repositoriesAfter(db, ['id', 'name'], { after, limit: REPOSITORIES_PER_TURN, hasError: true });
    // Continues behind the last one, so that all get a turn even if many fail forever.
    after = rows.length < REPOSITORIES_PER_TURN ? 0 : (rows.at(-1)?.id ?? 0);
    return rows;
  }

  async function tryAgain(name: string): Promise<void> {
    try {
      await refresh.refreshRepository(name, { signal: ending.signal });
    } catch (error) {
      log.debug({ repository: name, error: errorText(error) }, 'repository still not read');
    }
  }

  /** Growing pauses, for a registry that is unreachable or never lists its catalog in time. */
  async function goOn(): Promise<void> {
    if (clock() < notBefore) return;
    notBefore = clock() + pauseMs;
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    await crawler.crawl('retry', 'lists');
  }

  return {
    async run(): Promise<void> {
      if (crawler.isRunning()) return;
      if (crawler.isInterrupted()) return goOn();
      pauseMs = FIRST_PAUSE_MS;
      await forEachBounded(await unread(), limit, ({ name }) => tryAgain(name));
    },
    close: (): void => ending.abort(new AppError('UNAVAILABLE', 'This server is being stopped.', { key: 'stopping' })),
  };
}
export type Retry = ReturnType<typeof createRetry>;

import type { Clock } from '../clock.ts';
import type { QuarantinedNames } from './quarantine-names.ts';

export interface QuarantineRefreshDeps {
  readonly clock: Clock;
  /** Reads this repository from the registry. */
  readonly look: (repository: string) => void;
  /** Starts a crawl of all repositories. */
  readonly crawl: () => void;
}

const CRAWL_EVERY_MS = 60_000;
// Unverified envelopes may come from anybody, and each refresh costs requests.
const UNVERIFIED_EVERY_MS = 10 * 60_000;
const MAX_UNVERIFIED_NAMES = 100;

/**
 * A quarantined envelope may have reported a change: the repositories that it names are read again, or all when not all
 * names are known. For unverified envelopes at most every ten minutes.
 */
export function createQuarantineRefresh({ clock, look, crawl }: QuarantineRefreshDeps) {
  const lookedAt = new Map<string, number>();
  let crawledAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function crawlNow(): void {
    timer = undefined;
    crawledAt = clock();
    crawl();
  }

  /** A request that comes too early is delayed. */
  function askForCrawl(everyMs: number): void {
    const waitMs = crawledAt + everyMs - clock();
    if (waitMs <= 0) crawlNow();
    else timer ??= setTimeout(crawlNow, waitMs).unref();
  }

  function isDue(repository: string): boolean {
    for (const [name, at] of lookedAt) if (clock() - at >= UNVERIFIED_EVERY_MS) lookedAt.delete(name);
    if (lookedAt.has(repository) || lookedAt.size >= MAX_UNVERIFIED_NAMES) return false;
    lookedAt.set(repository, clock());
    return true;
  }

  return {
    note({ verified, repositories, isAll }: QuarantinedNames): void {
      if (!isAll) askForCrawl(verified ? CRAWL_EVERY_MS : UNVERIFIED_EVERY_MS);
      else for (const name of repositories) if (verified || isDue(name)) look(name);
    },
    close(): void {
      clearTimeout(timer);
    },
  };
}

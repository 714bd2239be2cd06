import type { Clock } from '../clock.ts';
import type { AsideEnvelope } from './aside-names.ts';

export interface AsideLooksDeps {
  readonly clock: Clock;
  /** Reads one repository again. */
  readonly look: (repository: string) => void;
  /** Reads all of them again. */
  readonly crawl: () => void;
}

const CRAWL_EVERY_MS = 60_000;
// Where no secret was agreed anybody can send nonsense, and each look costs requests.
const UNVERIFIED_EVERY_MS = 10 * 60_000;
const MAX_UNVERIFIED_NAMES = 100;

/**
 * What is set aside may have told of something: its repositories are looked at where they can be told, else everything
 * is. What nobody vouches for does so rarely.
 */
export function createAsideLooks({ clock, look, crawl }: AsideLooksDeps) {
  const lookedAt = new Map<string, number>();
  let crawledAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function crawlNow(): void {
    timer = undefined;
    crawledAt = clock();
    crawl();
  }

  /** What comes too early waits for its time. */
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
    note({ verified, repositories, isAll }: AsideEnvelope): void {
      if (!isAll) askForCrawl(verified ? CRAWL_EVERY_MS : UNVERIFIED_EVERY_MS);
      else for (const name of repositories) if (verified || isDue(name)) look(name);
    },
    close(): void {
      clearTimeout(timer);
    },
  };
}

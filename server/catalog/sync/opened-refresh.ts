import { LRUCache } from 'lru-cache';
import type { Bus } from '../../bus/bus.ts';
import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';

export interface OpenedRefreshDeps {
  /**
   * Reads the repository from the registry; may fail.
   * @param isRecent The last read was less than two minutes ago, so changes since then count as pushed now.
   */
  readonly look: (repository: string, isRecent: boolean) => Promise<void>;
  /** No recent event, and the registry answers. */
  readonly isQuiet: () => boolean;
  /** `repository-read` is published after each successful read, whether something changed or not. */
  readonly bus: Pick<Bus, 'publish'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
}

const REST_MS = 15_000;
const REST_AFTER_FAILURE_MS = 60_000;
/**
 * The pause is this many times the duration of the read, because a repository with thousands of tags takes many
 * requests.
 */
const REST_PER_LOOK = 20;
const RECENT_MS = 2 * 60_000;
const MAX_RUNNING = 4;
const MAX_RESTING = 5000;

interface Rest {
  readonly until: number;
  /** When the last successful read began. */
  readonly readAt: number;
}

/** Without events: reads repositories from the registry, in the background, while somebody has them open. */
export function createOpenedRefresh({ look, isQuiet, bus, clock, log }: OpenedRefreshDeps) {
  const running = new Map<string, Promise<void>>();
  const resting = new LRUCache<string, Rest>({ max: MAX_RESTING });
  let isClosed = false;

  function isDue(repository: string): boolean {
    if (isClosed || running.size >= MAX_RUNNING || !isQuiet()) return false;
    return clock() >= (resting.get(repository)?.until ?? Number.NEGATIVE_INFINITY);
  }

  function rest(repository: string, restMs: number, readAt: number): void {
    resting.set(repository, { until: clock() + restMs, readAt });
  }

  async function lookOnce(repository: string): Promise<void> {
    const begun = clock();
    const readAt = resting.get(repository)?.readAt ?? Number.NEGATIVE_INFINITY;
    try {
      await look(repository, begun - readAt <= RECENT_MS);
      rest(repository, Math.max(REST_MS, REST_PER_LOOK * (clock() - begun)), begun);
      bus.publish({ kind: 'repository-read', repository });
    } catch (error) {
      rest(repository, REST_AFTER_FAILURE_MS, readAt);
      log.debug({ repository, error: errorText(error) }, 'opened repository not read');
    }
  }

  return {
    /** @returns when it was read, or at once when no read is due. Never rejects. */
    opened(repository: string): Promise<void> {
      const underway = running.get(repository);
      if (underway !== undefined) return underway;
      if (!isDue(repository)) return Promise.resolve();
      const work = lookOnce(repository).finally(() => running.delete(repository));
      running.set(repository, work);
      return work;
    },
    /** @returns when running reads have ended. */
    async close(): Promise<void> {
      isClosed = true;
      await Promise.all(running.values());
    },
  };
}

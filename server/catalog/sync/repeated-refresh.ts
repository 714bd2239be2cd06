import type { Logger } from '../../log.ts';

export interface RepeatedRefreshDeps {
  /** Reads the repository from the registry; may fail. */
  readonly look: (repository: string) => Promise<void>;
  readonly log: Logger;
  readonly delaysMs?: readonly number[];
}

const DELAYS_MS: readonly number[] = [1000, 3000, 10_000, 60_000];
const MAX_REPOSITORIES = 1000;

interface Watch {
  readonly timers: readonly NodeJS.Timeout[];
}

/**
 * Reads a repository several times with growing delays, after a push token was issued or an event could not be
 * confirmed yet: in many set-ups no event arrives. A new reason restarts the delays, and a repository is read once at a
 * time.
 */
export function createRepeatedRefresh({ look, log, delaysMs = DELAYS_MS }: RepeatedRefreshDeps) {
  const watches = new Map<string, Watch>();
  const running = new Map<string, Promise<void>>();

  function lookNow(repository: string): Promise<void> {
    const underway = running.get(repository);
    if (underway !== undefined) return underway;
    const work = look(repository)
      .catch((error: unknown) => log.debug({ repository, error }, 'repository not read again'))
      .finally(() => running.delete(repository));
    running.set(repository, work);
    return work;
  }

  function start(repository: string): void {
    stop(repository);
    if (watches.size >= MAX_REPOSITORIES) return;
    const last = delaysMs.length - 1;
    const timers = delaysMs.map((delay, index) =>
      setTimeout(() => {
        if (index === last) watches.delete(repository);
        void lookNow(repository);
      }, delay).unref(),
    );
    watches.set(repository, { timers });
  }

  function stop(repository: string): void {
    for (const timer of watches.get(repository)?.timers ?? []) clearTimeout(timer);
    watches.delete(repository);
  }

  return {
    start,
    /** The event arrived: ends the series. */
    stop,
    /** @returns when running reads have ended. */
    async close(): Promise<void> {
      for (const repository of [...watches.keys()]) stop(repository);
      await Promise.all(running.values());
    },
  };
}

export interface PushPermitsOptions {
  readonly now: () => number;
  /** Lifetime of a token. */
  readonly lifetimeSeconds: number;
}

// The registry accepts a token this long after it ran out.
const LEEWAY_SECONDS = 60;
const MOST_PERMITS = 20_000;

/**
 * Who got a push token for which repository of late: an event that nobody vouches for may name only such a person as
 * the pusher, and a repository somebody may push to now is worth another look even if its event never comes.
 */
export function createPushPermits({ now, lifetimeSeconds }: PushPermitsOptions) {
  const issued = new Map<string, number>();
  const listeners: ((repository: string) => void)[] = [];
  const validMs = (lifetimeSeconds + LEEWAY_SECONDS) * 1000;

  function forgetOldest(): void {
    for (const [key, at] of issued) {
      if (issued.size <= MOST_PERMITS && at + validMs > now()) return;
      issued.delete(key);
    }
  }

  return {
    /** A token with `push` was given out. */
    note(subjectName: string, repository: string): void {
      const key = permitKey(subjectName, repository);
      // Written anew, so that the map stays in the order of time and the oldest stand first.
      issued.delete(key);
      issued.set(key, now());
      forgetOldest();
      for (const listener of listeners) listener(repository);
    },
    holds(subjectName: string, repository: string): boolean {
      const at = issued.get(permitKey(subjectName, repository));
      return at !== undefined && at + validMs > now();
    },
    /** Called at each push token with its repository; must not throw and should only schedule. */
    onIssued(listener: (repository: string) => void): void {
      listeners.push(listener);
    },
  };
}
export type PushPermits = ReturnType<typeof createPushPermits>;

function permitKey(subjectName: string, repository: string): string {
  return `${subjectName}\n${repository}`;
}

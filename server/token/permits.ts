import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

export interface PermitsOptions {
  readonly clock: Clock;
  /** Lifetime of a token. */
  readonly lifetimeSeconds: number;
}

/** What events are about; everything else names nobody. */
const PERMITTED = ['pull', 'push'] as const;
export type Permitted = (typeof PERMITTED)[number];

// The registry accepts a token this long after it ran out.
const LEEWAY_SECONDS = 60;
const MAX_PERMITS = 20_000;

/**
 * Who got a token for which repository of late: an event that nobody vouches for may name only such a person, and a
 * repository somebody may push to now is worth another look even if its event never comes.
 */
export function createPermits({ clock, lifetimeSeconds }: PermitsOptions) {
  const validMs = (lifetimeSeconds + LEEWAY_SECONDS) * 1000;
  // Apart, so that the many who pull do not push out the few who push.
  const issued = { pull: createMemory(clock, validMs), push: createMemory(clock, validMs) };
  const listeners: ((repository: string) => void)[] = [];

  return {
    /** A token with these actions was given out. */
    note(subjectName: string, repository: string, actions: readonly string[]): void {
      const key = permitKey(subjectName, repository);
      for (const action of PERMITTED) if (actions.includes(action)) issued[action].add(key);
      if (!actions.includes('push')) return;
      for (const listener of listeners) listener(repository);
    },
    holds(subjectName: string, repository: string, action: Permitted): boolean {
      return issued[action].has(permitKey(subjectName, repository));
    },
    /** Called at each push token with its repository; must not throw and should only schedule. */
    onPushIssued(listener: (repository: string) => void): void {
      listeners.push(listener);
    },
  };
}
export type Permits = ReturnType<typeof createPermits>;

/** Keys that are forgotten after a while, and the oldest first when there are too many. */
function createMemory(clock: Clock, validMs: number) {
  const since = new LRUCache<string, number>({ max: MAX_PERMITS });
  return {
    add: (key: string): void => void since.set(key, clock()),
    has(key: string): boolean {
      const at = since.peek(key);
      return at !== undefined && at + validMs > clock();
    },
  };
}

function permitKey(subjectName: string, repository: string): string {
  return `${subjectName}\n${repository}`;
}

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
 * Who got a token for which repository of late: an event that nobody vouches for may name only such a person.
 */
export function createPermits({ clock, lifetimeSeconds }: PermitsOptions) {
  const validMs = (lifetimeSeconds + LEEWAY_SECONDS) * 1000;
  // Apart, so that the many who pull do not push out the few who push.
  const issued = { pull: createMemory(clock, validMs), push: createMemory(clock, validMs) };

  return {
    /** A token with these actions was given out. */
    note(subjectName: string, repository: string, actions: readonly string[]): void {
      const key = permitKey(subjectName, repository);
      for (const action of PERMITTED) if (actions.includes(action)) issued[action].add(key);
    },
    holds(subjectName: string, repository: string, action: Permitted): boolean {
      return issued[action].has(permitKey(subjectName, repository));
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

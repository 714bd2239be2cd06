import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

export interface RecentGrantsOptions {
  readonly clock: Clock;
  /** Lifetime of a token. */
  readonly lifetimeSeconds: number;
}

/** The actions that events report. */
const GRANTED_ACTIONS = ['pull', 'push'] as const;
export type GrantedAction = (typeof GRANTED_ACTIONS)[number];

// The registry accepts a token this long after it expired.
const LEEWAY_SECONDS = 60;
const MAX_GRANTS = 20_000;

/**
 * Remembers, in memory, who got a token for which repository lately. An event without the shared secret is believed
 * only if its user could have caused it.
 */
export function createRecentGrants({ clock, lifetimeSeconds }: RecentGrantsOptions) {
  const validMs = (lifetimeSeconds + LEEWAY_SECONDS) * 1000;
  // Separate limits, so that many pulls do not evict the few pushes.
  const issued = { pull: createMemory(clock, validMs), push: createMemory(clock, validMs) };

  return {
    /** A token with these actions was issued to the subject. */
    record(subjectName: string, repository: string, actions: readonly string[]): void {
      const key = grantKey(subjectName, repository);
      for (const action of GRANTED_ACTIONS) if (actions.includes(action)) issued[action].add(key);
    },
    has(subjectName: string, repository: string, action: GrantedAction): boolean {
      return issued[action].has(grantKey(subjectName, repository));
    },
  };
}
export type RecentGrants = ReturnType<typeof createRecentGrants>;

/** Keys that expire; beyond the limit the oldest are evicted. */
function createMemory(clock: Clock, validMs: number) {
  const since = new LRUCache<string, number>({ max: MAX_GRANTS });
  return {
    add: (key: string): void => void since.set(key, clock()),
    has(key: string): boolean {
      const at = since.peek(key);
      return at !== undefined && at + validMs > clock();
    },
  };
}

function grantKey(subjectName: string, repository: string): string {
  return `${subjectName}\n${repository}`;
}

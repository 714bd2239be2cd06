import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

export interface PacerOptions {
  readonly maxWaitMs: number;
  readonly clock: Clock;
}

const MAX_KEYS = 10_000;

/** Spaces things of one key apart. Bounded: when there are too many keys, the one that came longest ago goes. */
export function createPacer({ maxWaitMs, clock }: PacerOptions) {
  const freeAt = new LRUCache<string, number>({ max: MAX_KEYS });

  return {
    /** How long to wait for a turn `gapMs` after the one before; undefined when that would take too long. */
    reserve(key: string, gapMs: number): number | undefined {
      if (gapMs === 0) return 0;
      const waitMs = Math.max(0, (freeAt.get(key) ?? 0) - clock());
      if (waitMs > maxWaitMs) return undefined;
      freeAt.set(key, clock() + waitMs + gapMs);
      return waitMs;
    },
  };
}

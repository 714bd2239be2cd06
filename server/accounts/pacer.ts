import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

export interface PacerOptions {
  readonly maxWaitMs: number;
  readonly clock: Clock;
}

const MAX_KEYS = 10_000;

/** Spaces the actions of one key apart. At most 10 000 keys: beyond that the least recently used is dropped. */
export function createPacer({ maxWaitMs, clock }: PacerOptions) {
  const freeAt = new LRUCache<string, number>({ max: MAX_KEYS });

  return {
    /**
     * Reserves the next slot and returns the milliseconds to wait for it, `gapMs` after the one before. Undefined, and
     * nothing reserved, when the wait would exceed `maxWaitMs`.
     */
    reserve(key: string, gapMs: number): number | undefined {
      if (gapMs === 0) return 0;
      const waitMs = Math.max(0, (freeAt.get(key) ?? 0) - clock());
      if (waitMs > maxWaitMs) return undefined;
      freeAt.set(key, clock() + waitMs + gapMs);
      return waitMs;
    },
  };
}

import type { Clock } from '../clock.ts';

export interface PacerOptions {
  readonly maxWaitMs: number;
  readonly clock: Clock;
}

const MAX_KEYS = 10_000;

/** Spaces things of one key apart. Bounded: when there are too many keys, the one that waited longest ago goes. */
export function createPacer({ maxWaitMs, clock }: PacerOptions) {
  const freeAt = new Map<string, number>();

  function dropOldest(): void {
    for (const [key, at] of freeAt) {
      if (freeAt.size <= MAX_KEYS && at > clock()) return;
      freeAt.delete(key);
    }
  }

  return {
    /** How long to wait for a turn `gapMs` after the one before; undefined when that would take too long. */
    reserve(key: string, gapMs: number): number | undefined {
      if (gapMs === 0) return 0;
      const waitMs = Math.max(0, (freeAt.get(key) ?? 0) - clock());
      if (waitMs > maxWaitMs) return undefined;
      freeAt.delete(key);
      freeAt.set(key, clock() + waitMs + gapMs);
      dropOldest();
      return waitMs;
    },
  };
}

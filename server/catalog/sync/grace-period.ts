/** A missing tag is removed once it has been missing for this long. */
export const MISSING_GRACE_MS = 2 * 60_000;

// Beyond this the oldest entries start over: their tags stay a little longer.
const MAX_KEYS = 200_000;

/**
 * Tracks since when keys have been missing, in memory and on the monotonic clock: a jumping date must not turn two
 * consecutive checks into checks minutes apart.
 */
export function createGracePeriod(clock: () => number) {
  const since = new Map<string, number>();
  return {
    /** Records that the key is missing. @returns whether it has been for the whole grace period. */
    isOver(key: string): boolean {
      const first = since.get(key);
      if (first !== undefined) return clock() - first >= MISSING_GRACE_MS;
      since.set(key, clock());
      const [oldest] = since.keys();
      if (since.size > MAX_KEYS && oldest !== undefined) since.delete(oldest);
      return false;
    },
    /** The key exists again, or was removed. */
    clear(key: string): void {
      since.delete(key);
    },
  };
}
export type GracePeriod = ReturnType<typeof createGracePeriod>;

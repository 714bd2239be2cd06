/** A tag that is not in the list goes when it was first missed this long ago. */
export const MISSING_GRACE_MS = 2 * 60_000;

// Beyond it the oldest start over: their tags stay a little longer.
const MAX_KEYS = 200_000;

/**
 * Since when something has been missing without a break. By a clock that only goes forward, and anew with each start: a
 * day that jumps must not make two looks in a row into two looks minutes apart.
 */
export function createGracePeriod(clock: () => number) {
  const since = new Map<string, number>();
  return {
    /** Notes that it is missing. @returns whether it was so long enough. */
    isOver(key: string): boolean {
      const first = since.get(key);
      if (first !== undefined) return clock() - first >= MISSING_GRACE_MS;
      since.set(key, clock());
      const [oldest] = since.keys();
      if (since.size > MAX_KEYS && oldest !== undefined) since.delete(oldest);
      return false;
    },
    /** It is there, or settled. */
    clear(key: string): void {
      since.delete(key);
    },
  };
}
export type GracePeriod = ReturnType<typeof createGracePeriod>;

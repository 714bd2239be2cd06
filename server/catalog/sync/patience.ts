/** A tag that is not in the list goes when it was first missed this long ago. */
export const MISSING_PATIENCE_MS = 2 * 60_000;

// Beyond it the oldest start over: their tags stay a little longer.
const MOST = 200_000;

/**
 * Since when something has been missing without a break. By a clock that only goes forward, and anew with each start: a
 * day that jumps must not make two looks in a row into two looks minutes apart.
 */
export function createPatience(clock: () => number) {
  const since = new Map<string, number>();
  return {
    /** Notes that it is missing. @returns whether it was so long enough. */
    isOver(key: string): boolean {
      const first = since.get(key);
      if (first !== undefined) return clock() - first >= MISSING_PATIENCE_MS;
      since.set(key, clock());
      const [oldest] = since.keys();
      if (since.size > MOST && oldest !== undefined) since.delete(oldest);
      return false;
    },
    /** It is there, or settled. */
    forget(key: string): void {
      since.delete(key);
    },
  };
}
export type Patience = ReturnType<typeof createPatience>;

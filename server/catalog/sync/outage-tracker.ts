/** Shorter absences are covered: the registry keeps its events in a queue and sends them when it reaches us again. */
const MAX_HARMLESS_MS = 60_000;

/**
 * After the registry was away: may events have been lost? The queue lives in its memory, so the longer it was away the
 * likelier it was started anew, and lost what waited there. A restart that was quicker is told by the `instanceID` of
 * its next event.
 *
 * @param clock milliseconds that only go forward.
 */
export function createOutageTracker(clock: () => number) {
  let goneAt: number | undefined;
  return {
    markDown(): void {
      goneAt ??= clock();
    },
    /** @returns whether everything has to be read again. */
    markUp(): boolean {
      const isLong = goneAt !== undefined && clock() - goneAt >= MAX_HARMLESS_MS;
      goneAt = undefined;
      return isLong;
    },
  };
}
export type OutageTracker = ReturnType<typeof createOutageTracker>;

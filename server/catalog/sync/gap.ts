/** Shorter absences are covered: the registry keeps its events in a queue and sends them when it reaches us again. */
const TRUSTED_MS = 60_000;

/**
 * After the registry was away: may events have been lost? The queue lives in its memory, so the longer it was away the
 * likelier it was started anew, and lost what waited there. A restart that was quicker is told by the `instanceID` of
 * its next event.
 *
 * @param clock milliseconds that only go forward.
 */
export function createGap(clock: () => number) {
  let goneAt: number | undefined;
  return {
    noteGone(): void {
      goneAt ??= clock();
    },
    /** @returns whether everything has to be read again. */
    noteBack(): boolean {
      const isLong = goneAt !== undefined && clock() - goneAt >= TRUSTED_MS;
      goneAt = undefined;
      return isLong;
    },
  };
}
export type Gap = ReturnType<typeof createGap>;

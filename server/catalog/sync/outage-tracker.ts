/** Shorter outages do no harm: the registry keeps events in a queue and sends them later. */
const MAX_HARMLESS_MS = 60_000;

/**
 * Decides after an outage whether events may have been lost. The registry keeps its queue in memory; the longer the
 * outage, the likelier it was restarted and lost it. A faster restart is detected by the `instanceID` of the next
 * event.
 * @param clock Monotonic milliseconds.
 */
export function createOutageTracker(clock: () => number) {
  let goneAt: number | undefined;
  return {
    markDown(): void {
      goneAt ??= clock();
    },
    /** @returns whether the outage was so long that everything has to be read again. */
    markUp(): boolean {
      const isLong = goneAt !== undefined && clock() - goneAt >= MAX_HARMLESS_MS;
      goneAt = undefined;
      return isLong;
    },
  };
}
export type OutageTracker = ReturnType<typeof createOutageTracker>;

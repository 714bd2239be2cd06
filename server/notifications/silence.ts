import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../clock.ts';
import type { Arrivals } from './events.ts';

export interface SilenceDeps {
  readonly arrivals: () => Promise<Pick<Arrivals, 'lastReceivedAt'>>;
  readonly now: () => number;
  readonly clock: Clock;
  /** `index-state-changed` is published when events arrive again, and when none came for a day. */
  readonly bus: Pick<Bus, 'publish'>;
}

/**
 * Our own requests to the registry also cause events, so a registry that sends events reports something soon after we
 * read from it.
 */
const QUIET_MS = 10 * 60_000;
/** Everything is read at least once a day. A registry that does not even report that sends no events. */
const SILENT_MS = 24 * 3600_000;

/** Detects whether the registry sends events, or has to be polled. */
export function createSilence({ arrivals, now, clock, bus }: SilenceDeps) {
  // Until it is known, events are assumed to arrive.
  let lastAt = clock();
  let stored: number | null = null;
  let wasSilent = false;

  const isOlderThan = (ms: number) => clock() - lastAt > ms;

  function set(at: number): void {
    lastAt = at;
    if (wasSilent === isOlderThan(SILENT_MS)) return;
    wasSilent = !wasSilent;
    bus.publish({ kind: 'index-state-changed' });
  }

  /**
   * Age by date at the first check; later, a changed newest event counts as arrived just now, so a clock that jumps
   * does no harm.
   */
  function ageOf(receivedAt: number): number {
    if (stored === null) return receivedAt === 0 ? Number.POSITIVE_INFINITY : Math.max(0, now() - receivedAt);
    return receivedAt === stored ? clock() - lastAt : 0;
  }

  return {
    /** To be called for each event. */
    recordEvent: (): void => set(clock()),
    /** Checks the stored events, which another process may have received. */
    async check(): Promise<void> {
      const { lastReceivedAt = 0 } = await arrivals();
      const at = clock() - ageOf(lastReceivedAt);
      stored = lastReceivedAt;
      set(at);
    },
    /** No event for ten minutes: opened repositories are read from the registry. */
    isQuiet: (): boolean => isOlderThan(QUIET_MS),
    /** No event for a day, or never one. */
    isSilent: (): boolean => wasSilent,
  };
}
export type Silence = ReturnType<typeof createSilence>;

import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../clock.ts';
import type { Arrivals } from './events.ts';

export interface SilenceDeps {
  readonly arrivals: () => Promise<Pick<Arrivals, 'lastReceivedAt'>>;
  readonly now: () => number;
  readonly clock: Clock;
  /** Told when events come again, and when none came for a day: pages say other things from now on. */
  readonly bus: Pick<Bus, 'publish'>;
}

/** Our own reading is reported, too: whoever looks at the registry after that soon learns whether events come. */
const QUIET_MS = 10 * 60_000;
/** Everything is read once a day. Where even that is not reported, events do not come. */
const SILENT_MS = 24 * 3600_000;

/** Whether the registry reports what happens there, or has to be asked. */
export function createSilence({ arrivals, now, clock, bus }: SilenceDeps) {
  // Until it is known, as if events came.
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

  /** The first time by its date; after that, whatever is stored anew came since the last look. */
  function ageOf(receivedAt: number): number {
    if (stored === null) return receivedAt === 0 ? Number.POSITIVE_INFINITY : Math.max(0, now() - receivedAt);
    return receivedAt === stored ? clock() - lastAt : 0;
  }

  return {
    /** An event came. */
    note: (): void => set(clock()),
    /** What is stored; another process may have taken the events. */
    async check(): Promise<void> {
      const { lastReceivedAt = 0 } = await arrivals();
      const at = clock() - ageOf(lastReceivedAt);
      stored = lastReceivedAt;
      set(at);
    },
    /** Nothing came for some minutes: look, where somebody wants to know. */
    isQuiet: (): boolean => isOlderThan(QUIET_MS),
    /** None for a day, or ever. */
    isSilent: (): boolean => wasSilent,
  };
}
export type Silence = ReturnType<typeof createSilence>;

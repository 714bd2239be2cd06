export interface Counts {
  readonly repositories: number;
  readonly tags: number;
}

export interface Rates {
  /** null until enough was measured. */
  readonly repositoriesPerSecond: number | null;
  readonly tagsPerSecond: number | null;
}

const SAMPLE_MS = 1000;
const WINDOW_MS = 30_000;
const NO_RATES: Rates = { repositoriesPerSecond: null, tagsPerSecond: null };

interface Sample extends Counts {
  readonly at: number;
}

/** Rates over the last 30 s. @param clock Monotonic milliseconds. */
export function createMeter(clock: () => number, begun: Counts) {
  const startedAt = clock();
  let samples: Sample[] = [{ at: startedAt, ...begun }];

  return {
    elapsedMs: (): number => clock() - startedAt,
    note(counts: Counts): void {
      const at = clock();
      if (at - (samples.at(-1)?.at ?? 0) < SAMPLE_MS) return;
      samples = [...samples.filter((sample) => at - sample.at <= WINDOW_MS), { at, ...counts }];
    },
    rates(counts: Counts): Rates {
      const at = clock();
      const from = samples.find((sample) => at - sample.at <= WINDOW_MS) ?? samples.at(-1);
      if (from === undefined || at - from.at < SAMPLE_MS) return NO_RATES;
      const seconds = (at - from.at) / 1000;
      return {
        repositoriesPerSecond: (counts.repositories - from.repositories) / seconds,
        tagsPerSecond: (counts.tags - from.tags) / seconds,
      };
    },
  };
}
export type Meter = ReturnType<typeof createMeter>;

/** @returns null when it is unknown. */
export function remainingMs(left: number | null, perSecond: number | null): number | null {
  if (left === null || perSecond === null || perSecond <= 0) return null;
  return Math.round((Math.max(0, left) / perSecond) * 1000);
}

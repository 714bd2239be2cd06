export interface Counts {
  readonly repositories: number;
  readonly tags: number;
}

export interface Rates {
  /** null until there is something to measure. */
  readonly repositoriesPerSecond: number | null;
  readonly tagsPerSecond: number | null;
}

const SAMPLE_MS = 1000;
const WINDOW_MS = 30_000;
const NO_RATES: Rates = { repositoriesPerSecond: null, tagsPerSecond: null };

interface Sample extends Counts {
  readonly at: number;
}

/**
 * How fast something goes, over the last half minute.
 *
 * @param clock milliseconds that only go forward.
 */
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

/** @returns null where nothing can be said. */
export function remainingMs(left: number | null, perSecond: number | null): number | null {
  if (left === null || perSecond === null || perSecond <= 0) return null;
  return Math.round((Math.max(0, left) / perSecond) * 1000);
}

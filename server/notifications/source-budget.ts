import { setImmediate as nextTurn } from 'node:timers/promises';

/** The load of one sender. */
export interface SourceLoad {
  readonly source: string;
}

export interface SourceBudgetOptions<Load> {
  readonly read: () => Promise<readonly (Load & SourceLoad)[]>;
  readonly sum: (loads: readonly Load[]) => Load;
  /** Share of the limit; above 1 it is exceeded. */
  readonly fullness: (load: Load) => number;
  /** Deletes some of the sender's oldest rows. @returns how much was deleted; 0 ends the loop. */
  readonly dropOldest: (source: string, total: Load) => Promise<number>;
}

/** Deletes down to this share of the limit, so that not every new row causes a deletion. */
export const TARGET_SHARE = 0.9;
/** Deleting so many rows takes a few milliseconds, during which storing new envelopes waits. */
export const MAX_ROWS_AT_ONCE = 500;

/**
 * A limit for what anybody may send. The oldest rows of the sender with the largest load are deleted first, so that a
 * flood evicts only itself.
 */
export function createSourceBudget<Load>({ read, sum, fullness, dropOldest }: SourceBudgetOptions<Load>) {
  let load: Load | undefined;

  async function trim(): Promise<void> {
    for (;;) {
      const sources = await read();
      const total = sum(sources);
      load = total;
      if (fullness(total) <= TARGET_SHARE) return;
      const [heaviest] = [...sources].sort((one, other) => fullness(other) - fullness(one));
      if (heaviest === undefined || (await dropOldest(heaviest.source, total)) === 0) return;
      await nextTurn();
    }
  }

  return {
    /** Adds to the load that was counted last. */
    add(more: Load): void {
      if (load !== undefined) load = sum([load, more]);
    },
    /** Deletes what exceeds the limit. Must not run while envelopes are parsed. */
    async enforce(): Promise<void> {
      load ??= sum(await read());
      if (fullness(load) > 1) await trim();
    },
  };
}

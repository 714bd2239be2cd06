import { setImmediate as nextTurn } from 'node:timers/promises';

/** What one sender takes up. */
export interface OfSource {
  readonly source: string;
}

export interface SourceBudgetOptions<Load> {
  readonly read: () => Promise<readonly (Load & OfSource)[]>;
  readonly sum: (loads: readonly Load[]) => Load;
  /** Above 1 it is too much. */
  readonly fullness: (load: Load) => number;
  /** Lets some of the sender's oldest go. @returns how much went; 0 ends it. */
  readonly dropOldest: (source: string, total: Load) => Promise<number>;
}

/** A little more than needed goes, so that not every further one makes us delete one. */
export const TARGET_SHARE = 0.9;
/** Deleting this much takes a few milliseconds; the intake waits no longer. */
export const MAX_ROWS_AT_ONCE = 500;

/** A limit for what anybody may send: the oldest of the sender that takes up most go first, so a stranger pushes out himself. */
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
    /** What came in. */
    note(more: Load): void {
      if (load !== undefined) load = sum([load, more]);
    },
    /** Lets go of what is beyond the limits. Not while envelopes are read. */
    async keep(): Promise<void> {
      load ??= sum(await read());
      if (fullness(load) > 1) await trim();
    },
  };
}

import type { Database } from '../storage/database.ts';

export interface RetentionDeps {
  readonly db: Database;
  readonly now: () => number;
  /** What envelopes without the secret may take up together; anybody can send those. */
  readonly unverifiedBudgetBytes?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const KEEP_BODIES_MS = 7 * DAY_MS;
const KEEP_EVENTS_MS = 90 * DAY_MS;
const BUDGET_BYTES = 64 * 1024 * 1024;
// Deleting this much takes a few milliseconds; the intake waits no longer.
const BATCH = 500;
// A little more than needed goes, so that not every further envelope makes us delete one.
const TARGET_SHARE = 0.9;

/** Lets go of what is old, and of unverified envelopes beyond their budget, oldest first. */
export function createRetention({ db, now, unverifiedBudgetBytes = BUDGET_BYTES }: RetentionDeps) {
  let unverifiedBytes: number | undefined;

  async function count(): Promise<number> {
    const row = await db
      .selectFrom('envelopes')
      .select((each) => each.fn.sum<number | null>('size_bytes').as('bytes'))
      .where('verified', '=', 0)
      .executeTakeFirst();
    return Number(row?.bytes ?? 0);
  }

  /** Unverified events go with their envelope: the budget would not hold otherwise. */
  async function dropOldestUnverified(excess: number): Promise<number> {
    const rows = await db
      .selectFrom('envelopes')
      .select(['id', 'size_bytes'])
      .where('verified', '=', 0)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    let dropped = 0;
    const ids: number[] = [];
    for (const row of rows) {
      if (dropped >= excess) break;
      ids.push(row.id);
      dropped += row.size_bytes;
    }
    if (ids.length === 0) return 0;
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('events').where('envelope_id', 'in', ids).execute();
      await transaction.deleteFrom('envelopes').where('id', 'in', ids).execute();
    });
    return dropped;
  }

  async function purge(table: 'events' | 'envelopes', before: number): Promise<void> {
    for (;;) {
      const old = db.selectFrom(table).select('id').where('received_at', '<', before);
      const due = table === 'events' ? old : old.where('verified', '=', 1);
      const ids = (await due.orderBy('id').limit(BATCH).execute()).map((row) => row.id);
      if (ids.length === 0) return;
      await db.deleteFrom(table).where('id', 'in', ids).execute();
      await new Promise(setImmediate);
    }
  }

  return {
    /** Counts what came in, and drops the oldest once the budget is used up. */
    async noteUnverified(bytes: number): Promise<void> {
      if (bytes === 0) return;
      unverifiedBytes = unverifiedBytes === undefined ? await count() : unverifiedBytes + bytes;
      if (unverifiedBytes <= unverifiedBudgetBytes) return;
      const target = unverifiedBudgetBytes * TARGET_SHARE;
      for (let left = unverifiedBytes; left > target; ) {
        const dropped = await dropOldestUnverified(left - target);
        if (dropped === 0) break;
        left -= dropped;
        await new Promise(setImmediate);
      }
      unverifiedBytes = undefined;
    },
    /** Once a day: events after 90 days, bodies of verified envelopes after 7. */
    async purgeOld(): Promise<void> {
      await purge('envelopes', now() - KEEP_BODIES_MS);
      await purge('events', now() - KEEP_EVENTS_MS);
    },
  };
}

import type { Database } from '../storage/database.ts';

export interface RetentionDeps {
  readonly db: Database;
  readonly now: () => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const KEEP_BODIES_MS = 7 * DAY_MS;
const KEEP_EVENTS_MS = 90 * DAY_MS;
// Deleting this much takes a few milliseconds; the intake waits no longer.
const BATCH = 500;

/** Lets go of what is old. */
export function createRetention({ db, now }: RetentionDeps) {
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
    /** Once a day: events after 90 days, bodies of verified envelopes after 7. */
    async purgeOld(): Promise<void> {
      await purge('envelopes', now() - KEEP_BODIES_MS);
      await purge('events', now() - KEEP_EVENTS_MS);
    },
  };
}

import type { Database } from '../storage/database.ts';
import { deleteEnvelopes } from './envelope-writes.ts';
import { deleteEvents } from './event-writes.ts';

export interface RetentionDeps {
  readonly db: Database;
  readonly now: () => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const KEEP_BODIES_MS = 7 * DAY_MS;
const KEEP_EVENTS_MS = 90 * DAY_MS;
// Deleting so many rows takes a few milliseconds, during which storing new envelopes waits.
const BATCH = 500;

/** Deletes old events and envelopes. */
export function createRetention({ db, now }: RetentionDeps) {
  async function purge(next: () => Promise<readonly number[]>, remove: typeof deleteEvents): Promise<void> {
    for (let ids = await next(); ids.length > 0; ids = await next()) {
      await remove(db, ids);
      await new Promise(setImmediate);
    }
  }

  async function oldEnvelopes(): Promise<readonly number[]> {
    const before = now() - KEEP_BODIES_MS;
    const old = db.selectFrom('envelopes').select('id').where('received_at', '<', before).where('verified', '=', 1);
    return (await old.orderBy('id').limit(BATCH).execute()).map((row) => row.id);
  }

  async function oldEvents(): Promise<readonly number[]> {
    const old = db
      .selectFrom('events')
      .select('id')
      .where('received_at', '<', now() - KEEP_EVENTS_MS);
    return (await old.orderBy('id').limit(BATCH).execute()).map((row) => row.id);
  }

  return {
    /** For once a day: deletes events after 90 days and bodies of verified envelopes after 7. */
    async purgeOld(): Promise<void> {
      await purge(oldEnvelopes, deleteEnvelopes);
      await purge(oldEvents, deleteEvents);
    },
  };
}

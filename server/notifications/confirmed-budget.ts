import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { deleteEvents } from './event-writes.ts';
import { createSourceBudget, MAX_ROWS_AT_ONCE, type OfSource, TARGET_SHARE } from './source-budget.ts';

interface Load {
  readonly events: number;
}

const MAX_EVENTS = 200_000;

/**
 * Without a secret anybody can send events about a user who really holds a token. What is confirmed so outlives its
 * envelope, and keeps to this limit. Verified events are none of them.
 */
export function createConfirmedBudget(db: Database, limit = MAX_EVENTS) {
  return createSourceBudget<Load>({
    read: () => readLoads(db),
    sum: (loads) => ({ events: loads.reduce((total, { events }) => total + events, 0) }),
    fullness: ({ events }) => events / limit,
    dropOldest(source, { events }) {
      const excess = Math.ceil(events - limit * TARGET_SHARE);
      return dropOldest(db, source, Math.min(excess, MAX_ROWS_AT_ONCE));
    },
  });
}

/** Literals, because an index of some rows serves only who names the same ones. */
function confirmed(db: Database) {
  return db.selectFrom('events').where('verified', '=', sql.lit(0)).where('actor_confirmed', '=', sql.lit(1));
}

async function readLoads(db: Database): Promise<readonly (Load & OfSource)[]> {
  const rows = await confirmed(db)
    .select(({ fn }) => ['source', fn.countAll<number>().as('count')])
    .groupBy('source')
    .execute();
  return rows.map(({ source, count }) => ({ source, events: Number(count) }));
}

async function dropOldest(db: Database, source: string, limit: number): Promise<number> {
  const rows = await confirmed(db).select('id').where('source', '=', source).orderBy('id').limit(limit).execute();
  const ids = rows.map(({ id }) => id);
  await deleteEvents(db, ids);
  return ids.length;
}

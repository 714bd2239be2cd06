import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { deleteEvents } from './event-writes.ts';
import { createSourceBudget, MAX_ROWS_AT_ONCE, type SourceLoad, TARGET_SHARE } from './source-budget.ts';

interface Load {
  readonly events: number;
}

const MAX_EVENTS = 200_000;

/**
 * Limits confirmed events of unverified envelopes: anybody can send events that name a user who really holds a token,
 * and such events stay when their envelope is deleted. Verified events are not counted.
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

/** Literals instead of parameters, because a partial index is only used for the literals in its condition. */
function confirmed(db: Database) {
  return db.selectFrom('events').where('verified', '=', sql.lit(0)).where('actor_confirmed', '=', sql.lit(1));
}

async function readLoads(db: Database): Promise<readonly (Load & SourceLoad)[]> {
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

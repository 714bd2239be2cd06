import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';

interface SourceCount {
  readonly source: string;
  readonly count: number;
}

const MAX_EVENTS = 200_000;
// Deleting this much takes a few milliseconds; the intake waits no longer.
const MAX_ROWS_AT_ONCE = 500;
// A little more than needed goes, so that not every further event makes us delete one.
const TARGET_SHARE = 0.9;

/**
 * Without a secret anybody can send events about a user who really holds a token. What is confirmed so outlives its
 * envelope, and keeps to this limit: the oldest of the sender that has most go first. Verified events are none of them.
 */
export function createConfirmedBudget(db: Database, limit = MAX_EVENTS) {
  let count: number | undefined;

  async function trim(): Promise<void> {
    let sources = await readCounts(db);
    for (;;) {
      const excess = Math.ceil(sum(sources) - limit * TARGET_SHARE);
      const [heaviest] = [...sources].sort((one, other) => other.count - one.count);
      if (excess <= 0 || heaviest === undefined) break;
      if ((await dropOldest(db, heaviest.source, Math.min(excess, MAX_ROWS_AT_ONCE))) === 0) break;
      await nextTurn();
      sources = await readCounts(db);
    }
    count = sum(sources);
  }

  return {
    /** What came in. */
    note(events: number): void {
      if (count !== undefined) count += events;
    },
    /** Lets go of what is beyond the limit. Not while envelopes are read. */
    async keep(): Promise<void> {
      count ??= sum(await readCounts(db));
      if (count > limit) await trim();
    },
  };
}

/** Literals, because an index of some rows serves only who names the same ones. */
function confirmed(db: Database) {
  return db.selectFrom('events').where('verified', '=', sql.lit(0)).where('actor_confirmed', '=', sql.lit(1));
}

async function readCounts(db: Database): Promise<readonly SourceCount[]> {
  const rows = await confirmed(db)
    .select(({ fn }) => ['source', fn.countAll<number>().as('count')])
    .groupBy('source')
    .execute();
  return rows.map(({ source, count }) => ({ source, count: Number(count) }));
}

async function dropOldest(db: Database, source: string, limit: number): Promise<number> {
  const rows = await confirmed(db).select('id').where('source', '=', source).orderBy('id').limit(limit).execute();
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await db.deleteFrom('events').where('id', 'in', ids).execute();
  return ids.length;
}

function sum(sources: readonly SourceCount[]): number {
  return sources.reduce((total, { count }) => total + count, 0);
}

/** Everything that writes the table of events. */
import type { Insertable, Updateable } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { EventsTable } from '../storage/schema.ts';

// A statement stays below SQLite's limit of variables.
const ROWS_PER_INSERT = 100;

/** Those that are there already stay as they are. */
export async function insertEvents(trx: Database, rows: readonly Insertable<EventsTable>[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await trx
      .insertInto('events')
      .values(rows.slice(start, start + ROWS_PER_INSERT))
      .onConflict((conflict) => conflict.column('event_id').doNothing())
      .execute();
  }
}

/** @returns those that were not marked yet. */
export async function markApplied(trx: Database, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await trx
    .updateTable('events')
    .set({ applied: 1 })
    .where('id', 'in', ids)
    .where('applied', '=', 0)
    .returning('id')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** @param eventId the registry's own id of it. */
export async function changeEvent(
  trx: Database,
  eventId: string,
  change: Pick<Updateable<EventsTable>, 'tag' | 'hidden' | 'applied'>,
): Promise<void> {
  await trx.updateTable('events').set(change).where('event_id', '=', eventId).execute();
}

export async function deleteEvents(db: Database, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await db.deleteFrom('events').where('id', 'in', ids).execute();
}

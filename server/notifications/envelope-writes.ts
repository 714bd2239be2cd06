/** Everything that writes the table of envelopes. */
import type { Insertable } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { EnvelopesTable } from '../storage/schema.ts';

export async function insertEnvelopes(db: Database, rows: readonly Insertable<EnvelopesTable>[]): Promise<void> {
  await db.insertInto('envelopes').values(rows).execute();
}

/** They were read to their end. @param eventCount of each. */
export async function markParsed(trx: Database, ids: readonly number[], eventCount: number): Promise<void> {
  const change = { state: 'parsed' as const, event_count: eventCount };
  await trx.updateTable('envelopes').set(change).where('id', 'in', ids).execute();
}

export async function markQuarantined(
  trx: Database,
  id: number,
  { error, eventCount }: { readonly error: string; readonly eventCount: number },
): Promise<void> {
  const change = { state: 'quarantined' as const, error, event_count: eventCount };
  await trx.updateTable('envelopes').set(change).where('id', '=', id).execute();
}

/** Its row stays, as its events are counted by it. @returns false: it is not in quarantine. */
export async function emptyQuarantined(db: Database, id: number): Promise<boolean> {
  const row = await db
    .updateTable('envelopes')
    .set({ state: 'parsed', error: null, body: Buffer.alloc(0), size_bytes: 0 })
    .where('id', '=', id)
    .where('state', '=', 'quarantined')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns false: it is not in quarantine. */
export async function deleteQuarantined(db: Database, id: number): Promise<boolean> {
  const row = await db
    .deleteFrom('envelopes')
    .where('id', '=', id)
    .where('state', '=', 'quarantined')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function deleteEnvelopes(db: Database, ids: readonly number[]): Promise<void> {
  await db.deleteFrom('envelopes').where('id', 'in', ids).execute();
}

import { type Kysely, sql } from 'kysely';
import { columnTypes, count, empty } from './columns.ts';

/** Who sent an envelope and what became of it, so that no sender uses up what all unverified ones share. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema.alterTable('envelopes').addColumn('source', columnTypes(db).text, empty).execute();
  await schema.alterTable('envelopes').addColumn('event_count', 'integer', count).execute();
  // All that the budget asks for: the bodies, which stand before these columns, are not read.
  await schema
    .createIndex('envelopes_budget')
    .on('envelopes')
    .columns(['verified', 'source', 'id', 'size_bytes', 'event_count'])
    .execute();
  await schema.createIndex('events_envelope').on('events').columns(['envelope_id']).execute();
  await sql`update envelopes set event_count = (select count(*) from events where envelope_id = envelopes.id)
    where verified = 0`.execute(db);
}

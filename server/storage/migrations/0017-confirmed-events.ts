import { type Kysely, sql } from 'kysely';
import { columnTypes, empty } from './columns.ts';

/** Who sent an event, which is asked when its envelope is long gone: what is confirmed has a limit of its own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema.alterTable('events').addColumn('source', columnTypes(db).text, empty).execute();
  await sql`update events set source = (select source from envelopes where envelopes.id = events.envelope_id)
    where envelope_id in (select id from envelopes where verified = 0)`.execute(db);
  await schema
    .createIndex('events_confirmed')
    .on('events')
    .columns(['source', 'id'])
    .where(sql<boolean>`verified = 0 and actor_confirmed = 1`)
    .execute();
}

import type { Kysely } from 'kysely';
import { columnTypes, millis } from './columns.ts';

/** From where an account signed in: guesses of others do not count against it there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('known_places')
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('address', types.text, (column) => column.notNull())
    .addColumn('last_at', 'bigint', millis)
    .addPrimaryKeyConstraint('known_places_key', ['user_id', 'address'])
    .execute();
  await schema.createIndex('known_places_last').on('known_places').column('last_at').execute();
}

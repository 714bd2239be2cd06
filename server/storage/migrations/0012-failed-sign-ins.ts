import type { Kysely } from 'kysely';
import { columnTypes, idColumn, millis, present } from './columns.ts';

/** Sign-ins that failed, counted; kept apart from the audit, which strangers must not be able to fill. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('failed_sign_ins')
    .addColumn('id', types.id, idColumn(db))
    .addColumn('first_at', 'bigint', millis)
    .addColumn('last_at', 'bigint', millis)
    .addColumn('count', 'integer', present)
    .addColumn('actor', types.text, present)
    .addColumn('address', types.text, present)
    .addColumn('reason', types.text, present)
    .addUniqueConstraint('failed_sign_ins_same', ['actor', 'address', 'reason'])
    .execute();
  await schema.createIndex('failed_sign_ins_last').on('failed_sign_ins').columns(['last_at', 'id']).execute();
}

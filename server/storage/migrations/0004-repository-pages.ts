import type { Kysely } from 'kysely';
import { columnTypes, millis, present } from './columns.ts';

/**
 * What people say about a repository, and who marked it. By name, not by id: both survive a repository that is emptied and
 * pushed again, or that the index forgot and met again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('descriptions')
    .addColumn('repository', types.text, (column) => column.primaryKey().notNull())
    // Markdown as it was written; '' once somebody emptied it.
    .addColumn('text', types.text, present)
    // Grows with each edit: who sends an older one has not seen what is there.
    .addColumn('version', 'integer', present)
    .addColumn('edited_by', types.text, present)
    .addColumn('edited_at', 'bigint', millis)
    .execute();
  await schema
    .createTable('stars')
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('repository', types.text, present)
    .addColumn('starred_at', 'bigint', millis)
    .addPrimaryKeyConstraint('stars_key', ['user_id', 'repository'])
    .execute();
  // Counted on every page of a repository.
  await schema.createIndex('stars_repository').on('stars').columns(['repository', 'user_id']).execute();
}

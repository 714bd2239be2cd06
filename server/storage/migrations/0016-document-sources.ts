import type { Kysely } from 'kysely';
import { columnTypes, present } from './columns.ts';

/** Which repository gave us which content: what was read before is asked for again there once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const { text } = columnTypes(db);
  await schema
    .createTable('document_sources')
    .addColumn('digest', text, present)
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('document_sources_key', ['digest', 'repository_id'])
    .execute();
  // For the deletion of a repository.
  await schema.createIndex('document_sources_repository').on('document_sources').column('repository_id').execute();
}

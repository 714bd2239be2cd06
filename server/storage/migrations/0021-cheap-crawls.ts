import type { Kysely } from 'kysely';
import { columnTypes, flag } from './columns.ts';

/** How much a crawl asks for and where it reads, and which tags have been unseen longest. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  // Those before asked for everything.
  await schema.alterTable('crawls').addColumn('is_full', 'integer', flag(1)).execute();
  await schema
    .alterTable('crawls')
    .addColumn('source', columnTypes(db).text, (column) => column.notNull().defaultTo('registry'))
    .execute();
  await schema.alterTable('crawls').addColumn('source_problem', columnTypes(db).text).execute();
  await schema.createIndex('tags_unseen').on('tags').columns(['checked_at', 'id']).execute();
}

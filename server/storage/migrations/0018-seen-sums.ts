import { type Kysely, sql } from 'kysely';
import { count } from './columns.ts';

/**
 * What is unique and reclaimable, over the repositories that a viewer sees. Until now folders counted the hidden ones, too:
 * these sums are made anew, and of the days that are kept they are marked as not known.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  for (const column of ['unique_bytes', 'reclaimable_bytes']) {
    await schema.alterTable('visible_repositories').addColumn(column, 'bigint', count).execute();
  }
  await schema
    .createIndex('visible_repositories_unique')
    .on('visible_repositories')
    .columns(['visibility_id', 'unique_bytes'])
    .execute();
  await sql`update folders set summed_at = 0 where visibility_id <> 1`.execute(db);
  await sql`update folder_samples set unique_bytes = -1, reclaimable_bytes = -1 where visibility_id <> 1`.execute(db);
}

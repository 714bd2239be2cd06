import { type Kysely, sql } from 'kysely';
import { columnTypes, count } from './columns.ts';

/** What the trash shows of a manifest that the index may have forgotten, and what was deleted together. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  for (const [name, type] of [
    // The first entry of the same deletion; null for that entry itself.
    ['batch_id', 'integer'],
    // The entry that it was deleted with because only that needed it.
    ['part_of', 'integer'],
    // The registry refused to take it back: its layers are gone.
    ['unrestorable_at', 'bigint'],
  ] as const) {
    await schema.alterTable('trash').addColumn(name, type).execute();
  }
  await schema
    .alterTable('trash')
    .addColumn('kind', types.text, (column) => column.notNull().defaultTo('unknown'))
    .execute();
  await schema.alterTable('trash').addColumn('content_bytes', 'bigint', count).execute();
  await sql`update trash set
    kind = coalesce((select kind from manifests where manifests.digest = trash.digest), 'unknown'),
    content_bytes = coalesce((select total_bytes from manifests where manifests.digest = trash.digest), 0)`.execute(db);
  for (const [name, columns] of Object.entries({
    trash_in_repository: ['repository', 'id'],
    trash_batch: ['batch_id', 'id'],
    trash_parts: ['part_of', 'id'],
  })) {
    await schema.createIndex(name).on('trash').columns(columns).execute();
  }
}

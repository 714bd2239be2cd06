import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import { columnTypes, count, empty, flag } from './columns.ts';

/** What lacked an order of its own: repositories nobody pushed to in our time, and three columns of folders. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await ageRepositories(db);
  await widenFolders(db);
}

/** Build times stand in for pushes that nobody saw. */
async function ageRepositories(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  // Of the newest tag: pushed, else built, else 0.
  await schema.alterTable('repositories').addColumn('newest_at', 'bigint', count).execute();
  await sql`update repositories set newest_at = coalesce((select max(aged_at) from tags
    where tags.repository_id = repositories.id and tags.subject_digest is null), 0)`.execute(db);
  await schema.dropIndex('repositories_in_folder_by_last_pushed_at').execute();
  await schema
    .createIndex('repositories_by_age')
    .on('repositories')
    .expression(sql`coalesce(last_pushed_at, newest_at), name`)
    .execute();
  await schema
    .createIndex('repositories_in_folder_by_age')
    .on('repositories')
    .expression(sql`folder, coalesce(last_pushed_at, newest_at), name`)
    .execute();
}

const emptyList = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo('[]');

/** Derived with the other sums: the next run fills them in. */
async function widenFolders(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  for (const [name, type, shape] of [
    // Of what stands below: the youngest, pushed or else built.
    ['newest_at', 'bigint', count],
    // Who made the last push; '' for nobody known.
    ['last_pushed_by', types.text, empty],
    ['last_push_confirmed', 'integer', flag(0)],
    // JSON list.
    ['platforms', types.text, emptyList],
    ['platform_count', 'integer', count],
  ] as const) {
    await schema.alterTable('folders').addColumn(name, type, shape).execute();
  }
  await schema.dropIndex('folders_last_pushed_at').execute();
  for (const [name, value] of Object.entries({
    newest_at: sql`newest_at`,
    age: sql`(case when last_pushed_at > 0 then last_pushed_at else newest_at end)`,
    last_pushed_by: sql`last_pushed_by`,
    platform_count: sql`platform_count`,
  })) {
    await schema
      .createIndex(`folders_${name}`)
      .on('folders')
      .expression(sql`visibility_id, parent, ${value}, path`)
      .execute();
  }
}

import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../engine.ts';
import { columnTypes, count, empty, flag, idColumn, millis, present } from './columns.ts';

/**
 * What lists need to cost the same at every size: each sort value stands in an index beside its row, sums are kept, and
 * who may see which repository is worked out before. Rows that follow from others are filled in by the next start.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addVisibilities(db);
  await widenRepositories(db);
  await widenCrawls(db);
  await addHeldManifests(db);
  await widenTags(db);
  await addBlobs(db);
  await addLabels(db);
  await addSamples(db);
  await addNameSearch(db);
}

async function addVisibilities(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema.dropTable('pattern_repositories').execute();
  await schema
    .createTable('visibilities')
    .addColumn('id', types.id, idColumn(db))
    // The sorted ids of its patterns, joined by commas; '*' for the one that sees everything.
    .addColumn('patterns', types.text, (column) => column.notNull().unique())
    // 0 while its repositories are being worked out.
    .addColumn('ready', 'integer', flag(0))
    .addColumn('repository_count', 'integer', count)
    .addColumn('last_used_at', 'bigint', millis)
    .execute();
  await schema
    .createTable('visibility_patterns')
    .addColumn('visibility_id', 'integer', (column) =>
      column.notNull().references('visibilities.id').onDelete('cascade'),
    )
    .addColumn('pattern_id', 'integer', (column) => column.notNull().references('patterns.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('visibility_patterns_key', ['visibility_id', 'pattern_id'])
    .execute();
  await schema
    .createIndex('visibility_patterns_pattern')
    .on('visibility_patterns')
    .columns(['pattern_id', 'visibility_id'])
    .execute();
  await schema
    .createTable('visible_repositories')
    .addColumn('visibility_id', 'integer', (column) =>
      column.notNull().references('visibilities.id').onDelete('cascade'),
    )
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('visible_repositories_key', ['visibility_id', 'repository_id'])
    .execute();
  await schema
    .createIndex('visible_repositories_repository')
    .on('visible_repositories')
    .columns(['repository_id', 'visibility_id'])
    .execute();
  // The first id is 1: who sees everything.
  await sql`insert into visibilities (patterns, ready, repository_count, last_used_at)
    select '*', 1, count(*), 0 from repositories`.execute(db);
  await addFolders(db);
}

/** One row per folder and visibility: what stands below it, as far as that visibility reaches. '' is the root. */
async function addFolders(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('folders')
    .addColumn('visibility_id', 'integer', (column) =>
      column.notNull().references('visibilities.id').onDelete('cascade'),
    )
    .addColumn('path', types.text, present)
    // null for the root.
    .addColumn('parent', types.text)
    // Kept exactly, with each repository that comes or goes. The sums below follow in the background.
    .addColumn('repository_count', 'integer', count)
    .addColumn('tag_count', 'integer', count)
    .addColumn('pull_count', 'bigint', count)
    .addColumn('last_pushed_at', 'bigint', count)
    .addColumn('last_pulled_at', 'bigint', count)
    .addColumn('logical_bytes', 'bigint', count)
    .addColumn('size_bytes', 'bigint', count)
    .addColumn('unique_bytes', 'bigint', count)
    .addColumn('reclaimable_bytes', 'bigint', count)
    // 0: not summed up yet.
    .addColumn('summed_at', 'bigint', count)
    .addPrimaryKeyConstraint('folders_key', ['visibility_id', 'path'])
    .execute();
  const sorts = [
    'repository_count',
    'tag_count',
    'pull_count',
    'last_pushed_at',
    'last_pulled_at',
    'size_bytes',
    'unique_bytes',
  ];
  await schema.createIndex('folders_name').on('folders').columns(['visibility_id', 'parent', 'path']).execute();
  for (const sort of sorts) {
    await schema
      .createIndex(`folders_${sort}`)
      .on('folders')
      .columns(['visibility_id', 'parent', sort, 'path'])
      .execute();
  }
  for (const [name, value] of Object.entries(SPACE_SORTS)) {
    await schema
      .createIndex(`folders_${name}`)
      .on('folders')
      .expression(sql`visibility_id, parent, ${value}, path`)
      .execute();
  }
}

/** Only the page about space sorts by these, and only within a folder. */
const SPACE_SORTS = {
  logical_bytes: sql`logical_bytes`,
  shared_bytes: sql`(size_bytes - unique_bytes)`,
  reclaimable_bytes: sql`reclaimable_bytes`,
};

async function widenRepositories(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  for (const [name, type, shape] of [
    // The part before the last slash; '' for names without one.
    ['folder', types.text, empty],
    ['image_count', 'integer', count],
    ['untagged_count', 'integer', count],
    ['platform_count', 'integer', count],
    // Sort value of `newest_tag`.
    ['newest_key', types.text, empty],
    // Sums over images as if nothing was shared; blobs that no other repository has; what only untagged manifests use.
    ['logical_bytes', 'bigint', count],
    ['unique_bytes', 'bigint', count],
    ['reclaimable_bytes', 'bigint', count],
    // The crawl that read it last.
    ['crawl_id', 'integer', count],
    // Grows with every change that people can see.
    ['changed_at', 'bigint', count],
  ] as const) {
    await schema.alterTable('repositories').addColumn(name, type, shape).execute();
  }
  for (const index of ['repositories_pushed', 'repositories_tags', 'repositories_size', 'repositories_pulls']) {
    await schema.dropIndex(index).execute();
  }
  for (const sort of ['tag_count', 'newest_key', 'pull_count', 'platform_count', 'size_bytes', 'unique_bytes']) {
    await sortIndexes(db, sort, sort);
  }
  // A repository never pushed to (or pulled from) in our time counts as pushed to at 0; nobody known comes first.
  await sortIndexes(db, 'last_pushed_at', sql`coalesce(last_pushed_at, 0)`);
  await sortIndexes(db, 'last_pulled_at', sql`coalesce(last_pulled_at, 0)`);
  await sortIndexes(db, 'last_pushed_by', sql`coalesce(last_pushed_by, '')`);
  for (const [name, value] of Object.entries(SPACE_SORTS)) {
    await schema
      .createIndex(`repositories_in_folder_by_${name}`)
      .on('repositories')
      .expression(sql`folder, ${value}, name`)
      .execute();
  }
  await schema.createIndex('repositories_folder').on('repositories').columns(['folder', 'name']).execute();
  // What a repository holds, for filters: `platform:linux/arm64`, `kind:helm`.
  await schema
    .createTable('repository_facets')
    .addColumn('facet', types.text, present)
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('image_count', 'integer', count)
    .addPrimaryKeyConstraint('repository_facets_key', ['facet', 'repository_id'])
    .execute();
  await schema.createIndex('repository_facets_repository').on('repository_facets').column('repository_id').execute();
}

/** A crawl without an end is continued: `repositories.crawl_id` tells what it has read. */
async function widenCrawls({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable('crawls').addColumn('tags_done', 'integer', count).execute();
  // While it ran: neither restarts nor a clock that jumps belong to it.
  await schema.alterTable('crawls').addColumn('elapsed_ms', 'bigint', count).execute();
  // JSON: the error as a key of the namespace `errors` and its values.
  await schema.alterTable('crawls').addColumn('failure', 'text').execute();
}

/** Over everything and within one folder. */
async function sortIndexes(
  { schema }: Kysely<unknown>,
  name: string,
  value: string | ReturnType<typeof sql>,
): Promise<void> {
  const expression = typeof value === 'string' ? sql.ref(value) : value;
  await schema.createIndex(`repositories_by_${name}`).on('repositories').expression(sql`${expression}, name`).execute();
  await schema
    .createIndex(`repositories_in_folder_by_${name}`)
    .on('repositories')
    .expression(sql`folder, ${expression}, name`)
    .execute();
}

/** Which manifests a repository holds, each with what its row in a list shows and is sorted by. */
async function addHeldManifests(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('held_manifests')
    .addColumn('id', types.id, idColumn(db))
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('digest', types.text, present)
    .addColumn('first_seen_at', 'bigint', millis)
    // tagged: under a tag that people use; referrer: speaks about another; child: listed by an index here; untagged.
    .addColumn('state', types.text, (column) => column.notNull().defaultTo('untagged'))
    // 1: some tag keeps it: its own, one of an index that lists it, or one of what it speaks about.
    .addColumn('reached', 'integer', flag(0))
    .addColumn('tag_count', 'integer', count)
    // The highest of its tags, and that tag's sort value.
    .addColumn('tag_name', types.text, empty)
    .addColumn('tag_key', types.text, empty)
    // Copies of what the manifest says.
    .addColumn('kind', types.text, (column) => column.notNull().defaultTo('unknown'))
    .addColumn('size_bytes', 'bigint', count)
    .addColumn('platforms', types.text, (column) => column.notNull().defaultTo('[]'))
    .addColumn('platform_count', 'integer', count)
    .addColumn('created_at', 'bigint')
    // Last push of any of its tags, else the build time, else 0.
    .addColumn('aged_at', 'bigint', count)
    .addColumn('pushed_at', 'bigint')
    .addColumn('pushed_by', types.text)
    .addColumn('push_confirmed', 'integer', flag(0))
    .addColumn('last_pulled_at', 'bigint', count)
    .addColumn('pull_count', 'bigint', count)
    .addUniqueConstraint('held_manifests_digest', ['repository_id', 'digest'])
    .execute();
  await sql`insert into held_manifests (repository_id, digest, first_seen_at)
    select repository_id, digest, first_seen_at from repository_manifests`.execute(db);
  await schema.dropTable('repository_manifests').execute();
  await schema
    .createIndex('held_manifests_holders')
    .on('held_manifests')
    .columns(['digest', 'repository_id'])
    .execute();
  for (const sort of [
    'tag_key',
    'tag_count',
    'size_bytes',
    'platform_count',
    'aged_at',
    'last_pulled_at',
    'pull_count',
  ]) {
    await schema
      .createIndex(`held_manifests_by_${sort}`)
      .on('held_manifests')
      .columns(['repository_id', 'state', sort, 'id'])
      .execute();
  }
  await schema
    .createIndex('held_manifests_by_pushed_by')
    .on('held_manifests')
    .expression(sql`repository_id, state, coalesce(pushed_by, ''), id`)
    .execute();
  // Over all repositories, for searches.
  await schema
    .createIndex('held_manifests_all_aged')
    .on('held_manifests')
    .columns(['state', 'aged_at', 'id'])
    .execute();
  await schema
    .createIndex('held_manifests_all_kind')
    .on('held_manifests')
    .columns(['kind', 'state', 'aged_at', 'id'])
    .execute();
  await schema
    .createIndex('held_manifests_all_size')
    .on('held_manifests')
    .columns(['state', 'size_bytes', 'id'])
    .execute();
  await schema
    .createIndex('held_manifests_all_pushed_by')
    .on('held_manifests')
    .columns(['pushed_by', 'aged_at', 'id'])
    .execute();
}

async function widenTags(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  for (const [name, type, shape] of [
    // The name's sort value: versions in their order.
    ['name_key', types.text, empty],
    ['size_bytes', 'bigint', count],
    ['platform_count', 'integer', count],
    ['aged_at', 'bigint', count],
  ] as const) {
    await schema.alterTable('tags').addColumn(name, type, shape).execute();
  }
  const sorts = {
    name_key: sql`name_key`,
    size_bytes: sql`size_bytes`,
    platform_count: sql`platform_count`,
    aged_at: sql`aged_at`,
    pull_count: sql`pull_count`,
    last_pulled_at: sql`coalesce(last_pulled_at, 0)`,
    pushed_by: sql`coalesce(pushed_by, '')`,
  };
  // Referrers' tags are a list of their own, seldom asked for.
  for (const [name, value] of Object.entries(sorts)) {
    await schema
      .createIndex(`tags_by_${name}`)
      .on('tags')
      .expression(sql`repository_id, ${value}, name`)
      .where(sql<boolean>`subject_digest is null`)
      .execute();
  }
  await schema.createIndex('tags_everywhere').on('tags').columns(['name', 'repository_id']).execute();
}

/** Each blob once, and how many images of a repository use it. */
async function addBlobs(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('blobs')
    .addColumn('id', types.id, idColumn(db))
    .addColumn('digest', types.text, (column) => column.notNull().unique())
    .addColumn('size_bytes', 'bigint', present)
    .execute();
  await schema
    .createTable('repository_blobs')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('blob_id', 'integer', present)
    // Held manifests that list it directly: those that a tag reaches (itself, through an index, as a referrer), and the others.
    .addColumn('tagged_count', 'integer', count)
    .addColumn('untagged_count', 'integer', count)
    .addPrimaryKeyConstraint('repository_blobs_key', ['repository_id', 'blob_id'])
    .execute();
  await schema
    .createIndex('repository_blobs_blob')
    .on('repository_blobs')
    .columns(['blob_id', 'repository_id', 'tagged_count', 'untagged_count'])
    .execute();
}

/** Labels of configurations and annotations of manifests, to be searched. */
async function addLabels(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('labels')
    .addColumn('id', types.id, idColumn(db))
    .addColumn('key', types.text, present)
    .addColumn('value', types.text, present)
    .addUniqueConstraint('labels_key_value', ['key', 'value'])
    .execute();
  // A word that begins a value, whatever its key.
  await schema.createIndex('labels_value').on('labels').expression(sql`lower(value)`).execute();
  await schema
    .createTable('manifest_labels')
    .addColumn('label_id', 'integer', present)
    .addColumn('digest', types.text, present)
    .addPrimaryKeyConstraint('manifest_labels_key', ['label_id', 'digest'])
    .execute();
  await schema.createIndex('manifest_labels_digest').on('manifest_labels').column('digest').execute();
  // What artifacts hold (SBOMs, charts), fetched when somebody first looks at it.
  await schema
    .createTable('documents')
    .addColumn('digest', types.text, (column) => column.primaryKey())
    .addColumn('fetched_at', 'bigint', millis)
    .addColumn('content', types.bytes, present)
    .execute();
}

/** One row a day, so that space can be drawn over time. */
async function addSamples(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('folder_samples')
    .addColumn('visibility_id', 'integer', (column) =>
      column.notNull().references('visibilities.id').onDelete('cascade'),
    )
    .addColumn('path', types.text, present)
    // Midnight UTC.
    .addColumn('day_at', 'bigint', millis)
    .addColumn('repository_count', 'integer', count)
    .addColumn('tag_count', 'integer', count)
    .addColumn('logical_bytes', 'bigint', count)
    .addColumn('size_bytes', 'bigint', count)
    .addColumn('unique_bytes', 'bigint', count)
    .addColumn('reclaimable_bytes', 'bigint', count)
    .addPrimaryKeyConstraint('folder_samples_key', ['visibility_id', 'path', 'day_at'])
    .execute();
  // Only for days on which something had changed.
  await schema
    .createTable('repository_samples')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('day_at', 'bigint', millis)
    .addColumn('tag_count', 'integer', count)
    .addColumn('logical_bytes', 'bigint', count)
    .addColumn('size_bytes', 'bigint', count)
    .addColumn('unique_bytes', 'bigint', count)
    .addColumn('reclaimable_bytes', 'bigint', count)
    .addPrimaryKeyConstraint('repository_samples_key', ['repository_id', 'day_at'])
    .execute();
}

/** Parts of names, found without reading all of them. The engines do it their own way; `catalog/name-search.ts` asks them. */
async function addNameSearch(db: Kysely<unknown>): Promise<void> {
  for (const table of ['repositories', 'tags'] as const) {
    if (isPostgres(db)) await addTrigramIndex(db, table);
    else await addTrigramTable(db, table);
  }
}

async function addTrigramIndex(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`create extension if not exists pg_trgm`.execute(db);
  await sql`create index ${sql.ref(`${table}_trigrams`)} on ${sql.table(table)} using gin (lower(name) gin_trgm_ops)`.execute(
    db,
  );
}

async function addTrigramTable(db: Kysely<unknown>, table: string): Promise<void> {
  const names = sql.raw(`${table}_names`);
  const source = sql.raw(table);
  await sql`create virtual table ${names} using fts5(
    name, content='${source}', content_rowid='id', tokenize='trigram', detail='none')`.execute(db);
  await sql`insert into ${names} (${names}) values ('rebuild')`.execute(db);
  await sql`create trigger ${sql.raw(`${table}_names_insert`)} after insert on ${source} begin
    insert into ${names} (rowid, name) values (new.id, new.name); end`.execute(db);
  await sql`create trigger ${sql.raw(`${table}_names_delete`)} after delete on ${source} begin
    insert into ${names} (${names}, rowid, name) values ('delete', old.id, old.name); end`.execute(db);
}

import { type Kysely, sql } from 'kysely';
import { columnTypes, count, flag, idColumn, millis, present } from './columns.ts';

/** What the registry told us (envelopes, events) and what we know of its content (the index), deletions and the trash. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addEvents(db);
  await addRepositories(db);
  await addManifests(db);
  await addDeletions(db);
}

async function addEvents(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  const counted = idColumn(db);
  await schema
    .createTable('envelopes')
    .addColumn('id', types.id, counted)
    .addColumn('received_at', 'bigint', millis)
    .addColumn('media_type', types.text, present)
    .addColumn('verified', 'integer', flag(0))
    .addColumn('size_bytes', 'integer', present)
    .addColumn('body', types.bytes, present)
    .addColumn('state', types.text, (column) => column.notNull().defaultTo('new'))
    .addColumn('error', types.text)
    .execute();
  await schema.createIndex('envelopes_state').on('envelopes').columns(['state', 'id']).execute();
  await schema
    .createTable('events')
    .addColumn('id', types.id, counted)
    .addColumn('event_id', types.text, (column) => column.notNull().unique())
    .addColumn('envelope_id', 'integer', present)
    .addColumn('received_at', 'bigint', millis)
    .addColumn('at', 'bigint', millis)
    .addColumn('action', types.text, present)
    .addColumn('repository', types.text, present)
    .addColumn('tag', types.text)
    .addColumn('digest', types.text)
    .addColumn('media_type', types.text, present)
    .addColumn('size_bytes', 'bigint')
    .addColumn('from_repository', types.text)
    .addColumn('actor', types.text, present)
    .addColumn('actor_confirmed', 'integer', flag(0))
    .addColumn('address', types.text, present)
    .addColumn('user_agent', types.text, present)
    .addColumn('method', types.text, present)
    .addColumn('instance_id', types.text, present)
    .addColumn('verified', 'integer', flag(0))
    .addColumn('of_manifest', 'integer', flag(0))
    .addColumn('hidden', 'integer', flag(0))
    .addColumn('applied', 'integer', flag(0))
    .execute();
  await schema.createIndex('events_shown').on('events').columns(['of_manifest', 'hidden', 'at', 'id']).execute();
  await schema.createIndex('events_repository').on('events').columns(['repository', 'at', 'id']).execute();
  await schema.createIndex('events_actor').on('events').columns(['actor', 'at', 'id']).execute();
  await schema.createIndex('events_applied').on('events').columns(['applied', 'id']).execute();
}

async function addRepositories(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  const counted = idColumn(db);
  await schema
    .createTable('repositories')
    .addColumn('id', types.id, counted)
    .addColumn('name', types.text, (column) => column.notNull().unique())
    .addColumn('first_seen_at', 'bigint', millis)
    .addColumn('checked_at', 'bigint')
    .addColumn('last_pushed_at', 'bigint')
    .addColumn('last_pushed_by', types.text)
    .addColumn('last_push_confirmed', 'integer', flag(0))
    .addColumn('last_pulled_at', 'bigint')
    .addColumn('pull_count', 'bigint', count)
    .addColumn('tag_count', 'integer', count)
    .addColumn('size_bytes', 'bigint', count)
    .addColumn('newest_tag', types.text)
    .addColumn('platforms', types.text, (column) => column.notNull().defaultTo('[]'))
    .addColumn('error', types.text)
    .execute();
  // Each column that lists are sorted by; a repository never pushed to in our time counts as pushed at 0.
  await schema
    .createIndex('repositories_pushed')
    .on('repositories')
    .expression(sql`coalesce(last_pushed_at, 0), name`)
    .execute();
  await schema.createIndex('repositories_tags').on('repositories').columns(['tag_count', 'name']).execute();
  await schema.createIndex('repositories_size').on('repositories').columns(['size_bytes', 'name']).execute();
  await schema.createIndex('repositories_pulls').on('repositories').columns(['pull_count', 'name']).execute();
  await schema
    .createTable('tags')
    .addColumn('id', types.id, counted)
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('name', types.text, present)
    .addColumn('digest', types.text, present)
    .addColumn('first_seen_at', 'bigint', millis)
    .addColumn('checked_at', 'bigint', millis)
    .addColumn('pushed_at', 'bigint')
    .addColumn('pushed_by', types.text)
    .addColumn('push_confirmed', 'integer', flag(0))
    .addColumn('last_pulled_at', 'bigint')
    .addColumn('pull_count', 'bigint', count)
    .addColumn('missing_since', 'bigint')
    .addColumn('subject_digest', types.text)
    .addUniqueConstraint('tags_name', ['repository_id', 'name'])
    .execute();
  await schema.createIndex('tags_subject').on('tags').columns(['repository_id', 'subject_digest']).execute();
  await schema.createIndex('tags_digest').on('tags').columns(['repository_id', 'digest']).execute();
  await schema
    .createTable('patterns')
    .addColumn('id', types.id, counted)
    .addColumn('pattern', types.text, (column) => column.notNull().unique())
    .execute();
  await schema
    .createTable('pattern_repositories')
    .addColumn('pattern_id', 'integer', (column) => column.notNull().references('patterns.id').onDelete('cascade'))
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('pattern_repositories_key', ['pattern_id', 'repository_id'])
    .execute();
  await schema
    .createIndex('pattern_repositories_repository')
    .on('pattern_repositories')
    .columns(['repository_id', 'pattern_id'])
    .execute();
  await schema
    .createTable('crawls')
    .addColumn('id', types.id, counted)
    .addColumn('reason', types.text, present)
    .addColumn('started_at', 'bigint', millis)
    .addColumn('finished_at', 'bigint')
    .addColumn('repositories_total', 'integer')
    .addColumn('repositories_done', 'integer', count)
    .addColumn('failures', 'integer', count)
    .addColumn('error', types.text)
    .execute();
}

async function addManifests(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('manifests')
    .addColumn('digest', types.text, (column) => column.primaryKey())
    .addColumn('media_type', types.text, present)
    .addColumn('kind', types.text, present)
    .addColumn('artifact_type', types.text)
    .addColumn('config_digest', types.text)
    .addColumn('subject_digest', types.text)
    .addColumn('created_at', 'bigint')
    .addColumn('total_bytes', 'bigint', present)
    .addColumn('platforms', types.text, (column) => column.notNull().defaultTo('[]'))
    .addColumn('annotations', types.text, (column) => column.notNull().defaultTo('{}'))
    .addColumn('fetched_at', 'bigint', millis)
    .addColumn('error', types.text)
    // Last, so that a list that reads the columns before them never touches their pages.
    .addColumn('raw', types.bytes)
    .addColumn('config', types.bytes)
    .execute();
  await schema.createIndex('manifests_config').on('manifests').column('config_digest').execute();
  await schema.createIndex('manifests_subject').on('manifests').column('subject_digest').execute();
  await schema
    .createTable('repository_manifests')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('digest', types.text, present)
    .addColumn('first_seen_at', 'bigint', millis)
    .addPrimaryKeyConstraint('repository_manifests_key', ['repository_id', 'digest'])
    .execute();
  await schema.createIndex('repository_manifests_digest').on('repository_manifests').column('digest').execute();
  await schema
    .createTable('manifest_children')
    .addColumn('parent_digest', types.text, present)
    .addColumn('position', 'integer', present)
    .addColumn('child_digest', types.text, present)
    .addColumn('media_type', types.text, present)
    .addColumn('size_bytes', 'bigint', present)
    .addColumn('platform', types.text, present)
    .addColumn('annotations', types.text, (column) => column.notNull().defaultTo('{}'))
    .addPrimaryKeyConstraint('manifest_children_key', ['parent_digest', 'position'])
    .execute();
  await schema.createIndex('manifest_children_child').on('manifest_children').column('child_digest').execute();
  await schema
    .createTable('manifest_blobs')
    .addColumn('digest', types.text, present)
    .addColumn('position', 'integer', present)
    .addColumn('blob_digest', types.text, present)
    .addColumn('media_type', types.text, present)
    .addColumn('size_bytes', 'bigint', present)
    .addColumn('role', types.text, present)
    .addColumn('annotations', types.text, (column) => column.notNull().defaultTo('{}'))
    .addPrimaryKeyConstraint('manifest_blobs_key', ['digest', 'position'])
    .execute();
  await schema.createIndex('manifest_blobs_blob').on('manifest_blobs').column('blob_digest').execute();
}

async function addDeletions(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  const counted = idColumn(db);
  await schema
    .createTable('trash')
    .addColumn('id', types.id, counted)
    .addColumn('repository', types.text, present)
    .addColumn('digest', types.text, present)
    .addColumn('media_type', types.text, present)
    .addColumn('raw', types.bytes, present)
    .addColumn('tags', types.text, present)
    .addColumn('deleted_at', 'bigint', millis)
    .addColumn('deleted_by', types.text, present)
    .addColumn('restored_at', 'bigint')
    .execute();
  await schema.createIndex('trash_deleted').on('trash').columns(['deleted_at', 'id']).execute();
  await schema
    .createTable('deletions')
    .addColumn('id', types.id, counted)
    .addColumn('repository', types.text, present)
    .addColumn('tag', types.text, present)
    .addColumn('digest', types.text, present)
    .addColumn('throwaway_digest', types.text)
    .addColumn('phase', types.text, present)
    .addColumn('actor', types.text, present)
    .addColumn('started_at', 'bigint', millis)
    .addColumn('finished_at', 'bigint')
    .addColumn('error', types.text)
    .execute();
  await schema.createIndex('deletions_phase').on('deletions').columns(['phase', 'id']).execute();
}

import { type Kysely, sql } from 'kysely';
import { count, flag, id, millis, present } from './columns.ts';

/** What the registry told us (envelopes, events) and what we know of its content (the index), deletions and the trash. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addEvents(db);
  await addRepositories(db);
  await addManifests(db);
  await addDeletions(db);
}

async function addEvents({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('envelopes')
    .addColumn('id', 'integer', id)
    .addColumn('received_at', 'bigint', millis)
    .addColumn('media_type', 'text', present)
    .addColumn('verified', 'integer', flag(0))
    .addColumn('size_bytes', 'integer', present)
    .addColumn('body', 'blob', present)
    .addColumn('state', 'text', (column) => column.notNull().defaultTo('new'))
    .addColumn('error', 'text')
    .execute();
  await schema.createIndex('envelopes_state').on('envelopes').columns(['state', 'id']).execute();
  await schema
    .createTable('events')
    .addColumn('id', 'integer', id)
    .addColumn('event_id', 'text', (column) => column.notNull().unique())
    .addColumn('envelope_id', 'integer', present)
    .addColumn('received_at', 'bigint', millis)
    .addColumn('at', 'bigint', millis)
    .addColumn('action', 'text', present)
    .addColumn('repository', 'text', present)
    .addColumn('tag', 'text')
    .addColumn('digest', 'text')
    .addColumn('media_type', 'text', present)
    .addColumn('size_bytes', 'bigint')
    .addColumn('from_repository', 'text')
    .addColumn('actor', 'text', present)
    .addColumn('actor_confirmed', 'integer', flag(0))
    .addColumn('address', 'text', present)
    .addColumn('user_agent', 'text', present)
    .addColumn('method', 'text', present)
    .addColumn('instance_id', 'text', present)
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

async function addRepositories({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('repositories')
    .addColumn('id', 'integer', id)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('first_seen_at', 'bigint', millis)
    .addColumn('checked_at', 'bigint')
    .addColumn('last_pushed_at', 'bigint')
    .addColumn('last_pushed_by', 'text')
    .addColumn('last_push_confirmed', 'integer', flag(0))
    .addColumn('last_pulled_at', 'bigint')
    .addColumn('pull_count', 'bigint', count)
    .addColumn('tag_count', 'integer', count)
    .addColumn('size_bytes', 'bigint', count)
    .addColumn('newest_tag', 'text')
    .addColumn('platforms', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('error', 'text')
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
    .addColumn('id', 'integer', id)
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', present)
    .addColumn('digest', 'text', present)
    .addColumn('first_seen_at', 'bigint', millis)
    .addColumn('checked_at', 'bigint', millis)
    .addColumn('pushed_at', 'bigint')
    .addColumn('pushed_by', 'text')
    .addColumn('push_confirmed', 'integer', flag(0))
    .addColumn('last_pulled_at', 'bigint')
    .addColumn('pull_count', 'bigint', count)
    .addColumn('missing_since', 'bigint')
    .addColumn('subject_digest', 'text')
    .addUniqueConstraint('tags_name', ['repository_id', 'name'])
    .execute();
  await schema.createIndex('tags_subject').on('tags').columns(['repository_id', 'subject_digest']).execute();
  await schema.createIndex('tags_digest').on('tags').columns(['repository_id', 'digest']).execute();
  await schema
    .createTable('patterns')
    .addColumn('id', 'integer', id)
    .addColumn('pattern', 'text', (column) => column.notNull().unique())
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
    .addColumn('id', 'integer', id)
    .addColumn('reason', 'text', present)
    .addColumn('started_at', 'bigint', millis)
    .addColumn('finished_at', 'bigint')
    .addColumn('repositories_total', 'integer')
    .addColumn('repositories_done', 'integer', count)
    .addColumn('failures', 'integer', count)
    .addColumn('error', 'text')
    .execute();
}

async function addManifests({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('manifests')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('media_type', 'text', present)
    .addColumn('kind', 'text', present)
    .addColumn('artifact_type', 'text')
    .addColumn('config_digest', 'text')
    .addColumn('subject_digest', 'text')
    .addColumn('created_at', 'bigint')
    .addColumn('total_bytes', 'bigint', present)
    .addColumn('platforms', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('annotations', 'text', (column) => column.notNull().defaultTo('{}'))
    .addColumn('fetched_at', 'bigint', millis)
    .addColumn('error', 'text')
    // Last, so that a list that reads the columns before them never touches their pages.
    .addColumn('raw', 'blob')
    .addColumn('config', 'blob')
    .execute();
  await schema.createIndex('manifests_config').on('manifests').column('config_digest').execute();
  await schema.createIndex('manifests_subject').on('manifests').column('subject_digest').execute();
  await schema
    .createTable('repository_manifests')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('digest', 'text', present)
    .addColumn('first_seen_at', 'bigint', millis)
    .addPrimaryKeyConstraint('repository_manifests_key', ['repository_id', 'digest'])
    .execute();
  await schema.createIndex('repository_manifests_digest').on('repository_manifests').column('digest').execute();
  await schema
    .createTable('manifest_children')
    .addColumn('parent_digest', 'text', present)
    .addColumn('position', 'integer', present)
    .addColumn('child_digest', 'text', present)
    .addColumn('media_type', 'text', present)
    .addColumn('size_bytes', 'bigint', present)
    .addColumn('platform', 'text', present)
    .addColumn('annotations', 'text', (column) => column.notNull().defaultTo('{}'))
    .addPrimaryKeyConstraint('manifest_children_key', ['parent_digest', 'position'])
    .execute();
  await schema.createIndex('manifest_children_child').on('manifest_children').column('child_digest').execute();
  await schema
    .createTable('manifest_blobs')
    .addColumn('digest', 'text', present)
    .addColumn('position', 'integer', present)
    .addColumn('blob_digest', 'text', present)
    .addColumn('media_type', 'text', present)
    .addColumn('size_bytes', 'bigint', present)
    .addColumn('role', 'text', present)
    .addColumn('annotations', 'text', (column) => column.notNull().defaultTo('{}'))
    .addPrimaryKeyConstraint('manifest_blobs_key', ['digest', 'position'])
    .execute();
  await schema.createIndex('manifest_blobs_blob').on('manifest_blobs').column('blob_digest').execute();
}

async function addDeletions({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('trash')
    .addColumn('id', 'integer', id)
    .addColumn('repository', 'text', present)
    .addColumn('digest', 'text', present)
    .addColumn('media_type', 'text', present)
    .addColumn('raw', 'blob', present)
    .addColumn('tags', 'text', present)
    .addColumn('deleted_at', 'bigint', millis)
    .addColumn('deleted_by', 'text', present)
    .addColumn('restored_at', 'bigint')
    .execute();
  await schema.createIndex('trash_deleted').on('trash').columns(['deleted_at', 'id']).execute();
  await schema
    .createTable('deletions')
    .addColumn('id', 'integer', id)
    .addColumn('repository', 'text', present)
    .addColumn('tag', 'text', present)
    .addColumn('digest', 'text', present)
    .addColumn('throwaway_digest', 'text')
    .addColumn('phase', 'text', present)
    .addColumn('actor', 'text', present)
    .addColumn('started_at', 'bigint', millis)
    .addColumn('finished_at', 'bigint')
    .addColumn('error', 'text')
    .execute();
  await schema.createIndex('deletions_phase').on('deletions').columns(['phase', 'id']).execute();
}

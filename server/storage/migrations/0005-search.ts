import type { Kysely } from 'kysely';

/**
 * A search compares what most of its conditions need in the index it reads, before it touches the rows. Each index takes
 * the place of a narrower one.
 */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema.dropIndex('held_manifests_all_aged').execute();
  await schema
    .createIndex('held_manifests_newest')
    .on('held_manifests')
    .columns(['state', 'aged_at', 'id', 'repository_id', 'kind', 'tag_count', 'tag_name', 'digest'])
    .execute();
  await schema.dropIndex('tags_digest').execute();
  await schema
    .createIndex('tags_digest')
    .on('tags')
    .columns(['repository_id', 'digest', 'subject_digest', 'name'])
    .execute();
  // Repositories are read by age.
  await schema.dropIndex('repositories_by_last_pushed_at').execute();
}

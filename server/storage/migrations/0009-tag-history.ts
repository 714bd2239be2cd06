import { type Kysely, sql } from 'kysely';
import { columnTypes, count, flag, millis, present } from './columns.ts';

/** Who pushed, when, and how often something was pulled: apart from the index, which can be dropped and read again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('tag_history')
    // By name, because rows of the index go and come back.
    .addColumn('repository', types.text, present)
    // '': pulled by digest alone.
    .addColumn('tag', types.text, present)
    // '': of the repository, from before each image was counted.
    .addColumn('digest', types.text, present)
    .addColumn('pushed_at', 'bigint')
    .addColumn('pushed_by', types.text)
    .addColumn('push_confirmed', 'integer', flag(0))
    .addColumn('pull_count', 'bigint', count)
    .addColumn('last_pulled_at', 'bigint')
    .addColumn('changed_at', 'bigint', millis)
    .addPrimaryKeyConstraint('tag_history_key', ['repository', 'tag', 'digest'])
    .execute();
  await schema.createIndex('tag_history_digest').on('tag_history').columns(['repository', 'digest']).execute();
  await schema.createIndex('tag_history_changed').on('tag_history').column('changed_at').execute();
  await schema.alterTable('trash').addColumn('restored_by', types.text).execute();
  await fillTags(db);
  await fillManifests(db);
  await fillRepositories(db);
}

async function fillTags(db: Kysely<unknown>): Promise<void> {
  await sql`insert into tag_history
      (repository, tag, digest, pushed_at, pushed_by, push_confirmed, pull_count, last_pulled_at, changed_at)
    select repositories.name, tags.name, tags.digest, tags.pushed_at, tags.pushed_by, tags.push_confirmed,
      tags.pull_count, tags.last_pulled_at, ${sql.lit(Date.now())}
    from tags join repositories on repositories.id = tags.repository_id
    where tags.pushed_at is not null or tags.pull_count > 0`.execute(db);
}

/** What was pulled of an image beyond the pulls of its tags. */
async function fillManifests(db: Kysely<unknown>): Promise<void> {
  await sql`insert into tag_history (repository, tag, digest, pull_count, last_pulled_at, changed_at)
    select name, '', digest, rest, last_pulled_at, ${sql.lit(Date.now())} from (
      select repositories.name, held.digest, held.last_pulled_at, held.pull_count - coalesce((
        select sum(tag_history.pull_count) from tag_history
        where tag_history.repository = repositories.name and tag_history.digest = held.digest), 0) as rest
      from held_manifests held join repositories on repositories.id = held.repository_id
      where held.pull_count > 0) as pulls
    where rest > 0`.execute(db);
}

/** Each repository's last push, and its pulls of what is no longer there. */
async function fillRepositories(db: Kysely<unknown>): Promise<void> {
  await sql`insert into tag_history
      (repository, tag, digest, pushed_at, pushed_by, push_confirmed, pull_count, last_pulled_at, changed_at)
    select name, '', '', last_pushed_at, last_pushed_by, last_push_confirmed,
      case when rest > 0 then rest else 0 end, last_pulled_at, ${sql.lit(Date.now())} from (
      select repositories.*, pull_count - coalesce((select sum(tag_history.pull_count) from tag_history
        where tag_history.repository = repositories.name), 0) as rest
      from repositories) as pulls
    where rest > 0 or last_pushed_at is not null`.execute(db);
}

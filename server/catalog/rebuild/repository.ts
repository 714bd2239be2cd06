import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';

/** As if it had no tags: from there `settle` goes on. For a transaction; locks the repository. */
export async function resetRepository(trx: Database, id: number, folder: string, isFirst: boolean): Promise<void> {
  await trx
    .updateTable('repositories')
    .set({ folder, ...NOTHING })
    .where('id', '=', id)
    .execute();
  await trx.deleteFrom('repository_facets').where('repository_id', '=', id).execute();
  await trx.deleteFrom('repository_blobs').where('repository_id', '=', id).execute();
  await sql`insert into held_manifests (repository_id, digest, first_seen_at)
    select repository_id, digest, min(first_seen_at) from tags where repository_id = ${id}
    group by repository_id, digest on conflict do nothing`.execute(trx);
  await trx
    .updateTable('held_manifests')
    .set({ state: 'untagged', reached: 0, tag_count: 0 })
    .where('repository_id', '=', id)
    .where(({ or, eb }) => or([eb('state', '<>', 'untagged'), eb('reached', '=', 1), eb('tag_count', '<>', 0)]))
    .execute();
  if (isFirst) await givePulls(trx, id);
  await countBlobs(trx, id);
  await sql`update repositories set untagged_count =
    (select count(*) from held_manifests where repository_id = ${id}) where id = ${id}`.execute(trx);
}

const NOTHING = {
  tag_count: 0,
  image_count: 0,
  untagged_count: 0,
  platforms: '[]',
  platform_count: 0,
  size_bytes: 0,
  logical_bytes: 0,
  newest_tag: null,
  newest_key: '',
  newest_at: 0,
};

/** Pulls were counted by tag only. */
async function givePulls(trx: Database, id: number): Promise<void> {
  await sql`update held_manifests set
      pull_count = (select coalesce(sum(tags.pull_count), 0) from tags
        where tags.repository_id = ${id} and tags.digest = held_manifests.digest),
      last_pulled_at = (select coalesce(max(tags.last_pulled_at), 0) from tags
        where tags.repository_id = ${id} and tags.digest = held_manifests.digest)
    where repository_id = ${id} and pull_count = 0 and exists (select 1 from tags
      where tags.repository_id = ${id} and tags.digest = held_manifests.digest and tags.pull_count > 0)`.execute(trx);
}

async function countBlobs(trx: Database, id: number): Promise<void> {
  await sql`insert into repository_blobs (repository_id, blob_id, tagged_count, untagged_count)
    select held.repository_id, blobs.id, 0, count(distinct held.digest)
    from held_manifests as held
      join manifest_blobs on manifest_blobs.digest = held.digest
      join blobs on blobs.digest = manifest_blobs.blob_digest
    where held.repository_id = ${id}
    group by held.repository_id, blobs.id`.execute(trx);
}

/** What is held, tagged manifests first: they bring their neighbours along. */
export async function unsettled(trx: Database, id: number): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('held_manifests')
    .select('digest')
    .where('repository_id', '=', id)
    .orderBy(({ exists, selectFrom, case: when }) =>
      when()
        .when(
          exists(
            selectFrom('tags')
              .select('tags.id')
              .where('tags.repository_id', '=', id)
              .whereRef('tags.digest', '=', 'held_manifests.digest'),
          ),
        )
        .then(0)
        .else(1)
        .end(),
    )
    .orderBy('id')
    .execute();
  return rows.map((row) => row.digest);
}

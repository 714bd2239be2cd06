/** All writes to the table `held_manifests`; each function is for use in a transaction. */
import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { pulledAt } from '../base/repository-writes.ts';

/** The columns that are derived from tags and manifests. */
export const HELD_COLUMNS = [
  'state',
  'reached',
  'tag_count',
  'tag_name',
  'tag_key',
  'kind',
  'size_bytes',
  'platforms',
  'platform_count',
  'created_at',
  'aged_at',
  'pushed_at',
  'pushed_by',
  'push_confirmed',
] as const;

export const insertHeld = createInsertion({
  into: 'held_manifests',
  columns: [...HELD_COLUMNS, 'repository_id', 'digest', 'first_seen_at', 'last_pulled_at', 'pull_count'],
  conflict: { on: ['repository_id', 'digest'], set: HELD_COLUMNS },
});

export async function deleteHeld(trx: Database, repositoryId: number, digests: readonly string[]): Promise<void> {
  if (digests.length === 0) return;
  await trx
    .deleteFrom('held_manifests')
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .execute();
}

/** Adds one pull. @param at Epoch milliseconds; an earlier last pull stays. */
export async function addPullOfManifest(
  trx: Database,
  repositoryId: number,
  digest: string,
  at: number,
): Promise<void> {
  await trx
    .updateTable('held_manifests')
    .set(pulledAt(at))
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .execute();
}

/** Resets the rows to the manifests that tags point to, without derived columns; `recomputeDerived` completes them. */
export async function resetHeld(trx: Database, repositoryId: number): Promise<void> {
  await sql`insert into held_manifests (repository_id, digest, first_seen_at)
    select repository_id, digest, min(first_seen_at) from tags where repository_id = ${repositoryId}
    group by repository_id, digest on conflict do nothing`.execute(trx);
  await trx
    .updateTable('held_manifests')
    .set({ state: 'untagged', reached: 0, tag_count: 0 })
    .where('repository_id', '=', repositoryId)
    .where(({ or, eb }) => or([eb('state', '<>', 'untagged'), eb('reached', '=', 1), eb('tag_count', '<>', 0)]))
    .execute();
}

/** For an old index that counted pulls by tag only. */
export async function takePullsFromTags(trx: Database, repositoryId: number): Promise<void> {
  const ofTags = sql`tags.repository_id = ${repositoryId} and tags.digest = held_manifests.digest`;
  await sql`update held_manifests set
      pull_count = (select coalesce(sum(tags.pull_count), 0) from tags where ${ofTags}),
      last_pulled_at = (select coalesce(max(tags.last_pulled_at), 0) from tags where ${ofTags})
    where repository_id = ${repositoryId} and pull_count = 0
      and exists (select 1 from tags where ${ofTags} and tags.pull_count > 0)`.execute(trx);
}

import type { Database } from '../../storage/database.ts';
import { lockRepositoryId, type RepositoryColumns, setColumns } from '../base/repository-writes.ts';
import { resetHeld, takePullsFromTags } from '../index/held-writes.ts';
import { deleteFacets } from '../index/rollups.ts';
import { recountBlobs } from '../manifests/blob-counts.ts';
import { heldCounts } from '../manifests/held-lookup.ts';

/**
 * Resets a repository as if it had no tags; `recomputeDerived` completes it. For use in a transaction; locks the
 * repository.
 */
export async function resetRepository(trx: Database, id: number, folder: string, isFirst: boolean): Promise<void> {
  await lockRepositoryId(trx, id);
  await deleteFacets(trx, id);
  await resetHeld(trx, id);
  if (isFirst) await takePullsFromTags(trx, id);
  await recountBlobs(trx, id);
  const held = await heldCounts(trx, [id]);
  await setColumns(trx, id, { ...NOTHING, folder, untagged_count: held.get(id) ?? 0 });
}

const NOTHING: RepositoryColumns = {
  tag_count: 0,
  image_count: 0,
  platforms: '[]',
  platform_count: 0,
  size_bytes: 0,
  logical_bytes: 0,
  newest_tag: null,
  newest_key: '',
  newest_at: 0,
};

/** Manifests to recompute, tagged ones first: they include the manifests that they affect. */
export async function pendingManifests(trx: Database, id: number): Promise<readonly string[]> {
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

import type { Database } from '../../storage/database.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import { saveManifests } from '../manifests/store.ts';
import { recomputeDerived } from './recompute-derived.ts';
import { recordPushes } from './tag-history.ts';
import { type DroppedTag, dropTags, planTags, recordSeen, type SeenTag } from './tag-writes.ts';

/** A change of one repository. */
export interface RepositoryChange {
  /** Fetched manifests, children before the indexes that list them. */
  readonly records?: readonly ManifestRecord[];
  /** Digests that the registry has in this repository, fetched or known; default: all fetched ones. */
  readonly proven?: readonly string[];
  readonly seen?: readonly SeenTag[];
  /** Names of removed tags. */
  readonly dropped?: readonly string[];
  /** Digests to add, with everything proven below them. */
  readonly linked?: readonly string[];
  /** Digests to remove; those that a tag points to stay. */
  readonly unlinked?: readonly string[];
}

export interface Changed {
  /** New, moved and repeatedly pushed tags. */
  readonly tags: ReadonlySet<string>;
  readonly dropped: readonly DroppedTag[];
  /** Whether anything visible changed. */
  readonly isChanged: boolean;
}

/**
 * The only way to change the content of a repository. For use in a transaction that has called `lockRepository` or
 * `ensureRepository`.
 */
export async function changeRepository(
  trx: Database,
  repositoryId: number,
  change: RepositoryChange,
  at: number,
): Promise<Changed> {
  const { records = [], seen = [], linked = [], unlinked = [] } = change;
  const holders = await saveManifests(trx, records, at);
  const again = holders.get(repositoryId) ?? [];
  const planned = await planTags(trx, repositoryId, seen, at);
  await recordSeen(trx, repositoryId, planned.same, at);
  await recordPushes(trx, repositoryId, planned.changed, at);
  const dropped = await dropTags(trx, repositoryId, change.dropped ?? []);
  const { isChanged } = await recomputeDerived(
    trx,
    repositoryId,
    {
      tags: planned.changed,
      isDropped: dropped.length > 0,
      digests: [...planned.digests, ...dropped.map((tag) => tag.digest)],
      linked: new Set([...planned.changed.map((tag) => tag.digest), ...linked, ...again]),
      unlinked: new Set(unlinked),
      proven: new Set(change.proven ?? records.map((record) => record.digest)),
      uncounted: new Set(again),
    },
    at,
  );
  await recomputeOthers(trx, repositoryId, holders, at);
  const tags = new Set(planned.changed.map((tag) => tag.name));
  return { tags, dropped, isChanged: isChanged || records.length > 0 };
}

/** Updates other repositories with manifests that were unreadable there and were read now. */
async function recomputeOthers(
  trx: Database,
  repositoryId: number,
  holders: ReadonlyMap<number, readonly string[]>,
  at: number,
): Promise<void> {
  for (const [id, digests] of [...holders].sort(([one], [other]) => one - other)) {
    if (id === repositoryId) continue;
    const again = new Set(digests);
    await recomputeDerived(
      trx,
      id,
      { digests, linked: again, proven: new Set(), unlinked: new Set(), uncounted: again },
      at,
    );
  }
}

import type { Database } from '../../storage/database.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import { saveManifests } from '../manifests/store.ts';
import { recomputeDerived } from './recompute-derived.ts';
import { recordPushes } from './tag-history.ts';
import { type DroppedTag, dropTags, planTags, recordSeen, type SeenTag } from './tag-writes.ts';

/** What is new of one repository. */
export interface RepositoryChange {
  /** Manifests that were fetched: children before the indexes that list them. */
  readonly records?: readonly ManifestRecord[];
  /** What the registry has in this repository, of them and of what is known; default: all of them. */
  readonly proven?: readonly string[];
  readonly seen?: readonly SeenTag[];
  /** Names of tags that are gone. */
  readonly dropped?: readonly string[];
  /** Digests that it holds, with everything proven below. */
  readonly linked?: readonly string[];
  /** Digests that it no longer holds; what a tag points to stays. */
  readonly unlinked?: readonly string[];
}

export interface Changed {
  /** Tags that are new, moved, or pushed again. */
  readonly tags: ReadonlySet<string>;
  readonly dropped: readonly DroppedTag[];
  /** Whether anything that people see changed. */
  readonly isChanged: boolean;
}

/** The one way to change what a repository holds: for a transaction, which has `lockRepository` or `ensureRepository` first. */
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
  await settleOthers(trx, repositoryId, holders, at);
  const tags = new Set(planned.changed.map((tag) => tag.name));
  return { tags, dropped, isChanged: isChanged || records.length > 0 };
}

/** What could not be read in one repository was read in another: its rows say so everywhere. */
async function settleOthers(
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

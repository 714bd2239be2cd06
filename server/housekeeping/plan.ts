import { findTag } from '../catalog/base/tag-lookup.ts';
import { freedBytes } from '../catalog/manifests/freed-bytes.ts';
import { childrenOf, describeManifests, indexesListing, type ManifestReference } from '../catalog/manifests/lookup.ts';
import { findReferrers } from '../catalog/manifests/referrers.ts';
import { readSurroundings } from '../catalog/manifests/surroundings.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import type { Database } from '../storage/database.ts';
import { unneededAfter } from './closure.ts';

const MAX_PARENTS = 1000;

/** What deleting a tag does and does not do, before anything is done. From the index, not from the registry. */
export interface DeletionPlan {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** Other tags of this repository on the same digest; they stay. */
  readonly siblings: readonly string[];
  /** True: afterwards the image is reachable by digest only, and "also delete the manifest" is on offer. */
  readonly lastTag: boolean;
  /** Manifests of an index; they stay while the index does. */
  readonly children: readonly { readonly digest: string; readonly platform: string }[];
  /** Indexes of this repository that contain this manifest: it is protected from "also delete the manifest". */
  readonly parents: readonly string[];
  /** Signatures, SBOMs and the like that refer to this manifest. */
  readonly referrers: readonly ManifestReference[];
  /** What "also delete the manifest" deletes: it, and what only it needed. Empty when it has to stay. */
  readonly unneeded: readonly ManifestReference[];
  /** What garbage collection can free after "also delete the manifest"; deleting the tag alone frees nothing. */
  readonly freesBytes: number;
  /** "Also delete the manifest" is possible: the last tag, and in no index. */
  readonly canDeleteManifest: boolean;
}

export async function readPlan(
  db: Database,
  seen: Visibility,
  repository: string,
  tag: string,
): Promise<DeletionPlan | undefined> {
  const found = await findTag(db, repository, tag);
  if (found === undefined) return undefined;
  const { digest, repositoryId } = found;
  const around = await readSurroundings(db, repositoryId, [digest]);
  const siblings = around.tags.flatMap(({ name, ...on }) => (on.digest === digest && name !== tag ? [name] : []));
  const gone = unneededAfter(around, new Set([tag]));
  const children = await childrenOf(db, digest);
  const listed = new Set(children.map((child) => child.digest));
  const referrers = (await findReferrers(db, repositoryId, [digest])).filter((one) => !listed.has(one.digest));
  const lastTag = siblings.length === 0;
  return {
    ...{ repository, tag, digest, siblings, lastTag, children },
    parents: await indexesListing(db, repositoryId, digest, MAX_PARENTS),
    referrers: await describeManifests(db, [...new Set(referrers.map((one) => one.digest))]),
    unneeded: await describeManifests(db, gone.includes(digest) ? gone : []),
    // Also where it has to stay for now: what it would free is what a person weighs.
    freesBytes: await freedBytes(db, seen, repositoryId, gone.includes(digest) ? gone : [digest]),
    canDeleteManifest: lastTag && gone.includes(digest),
  };
}

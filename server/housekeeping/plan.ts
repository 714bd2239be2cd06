import { findTag } from '../catalog/base/tag-lookup.ts';
import { freedBytes } from '../catalog/manifests/freed-bytes.ts';
import { indexesListing } from '../catalog/manifests/held-lookup.ts';
import { childrenOf, describeManifests, type ManifestReference } from '../catalog/manifests/manifest-lookup.ts';
import { readManifestNeeds } from '../catalog/manifests/manifest-needs.ts';
import { findReferrers } from '../catalog/manifests/referrers.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import type { Database } from '../storage/database.ts';
import { unneededAfter } from './closure.ts';

const MAX_PARENTS = 1000;

/** Preview of deleting a tag, from the index; the registry is not asked. */
export interface DeletionPlan {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** Other tags of this repository with the same digest; they stay. */
  readonly siblings: readonly string[];
  /** The last tag: afterwards the image is reachable by digest only, and "also delete the manifest" is offered. */
  readonly lastTag: boolean;
  /** Manifests of an index; they stay as long as the index. */
  readonly children: readonly { readonly digest: string; readonly platform: string }[];
  /** Indexes of this repository that contain this manifest, which prevents "also delete the manifest". */
  readonly parents: readonly string[];
  /** Signatures, SBOMs and other artifacts that refer to this manifest. */
  readonly referrers: readonly ManifestReference[];
  /** What "also delete the manifest" deletes: the manifest and what only it needs. Empty when it has to stay. */
  readonly unneeded: readonly ManifestReference[];
  /** Bytes that garbage collection can free after "also delete the manifest"; deleting only the tag frees nothing. */
  readonly freesBytes: number;
  /** "Also delete the manifest" is possible: it is the last tag, and no index lists the manifest. */
  readonly canDeleteManifest: boolean;
}

/** @param seen Sizes count only what this viewer may see. @returns undefined when there is no such tag. */
export async function readPlan(
  db: Database,
  seen: Visibility,
  repository: string,
  tag: string,
): Promise<DeletionPlan | undefined> {
  const found = await findTag(db, repository, tag);
  if (found === undefined) return undefined;
  const { digest, repositoryId } = found;
  const around = await readManifestNeeds(db, repositoryId, [digest]);
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
    // Also shown when the manifest has to stay: people want to know what it would free.
    freesBytes: await freedBytes(db, seen, repositoryId, gone.includes(digest) ? gone : [digest]),
    canDeleteManifest: lastTag && gone.includes(digest),
  };
}

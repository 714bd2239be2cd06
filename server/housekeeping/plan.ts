import { sql } from 'kysely';
import { findReferrers } from '../catalog/manifests/referrers.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import { isAmong } from '../storage/among.ts';
import type { Database } from '../storage/database.ts';
import type { ManifestKind } from '../storage/schema.ts';
import { unneededAfter } from './closure.ts';
import { freedBytes } from './freed-bytes.ts';
import { readSurroundings } from './surroundings.ts';

export interface ManifestReference {
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly artifactType: string | undefined;
}

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

/** Reads across the tables of the index, as no single one of them knows what a deletion takes along. */
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
    parents: await parentsOf(db, repository, digest),
    referrers: await describe(db, [...new Set(referrers.map((one) => one.digest))]),
    unneeded: await describe(db, gone.includes(digest) ? gone : []),
    // Also where it has to stay for now: what it would free is what a person weighs.
    freesBytes: await freedBytes(db, seen, repositoryId, gone.includes(digest) ? gone : [digest]),
    canDeleteManifest: lastTag && gone.includes(digest),
  };
}

async function findTag(db: Database, repository: string, tag: string) {
  return db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select(['tags.digest', 'tags.repository_id as repositoryId'])
    .where('repositories.name', '=', repository)
    .where('tags.name', '=', tag)
    .executeTakeFirst();
}

async function childrenOf(db: Database, digest: string): Promise<DeletionPlan['children']> {
  return db
    .selectFrom('manifest_children')
    .select(['child_digest as digest', 'platform'])
    .where('parent_digest', '=', digest)
    .orderBy('position')
    .execute();
}

/** Indexes that are still in the repository and list this manifest. */
export async function parentsOf(db: Database, repository: string, digest: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('manifest_children')
    .innerJoin('held_manifests', 'held_manifests.digest', 'manifest_children.parent_digest')
    .innerJoin('repositories', 'repositories.id', 'held_manifests.repository_id')
    .select('manifest_children.parent_digest as digest')
    .distinct()
    .where('repositories.name', '=', repository)
    .where('manifest_children.child_digest', '=', digest)
    .execute();
  return rows.map((row) => row.digest);
}

/** What these manifests are, in the order given. */
export async function describe(db: Database, digests: readonly string[]): Promise<readonly ManifestReference[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('manifests')
    .select(['digest', 'kind', 'artifact_type'])
    .where(isAmong(db, sql.ref('digest'), digests))
    .execute();
  const known = new Map(rows.map((row) => [row.digest, row]));
  return digests.map((digest) => {
    const row = known.get(digest);
    return { digest, kind: row?.kind ?? 'unknown', artifactType: row?.artifact_type ?? undefined };
  });
}

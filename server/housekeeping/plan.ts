import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { ManifestKind } from '../storage/schema.ts';

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
  /** Manifests of an index; they stay in the registry. */
  readonly children: readonly { readonly digest: string; readonly platform: string }[];
  /** Indexes of this repository that contain this manifest: it is protected from "also delete the manifest". */
  readonly parents: readonly string[];
  /** Signatures, SBOMs and the like whose subject this manifest is; they would point to nothing. */
  readonly referrers: readonly ManifestReference[];
  /** What garbage collection can free after "also delete the manifest"; deleting the tag alone frees nothing. */
  readonly freesBytes: number;
  /** "Also delete the manifest" is possible: the last tag, and in no index. */
  readonly canDeleteManifest: boolean;
}

/** Reads across the tables of the index, as no single one of them knows what a deletion takes along. */
export async function readPlan(db: Database, repository: string, tag: string): Promise<DeletionPlan | undefined> {
  const found = await db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select(['tags.digest', 'tags.repository_id as repositoryId'])
    .where('repositories.name', '=', repository)
    .where('tags.name', '=', tag)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const { digest, repositoryId } = found;
  const siblings = (await tagsOn(db, repositoryId, digest)).filter((name) => name !== tag);
  const [children, parents, referrers, freesBytes] = await Promise.all([
    childrenOf(db, digest),
    parentsOf(db, repository, digest),
    referrersOf(db, repositoryId, digest),
    uniqueBytes(db, repositoryId, digest),
  ]);
  const lastTag = siblings.length === 0;
  const canDeleteManifest = lastTag && parents.length === 0;
  return { repository, tag, digest, siblings, lastTag, children, parents, referrers, freesBytes, canDeleteManifest };
}

async function tagsOn(db: Database, repositoryId: number, digest: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .orderBy('name')
    .execute();
  return rows.map((row) => row.name);
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

async function referrersOf(db: Database, repositoryId: number, digest: string): Promise<readonly ManifestReference[]> {
  const rows = await db
    .selectFrom('manifests')
    .innerJoin('held_manifests', 'held_manifests.digest', 'manifests.digest')
    .select(['manifests.digest', 'manifests.kind', 'manifests.artifact_type'])
    .where('held_manifests.repository_id', '=', repositoryId)
    .where('manifests.subject_digest', '=', digest)
    .execute();
  return rows.map((row) => ({ digest: row.digest, kind: row.kind, artifactType: row.artifact_type ?? undefined }));
}

/** Blobs that no other manifest of any repository uses, each once, and the manifest itself. */
async function uniqueBytes(db: Database, repositoryId: number, digest: string): Promise<number> {
  const elsewhere = await db
    .selectFrom('held_manifests')
    .select('repository_id')
    .where('digest', '=', digest)
    .where('repository_id', '!=', repositoryId)
    .limit(1)
    .executeTakeFirst();
  if (elsewhere !== undefined) return 0;
  const result = await sql<{ bytes: number }>`
    select coalesce(sum(size_bytes), 0) as bytes from (
      select blob_digest, max(size_bytes) as size_bytes from manifest_blobs mine where mine.digest = ${digest}
      and not exists (
        select 1 from manifest_blobs other join held_manifests held on held.digest = other.digest
        where other.blob_digest = mine.blob_digest and other.digest <> ${digest}
      ) group by blob_digest
    ) alone`.execute(db);
  const manifest = await db
    .selectFrom('manifests')
    .select(sql<number | null>`length(raw)`.as('bytes'))
    .where('digest', '=', digest)
    .executeTakeFirst();
  return Number(result.rows[0]?.bytes ?? 0) + (manifest?.bytes ?? 0);
}

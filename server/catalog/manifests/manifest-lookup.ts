/** Small queries on manifests and their children, independent of repositories. */
import { sql } from 'kysely';
import { isManifestType } from '../../registry/documents/manifest.ts';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import { groupBy } from '../base/rows.ts';

export interface ManifestReference {
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly artifactType: string | undefined;
}

/** Kind and size of these manifests, in the given order. */
export async function describeManifests(
  db: Database,
  digests: readonly string[],
): Promise<readonly ManifestReference[]> {
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

export interface ManifestSize {
  readonly kind: ManifestKind;
  /** Size of config and layers, each once; of an index: of everything that it lists. */
  readonly contentBytes: number;
}

/** Undefined for an unknown digest. */
export async function manifestSize(db: Database, digest: string): Promise<ManifestSize | undefined> {
  return db
    .selectFrom('manifests')
    .select(['kind', 'total_bytes as contentBytes'])
    .where('digest', '=', digest)
    .executeTakeFirst();
}

/** Children of an index, whether a repository has them or not. */
export async function childrenOf(
  db: Database,
  digest: string,
): Promise<readonly { readonly digest: string; readonly platform: string }[]> {
  return db
    .selectFrom('manifest_children')
    .select(['child_digest as digest', 'platform'])
    .where('parent_digest', '=', digest)
    .orderBy('position')
    .execute();
}

/** Whether one of these indexes lists the manifest. */
export async function isListedIn(db: Database, digest: string, indexes: readonly string[]): Promise<boolean> {
  const row = await db
    .selectFrom('manifest_children')
    .select('position')
    .where('child_digest', '=', digest)
    .where('parent_digest', 'in', indexes)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Index → the manifests among its children. */
export type Children = ReadonlyMap<string, readonly string[]>;

export async function storedChildren(db: Database, digests: readonly string[]): Promise<Children> {
  if (digests.length === 0) return new Map();
  const rows = await db
    .selectFrom('manifest_children')
    .select(['parent_digest', 'child_digest', 'media_type'])
    .where('parent_digest', 'in', digests)
    .execute();
  const manifests = rows.filter(({ media_type }) => isManifestType(media_type));
  const lists = groupBy(manifests, (row) => row.parent_digest);
  return new Map([...lists].map(([parent, listed]) => [parent, listed.map((row) => row.child_digest)]));
}

/** Small queries on the manifests that a repository has. */
import { sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import type { HeldState, ManifestKind } from '../../storage/schema.ts';
import { groupBy } from '../base/rows.ts';

const MAX_INDEXES = 20;

/** Indexes of the repository that list this manifest; at most 20. */
export async function indexesListing(
  db: Database,
  repositoryId: number,
  digest: string,
  limit = MAX_INDEXES,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('manifest_children')
    .innerJoin('held_manifests', 'held_manifests.digest', 'parent_digest')
    .select('parent_digest')
    .distinct()
    .where('child_digest', '=', digest)
    .where('held_manifests.repository_id', '=', repositoryId)
    .limit(limit)
    .execute();
  return rows.map((row) => row.parent_digest);
}

export interface HeldSize {
  readonly kind: ManifestKind;
  readonly size_bytes: number;
}

/** Sizes of those that the repository has. */
export async function heldSizes(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, HeldSize>> {
  const rows = await db
    .selectFrom('held_manifests')
    .select(['digest', 'kind', 'size_bytes'])
    .where('repository_id', '=', repositoryId)
    .where(isAmong(db, sql.ref('digest'), digests))
    .execute();
  return new Map(rows.map((row) => [row.digest, row]));
}

/** Those that the repository has and whose content is known. */
export async function readAmong(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('held_manifests')
    .innerJoin('manifests', 'manifests.digest', 'held_manifests.digest')
    .select('held_manifests.digest')
    .where('repository_id', '=', repositoryId)
    .where(isAmong(db, sql.ref('held_manifests.digest'), digests))
    .execute();
  return new Set(rows.map((row) => row.digest));
}

/** Manifests that no tag keeps: directly, through an index, or through the image they refer to. */
export async function unreachedDigests(
  db: Database,
  repositoryId: number,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('held_manifests')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .where('reached', '=', 0)
    .where('first_seen_at', '<=', before)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.digest);
}

export interface HeldManifest {
  readonly digest: string;
  readonly state: HeldState;
}

/** Manifests of each of these repositories. */
export async function heldStates(
  db: Database,
  repositoryIds: readonly number[],
): Promise<ReadonlyMap<number, readonly HeldManifest[]>> {
  const rows = await db
    .selectFrom('held_manifests')
    .select(['repository_id', 'digest', 'state'])
    .where('repository_id', 'in', repositoryIds)
    .execute();
  return groupBy(rows, (row) => row.repository_id);
}

/** Some manifests of the repository. */
export async function someHeld(db: Database, repositoryId: number, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('held_manifests')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .limit(limit)
    .execute();
  return rows.map((row) => row.digest);
}

/** Number of manifests of each repository; those without any are left out. */
export async function heldCounts(db: Database, repositoryIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (repositoryIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('held_manifests')
    .select(({ fn }) => ['repository_id', fn.countAll<number>().as('held')])
    .where('repository_id', 'in', repositoryIds)
    .groupBy('repository_id')
    .execute();
  return new Map(rows.map((row) => [row.repository_id, Number(row.held)]));
}

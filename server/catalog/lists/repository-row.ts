import type { Selectable } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { RepositoriesTable } from '../../storage/schema.ts';
import { groupBy } from '../base/rows.ts';
import { withSeenSums } from '../visibility/seen-sums.ts';
import type { Visibility } from '../visibility/visibility.ts';

export type StoredRepository = Selectable<RepositoriesTable>;

export interface RepositoryRow {
  readonly id: number;
  readonly name: string;
  /** Tags that people use; those of signatures and other referrers are left out. */
  readonly tagCount: number;
  /** Distinct digests under those tags. */
  readonly imageCount: number;
  readonly untaggedCount: number;
  /** Bytes of everything tagged here, each blob once. */
  readonly sizeBytes: number;
  /** The same with shared blobs counted for each image. */
  readonly logicalBytes: number;
  /** Bytes of `sizeBytes` that no other visible repository has. */
  readonly uniqueBytes: number;
  /** Bytes that only untagged manifests use, among visible repositories. */
  readonly reclaimableBytes: number;
  readonly newestTag: string | null;
  /** Digest of the newest tag. */
  readonly newestDigest: string | null;
  /** `os/arch[/variant]`, sorted. */
  readonly platforms: readonly string[];
  /** Kinds of its images (`image`, `helm`, …), sorted. */
  readonly kinds: readonly string[];
  readonly firstSeenAt: number;
  /** When it was last read from the registry; null: not yet. */
  readonly checkedAt: number | null;
  readonly lastPushedAt: number | null;
  /** '' for anonymous; null: unknown or unconfirmed. */
  readonly lastPushedBy: string | null;
  readonly lastPushConfirmed: boolean;
  /** Time of the newest tag: pushed, else built; null: unknown. */
  readonly newestAt: number | null;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
  /** Why it could not be read completely, in English. */
  readonly error: string | null;
}

interface Beside {
  readonly kinds: readonly string[];
  readonly newestDigest: string | null;
}

function toRow(row: StoredRepository, { kinds, newestDigest }: Beside): RepositoryRow {
  return {
    id: row.id,
    name: row.name,
    tagCount: row.tag_count,
    imageCount: row.image_count,
    untaggedCount: row.untagged_count,
    sizeBytes: row.size_bytes,
    logicalBytes: row.logical_bytes,
    uniqueBytes: row.unique_bytes,
    reclaimableBytes: row.reclaimable_bytes,
    newestTag: row.newest_tag,
    newestDigest,
    platforms: JSON.parse(row.platforms) as string[],
    kinds,
    firstSeenAt: row.first_seen_at,
    checkedAt: row.checked_at,
    lastPushedAt: row.last_pushed_at,
    lastPushedBy: row.last_pushed_by,
    lastPushConfirmed: Boolean(row.last_push_confirmed),
    newestAt: row.newest_at === 0 ? null : row.newest_at,
    lastPulledAt: row.last_pulled_at,
    pullCount: row.pull_count,
    error: row.error,
  };
}

/** In the order of `ids`. The caller has checked that the viewer may see them. */
export async function rowsById(
  db: Database,
  visibility: Visibility,
  ids: readonly number[],
): Promise<readonly RepositoryRow[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('repositories').selectAll().where('id', 'in', ids).execute();
  const places = new Map(ids.map((id, place) => [id, place]));
  const place = ({ id }: StoredRepository) => places.get(id) ?? 0;
  return toRows(
    db,
    visibility,
    rows.toSorted((one, other) => place(one) - place(other)),
  );
}

export async function toRows(
  db: Database,
  visibility: Visibility,
  rows: readonly StoredRepository[],
): Promise<readonly RepositoryRow[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const kinds = await kindsOf(db, ids);
  const digests = await newestDigests(db, ids);
  const seen = await withSeenSums(db, visibility, rows);
  return seen.map((row) => toRow(row, { kinds: kinds.get(row.id) ?? [], newestDigest: digests.get(row.id) ?? null }));
}

async function kindsOf(db: Database, ids: readonly number[]): Promise<ReadonlyMap<number, readonly string[]>> {
  const facets = await db
    .selectFrom('repository_facets')
    .select(['repository_id', 'facet'])
    .where('repository_id', 'in', ids)
    .where('facet', 'like', 'kind:%')
    .orderBy('facet')
    .execute();
  const kinds = groupBy(facets, (row) => row.repository_id);
  return new Map([...kinds].map(([id, found]) => [id, found.map(({ facet }) => facet.slice('kind:'.length))]));
}

async function newestDigests(db: Database, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const tags = await db
    .selectFrom('repositories')
    .innerJoin('tags', (join) =>
      join.onRef('tags.repository_id', '=', 'repositories.id').onRef('tags.name', '=', 'repositories.newest_tag'),
    )
    .select(['repositories.id', 'tags.digest'])
    .where('repositories.id', 'in', ids)
    .execute();
  return new Map(tags.map(({ id, digest }) => [id, digest]));
}

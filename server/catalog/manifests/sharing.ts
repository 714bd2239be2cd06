import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../storage/database.ts';
import { isVisible, NOTHING, type Visibility } from '../visibility/visibility.ts';
import { visibleCount } from '../visibility/visible-repositories.ts';
import { withClosure } from './store.ts';

/** Maximum number of repositories examined for one layer; a base layer may be in a hundred thousand. */
export const MAX_EXAMINED = 1000;
const MAX_LAYERS = 200;

/** Number of visible images with a blob; `isMore`: a lower bound. */
export interface SharedCount {
  readonly images: number;
  readonly isMore: boolean;
}

/** Cached counts of layers that very many images have: they are on most pages, and remain true as lower bounds. */
export type SharedMemory = LRUCache<string, SharedCount>;

const REMEMBERED_MS = 30_000;
const MAX_REMEMBERED = 20_000;

/** Entries expire after 30 s. */
export function createSharedMemory(clock: Clock): SharedMemory {
  return new LRUCache({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now: clock } });
}

/**
 * For each layer: the number of other images with it, in all repositories that the viewer may see. An image in two
 * repositories counts twice.
 * @param digest An image that the viewer may see.
 */
export async function sharedLayers(
  db: Database,
  seen: Visibility,
  digest: string,
  memory: SharedMemory,
): Promise<ReadonlyMap<string, SharedCount>> {
  if (!seen.all && seen.id === NOTHING.id) return new Map();
  const layers = await layerIds(db, digest);
  const known = new Map(layers.flatMap((layer) => remembered(memory, seen, layer)));
  const unknown = layers.filter((layer) => !known.has(layer.digest));
  const counted = await countHolders(db, seen, unknown);
  for (const { id, images, holders } of counted) {
    const layer = unknown.find((other) => other.id === id);
    if (layer === undefined) continue;
    // Minus the image itself.
    const others = Math.max(0, Number(images ?? 0) - 1);
    // If all of them are hidden, not even their number is revealed.
    const isMore = others > 0 && (Number(holders) > MAX_EXAMINED || others > MAX_EXAMINED);
    const count = { images: Math.min(others, MAX_EXAMINED), isMore };
    known.set(layer.digest, count);
    if (isMore) memory.set(`${seen.id} ${id}`, count);
  }
  return known;
}

interface LayerId {
  readonly digest: string;
  readonly id: number;
}

async function layerIds(db: Database, digest: string): Promise<readonly LayerId[]> {
  return db
    .selectFrom('manifest_blobs')
    .innerJoin('blobs', 'blobs.digest', 'manifest_blobs.blob_digest')
    .select(['blobs.digest', 'blobs.id'])
    .distinct()
    .where('manifest_blobs.digest', '=', digest)
    .where('role', '=', 'layer')
    .limit(MAX_LAYERS)
    .execute();
}

function remembered(
  memory: SharedMemory,
  seen: Visibility,
  { digest, id }: LayerId,
): readonly (readonly [string, SharedCount])[] {
  const count = memory.get(`${seen.id} ${id}`);
  return count === undefined ? [] : [[digest, count]];
}

interface HolderCount {
  readonly id: number;
  readonly images: number | null;
  /** Number of examined repositories. */
  readonly holders: number;
}

/**
 * Bounded cost per layer: a limited number of its repositories is examined. If it has more and the viewer sees few
 * repositories, those are examined instead.
 */
async function countHolders(
  db: Database,
  seen: Visibility,
  layers: readonly Pick<LayerId, 'id'>[],
): Promise<readonly HolderCount[]> {
  const counts = await countLooked(db, lookedFromBlob(seen), layers);
  const cut = counts.filter((count) => Number(count.holders) > MAX_EXAMINED);
  if (cut.length === 0 || !(await seesFewRepositories(db, seen))) return counts;
  return [...counts.filter((count) => !cut.includes(count)), ...(await countLooked(db, lookedFromViewer(seen), cut))];
}

async function countLooked(
  db: Database,
  looked: ReturnType<typeof sql>,
  layers: readonly { readonly id: number }[],
): Promise<readonly HolderCount[]> {
  if (layers.length === 0) return [];
  const ids = sql.join(layers.map((layer) => layer.id));
  const found = await sql<HolderCount>`
    select blobs.id as id, (select sum(images) from (${looked}) as looked) as images,
      (select count(*) from (${looked}) as looked) as holders
    from blobs where blobs.id in (${ids})`.execute(db);
  return found.rows;
}

/** `cross join` fixes the join order: first what the viewer sees. */
function lookedFromViewer(seen: Visibility) {
  return sql`select held.tagged_count + held.untagged_count as images
    from visible_repositories as seen cross join repository_blobs as held
    where seen.visibility_id = ${seen.id} and held.repository_id = seen.repository_id and held.blob_id = blobs.id
    limit ${MAX_EXAMINED + 1}`;
}

function lookedFromBlob(seen: Visibility) {
  const images = sql`held.tagged_count + held.untagged_count`;
  return sql`select ${seen.all ? images : sql`case when ${isVisible(seen, 'held.repository_id')} then ${images} else 0 end`} as images
    from repository_blobs as held where held.blob_id = blobs.id limit ${MAX_EXAMINED + 1}`;
}

/** Whether it is cheaper to examine what the viewer sees than the repositories of a blob. */
export async function seesFewRepositories(db: Database, seen: Visibility): Promise<boolean> {
  if (seen.all) return false;
  return (await visibleCount(db, seen)) <= MAX_EXAMINED;
}

const MAX_HOLDERS = 50;

/**
 * Bytes of this image (of an index: of everything that it lists) that no other visible manifest uses. Hidden
 * repositories are ignored, or the size would reveal whether they have the same content.
 */
export async function uniqueBytes(
  db: Database,
  seen: Visibility,
  repositoryId: number,
  digest: string,
): Promise<number> {
  const own = sql`select own.blob_digest, max(own.size_bytes) as size_bytes, count(distinct own.digest) as manifests
    from manifest_blobs as own where own.digest in (select closure.digest from closure
      join held_manifests as held on held.digest = closure.digest and held.repository_id = ${repositoryId})
    group by own.blob_digest`;
  const closure = withClosure(sql`select digest from manifests where digest = ${digest}`);
  if (!seen.all)
    return uniqueAmongSeen(
      db,
      seen,
      digest,
      sql`${closure} select blobs.id, own.size_bytes, own.manifests
    from (${own}) as own join blobs on blobs.digest = own.blob_digest`,
    );
  const found = await sql<{ bytes: number | null }>`
    ${closure} select sum(size_bytes) as bytes from (${own}) as own
    where ${isUsedOnlyBy(sql`own.manifests`, sql`own.blob_digest`, digest)}`.execute(db);
  return Number(found.rows[0]?.bytes ?? 0);
}

interface OwnBlob {
  readonly id: number;
  readonly size_bytes: number;
  readonly manifests: number;
}

/** @param own Selects the blobs of the image. */
async function uniqueAmongSeen(db: Database, seen: Visibility, digest: string, own: RawBuilder<OwnBlob>) {
  const { rows } = await own.execute(db);
  const counts = await countHolders(db, seen, rows);
  const uses = new Map(counts.map(({ id, images }) => [id, Number(images ?? 0)]));
  const homes = await countSeenRepositories(db, seen, digest);
  const unique = rows.filter(({ id, manifests }) => (uses.get(id) ?? 0) <= Number(manifests) * homes);
  return unique.reduce((sum, { size_bytes }) => sum + Number(size_bytes), 0);
}

/** Number of visible repositories with the image; bounded by the repositories of one of its blobs. */
async function countSeenRepositories(db: Database, seen: Visibility, digest: string): Promise<number> {
  const found = await sql<{ total: number }>`
    select count(*) as total from (select repository_id from held_manifests as held
      where held.digest = ${digest} and ${isVisible(seen, 'held.repository_id')} limit ${MAX_EXAMINED}) as homes`.execute(
    db,
  );
  return Number(found.rows[0]?.total ?? 0);
}

/**
 * A blob is counted once per manifest that lists it, in each repository with the image; a higher count means another
 * user. With more repositories than examined the blob is shared anyway.
 */
function isUsedOnlyBy(manifests: RawBuilder<unknown>, blob: RawBuilder<unknown>, image: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`(
    select coalesce(sum(uses), 0) from (
      select held.tagged_count + held.untagged_count as uses
      from blobs join repository_blobs as held on held.blob_id = blobs.id
      where blobs.digest = ${blob} limit ${MAX_HOLDERS}) as counted)
    <= ${manifests} * (select count(*) from (
      select 1 as one from held_manifests where digest = ${image} limit ${MAX_HOLDERS}) as holders)`;
}

import { type Selectable, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { ManifestsTable } from '../storage/schema.ts';
import type { PlatformEntry } from './image.ts';
import { ATTESTATION_PLATFORM } from './kinds.ts';
import { withClosure } from './manifest-store.ts';

export type ManifestRow = Selectable<ManifestsTable>;

/** Only if the repository holds it: the same digest may be known from one that the viewer must not see. */
export async function manifestRow(
  db: Database,
  repositoryId: number,
  digest: string,
): Promise<ManifestRow | undefined> {
  return db
    .selectFrom('manifests')
    .innerJoin('held_manifests', 'held_manifests.digest', 'manifests.digest')
    .selectAll('manifests')
    .where('manifests.digest', '=', digest)
    .where('held_manifests.repository_id', '=', repositoryId)
    .executeTakeFirst();
}

const DEEPEST = 4;

interface Listed {
  readonly platforms: readonly PlatformEntry[];
  readonly attestations: readonly PlatformEntry[];
}

/** Of an index: what it lists, with nested indexes opened up. */
export async function platformsOf(db: Database, digest: string): Promise<Listed> {
  const entries = await entriesBelow(db, [digest], DEEPEST);
  return {
    platforms: entries.filter((entry) => entry.platform !== ATTESTATION_PLATFORM),
    attestations: entries.filter((entry) => entry.platform === ATTESTATION_PLATFORM),
  };
}

async function entriesBelow(
  db: Database,
  parents: readonly string[],
  depth: number,
): Promise<readonly PlatformEntry[]> {
  if (parents.length === 0 || depth === 0) return [];
  const rows = await db
    .selectFrom('manifest_children as child')
    .leftJoin('manifests', 'manifests.digest', 'child.child_digest')
    .select([
      'child.child_digest as digest',
      'child.platform',
      'child.media_type',
      'child.annotations',
      'manifests.kind',
      'manifests.total_bytes',
      'manifests.created_at',
      'manifests.platforms as ownPlatforms',
    ])
    .where('child.parent_digest', 'in', parents)
    .orderBy('child.parent_digest')
    .orderBy('child.position')
    .execute();
  const nested = rows.filter((row) => row.kind === 'index').map((row) => row.digest);
  const entries = rows.filter((row) => row.kind !== 'index').map(toEntry);
  return [...entries, ...(await entriesBelow(db, nested, depth - 1))];
}

interface ChildRow {
  readonly digest: string;
  readonly platform: string;
  readonly media_type: string;
  readonly annotations: string;
  readonly kind: PlatformEntry['kind'] | null;
  readonly total_bytes: number | null;
  readonly created_at: number | null;
  readonly ownPlatforms: string | null;
}

function toEntry(row: ChildRow): PlatformEntry {
  const [own = ''] = JSON.parse(row.ownPlatforms ?? '[]') as string[];
  return {
    digest: row.digest,
    platform: row.platform === '' ? own : row.platform,
    mediaType: row.media_type,
    kind: row.kind ?? 'unknown',
    sizeBytes: row.total_bytes ?? 0,
    createdAt: row.created_at,
    annotations: JSON.parse(row.annotations) as Record<string, string>,
    isMissing: row.kind === null,
  };
}

/** Blobs of this image that no other manifest in any repository uses. */
export async function uniqueBytes(db: Database, digest: string): Promise<number> {
  const found = await sql<{ bytes: number | null }>`
    ${withClosure(sql`select ${digest}`)}
    select sum(size_bytes) as bytes from (
      select blob_digest, max(size_bytes) as size_bytes from manifest_blobs
        where digest in (select digest from closure) group by blob_digest) as own
    where not exists (
      select 1 from manifest_blobs as other join held_manifests as held on held.digest = other.digest
      where other.blob_digest = own.blob_digest and other.digest not in (select digest from closure))`.execute(db);
  return Number(found.rows[0]?.bytes ?? 0);
}

/** For each layer, how many other manifests of this repository have it. Other repositories stay out: not everybody may see them. */
export async function sharedLayers(
  db: Database,
  repositoryId: number,
  digest: string,
): Promise<ReadonlyMap<string, number>> {
  const found = await sql<{ blob: string; images: number }>`
    select own.blob_digest as blob, count(distinct other.digest) as images
    from manifest_blobs as own
      join manifest_blobs as other on other.blob_digest = own.blob_digest and other.digest <> own.digest
      join held_manifests as held on held.digest = other.digest and held.repository_id = ${repositoryId}
    where own.digest = ${digest} and own.role = 'layer'
    group by own.blob_digest`.execute(db);
  return new Map(found.rows.map((row) => [row.blob, Number(row.images)]));
}

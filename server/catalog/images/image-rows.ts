import type { Selectable } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { ManifestsTable } from '../../storage/schema.ts';
import { ATTESTATION_PLATFORM } from '../base/kinds.ts';
import type { NestedIndex, PlatformEntry } from './image.ts';

export type ManifestRow = Selectable<ManifestsTable>;

/** Only if the repository has it: the digest may be known from a repository that the viewer may not see. */
export async function manifestRow(
  db: Database,
  repositoryId: number,
  digest: string,
): Promise<ManifestRow | undefined> {
  const row = await db
    .selectFrom('manifests')
    .innerJoin('held_manifests', 'held_manifests.digest', 'manifests.digest')
    .selectAll('manifests')
    .select(['held_manifests.size_bytes as held_bytes', 'held_manifests.created_at as held_created_at'])
    .where('manifests.digest', '=', digest)
    .where('held_manifests.repository_id', '=', repositoryId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { held_bytes, held_created_at, ...manifest } = row;
  // For an index: totals of the children that this repository has.
  return manifest.kind === 'index' ? { ...manifest, total_bytes: held_bytes, created_at: held_created_at } : manifest;
}

const MAX_DEPTH = 4;
const MAX_LISTED = 500;
const UNKNOWN_PLATFORMS: readonly string[] = ['', 'unknown/unknown'];

export interface Listed {
  readonly platforms: readonly PlatformEntry[];
  readonly attestations: readonly PlatformEntry[];
  readonly others: readonly PlatformEntry[];
  readonly nested: readonly NestedIndex[];
  readonly isListCut: boolean;
}

/**
 * Children of an index, including those of nested indexes. Children that the repository does not have count as missing,
 * even if another one has them.
 */
export async function platformsOf(db: Database, repositoryId: number, digest: string): Promise<Listed> {
  const rows = await rowsBelow(db, repositoryId, [digest], MAX_DEPTH);
  const entries = rows.filter((row) => row.kind !== 'index').map(toEntry);
  const attestations = entries.filter((entry) => entry.platform === ATTESTATION_PLATFORM);
  const others = entries.filter((entry) => UNKNOWN_PLATFORMS.includes(entry.platform));
  return {
    platforms: entries.filter((entry) => !attestations.includes(entry) && !others.includes(entry)),
    attestations,
    others,
    nested: rows.filter((row) => row.kind === 'index').map(toNested),
    isListCut: rows.length >= MAX_LISTED,
  };
}

async function rowsBelow(
  db: Database,
  repositoryId: number,
  parents: readonly string[],
  depth: number,
): Promise<readonly ChildRow[]> {
  if (parents.length === 0 || depth === 0) return [];
  const rows = await db
    .selectFrom('manifest_children as child')
    .leftJoin('held_manifests as held', (join) =>
      join.onRef('held.digest', '=', 'child.child_digest').on('held.repository_id', '=', repositoryId),
    )
    .leftJoin('manifests', 'manifests.digest', 'held.digest')
    .select([
      'child.child_digest as digest',
      'child.parent_digest as parent',
      'child.platform',
      'child.media_type',
      'child.annotations',
      'child.os_version',
      'child.os_features',
      'manifests.kind',
      'manifests.artifact_type',
      'manifests.total_bytes',
      'manifests.created_at',
      'manifests.platforms as ownPlatforms',
    ])
    .where('child.parent_digest', 'in', parents)
    .orderBy('child.parent_digest')
    .orderBy('child.position')
    .limit(MAX_LISTED)
    .execute();
  const nested = [...new Set(rows.filter((row) => row.kind === 'index').map((row) => row.digest))];
  const below = await rowsBelow(db, repositoryId, nested, depth - 1);
  return [...rows, ...below].slice(0, MAX_LISTED);
}

interface ChildRow {
  readonly digest: string;
  readonly parent: string;
  readonly platform: string;
  readonly os_version: string;
  readonly os_features: string;
  readonly media_type: string;
  readonly annotations: string;
  readonly kind: PlatformEntry['kind'] | null;
  readonly artifact_type: string | null;
  readonly total_bytes: number | null;
  readonly created_at: number | null;
  readonly ownPlatforms: string | null;
}

function toEntry(row: ChildRow): PlatformEntry {
  const [own = ''] = JSON.parse(row.ownPlatforms ?? '[]') as string[];
  return {
    digest: row.digest,
    parent: row.parent,
    platform: row.platform === '' ? own : row.platform,
    osVersion: row.os_version,
    osFeatures: row.os_features,
    mediaType: row.media_type,
    artifactType: row.artifact_type,
    kind: row.kind ?? 'unknown',
    sizeBytes: row.total_bytes ?? 0,
    createdAt: row.created_at,
    annotations: JSON.parse(row.annotations) as Record<string, string>,
    isMissing: row.kind === null,
  };
}

function toNested({ digest, parent, annotations }: ChildRow): NestedIndex {
  return { digest, parent, annotations: JSON.parse(annotations) as Record<string, string> };
}

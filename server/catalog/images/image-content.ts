import type { Selectable } from 'kysely';
import type { ContentReader } from '../../artifacts/reader.ts';
import type { Database } from '../../storage/database.ts';
import type { ManifestBlobsTable } from '../../storage/schema.ts';
import { readImageConfig } from '../manifests/record.ts';
import { type SharedCount, type SharedMemory, sharedLayers } from '../manifests/sharing.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { type DockerfileLine, dockerfileLine, layerPositions } from './history.ts';
import type { DockerfileStep, ImageContent, LayerRow, PlatformEntry } from './image.ts';
import { type Listed, manifestRow } from './image-rows.ts';

const USUAL_PLATFORM = 'linux/amd64';

/** Chooses the platform to show. @param wanted A platform or digest; ignored when the index does not list it. */
export function choosePlatform(
  { platforms, others }: Pick<Listed, 'platforms' | 'others'>,
  wanted: string | undefined,
): PlatformEntry | undefined {
  // An image without a platform is shown only if there is nothing else.
  const choice = platforms.length > 0 ? platforms : others.filter((entry) => entry.kind === 'image');
  const asked = choice.find((entry) => entry.platform === wanted || entry.digest === wanted);
  const readable = choice.filter((entry) => !entry.isMissing);
  return asked ?? readable.find((entry) => entry.platform === USUAL_PLATFORM) ?? readable[0] ?? choice[0];
}

export interface AskedContent {
  readonly digest: string;
  readonly platform: string | undefined;
  /** Shared layers are counted in what this viewer may see. */
  readonly seen: Visibility;
  readonly memory: SharedMemory;
  readonly reader: ContentReader;
}

/** One image or artifact with its layers and configuration. */
export async function imageContentOf(
  db: Database,
  repositoryId: number,
  { digest, platform, seen, memory, reader }: AskedContent,
): Promise<ImageContent | undefined> {
  const row = await manifestRow(db, repositoryId, digest);
  if (row === undefined || row.kind === 'index') return undefined;
  const blobs = await db
    .selectFrom('manifest_blobs')
    .selectAll()
    .where('digest', '=', digest)
    .orderBy('position')
    .execute();
  const shared = await sharedLayers(db, seen, digest, memory);
  const config = row.kind === 'image' && row.config !== null ? await readImageConfig(row.config, reader) : undefined;
  const lines = (config?.history ?? []).map(dockerfileLine);
  const configBlob = blobs.find((blob) => blob.role === 'config');
  const layerBlobs = blobs.filter((blob) => blob.role === 'layer');
  const positions = layerPositions(lines, layerBlobs.length);
  const layerBytes = layerBlobs.reduce((sum, blob) => sum + blob.size_bytes, 0);
  const layers = layerBlobs.map((blob, index) =>
    toLayer(blob, lines[positions.indexOf(index)], shared.get(blob.blob_digest), layerBytes),
  );
  const [ownPlatform = ''] = JSON.parse(row.platforms) as string[];
  return {
    digest,
    kind: row.kind,
    artifactType: row.artifact_type,
    platform: platform ?? ownPlatform,
    mediaType: row.media_type,
    sizeBytes: row.total_bytes,
    createdAt: row.created_at,
    layers,
    dockerfile: stepsOf(lines, positions, layers),
    config,
    configDigest: row.config_digest,
    configMediaType: configBlob?.media_type ?? '',
    configBytes: configBlob?.size_bytes ?? 0,
    rawConfig: row.config?.toString('utf8') ?? null,
    raw: row.raw?.toString('utf8') ?? null,
    annotations: JSON.parse(row.annotations) as Record<string, string>,
  };
}

function toLayer(
  blob: Selectable<ManifestBlobsTable>,
  command: DockerfileLine | undefined,
  shared: SharedCount | undefined,
  layerBytes: number,
): LayerRow {
  return {
    digest: blob.blob_digest,
    mediaType: blob.media_type,
    sizeBytes: blob.size_bytes,
    keptAt: blob.kept_at,
    keptBytes: blob.kept_bytes,
    share: layerBytes === 0 ? 0 : blob.size_bytes / layerBytes,
    annotations: JSON.parse(blob.annotations) as Record<string, string>,
    command,
    alsoIn: shared?.images ?? 0,
    alsoInMore: shared?.isMore ?? false,
  };
}

function stepsOf(
  lines: readonly DockerfileLine[],
  positions: readonly (number | undefined)[],
  layers: readonly LayerRow[],
): readonly DockerfileStep[] {
  return lines.map((line, index) => {
    const layer = positions[index];
    return { ...line, layer, sizeBytes: layer === undefined ? 0 : (layers[layer]?.sizeBytes ?? 0) };
  });
}

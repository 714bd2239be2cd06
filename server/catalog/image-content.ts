import type { Selectable } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { ManifestBlobsTable } from '../storage/schema.ts';
import { type DockerfileLine, dockerfileLine, layerPositions } from './history.ts';
import type { DockerfileStep, ImageContent, LayerRow, PlatformEntry } from './image.ts';
import { manifestRow, sharedLayers } from './image-rows.ts';
import { readImageConfig } from './manifest-record.ts';

const USUAL_PLATFORM = 'linux/amd64';

/** @param wanted a platform or a digest; one that the index does not list counts as none. */
export function choosePlatform(
  platforms: readonly PlatformEntry[],
  wanted: string | undefined,
): PlatformEntry | undefined {
  const asked = platforms.find((entry) => entry.platform === wanted || entry.digest === wanted);
  const readable = platforms.filter((entry) => !entry.isMissing);
  return asked ?? readable.find((entry) => entry.platform === USUAL_PLATFORM) ?? readable[0] ?? platforms[0];
}

/** One image (or artifact) with its layers, and what its configuration tells. */
export async function contentOf(
  db: Database,
  repositoryId: number,
  digest: string,
  platform: string | undefined,
): Promise<ImageContent | undefined> {
  const row = await manifestRow(db, repositoryId, digest);
  if (row === undefined || row.kind === 'index') return undefined;
  const blobs = await db
    .selectFrom('manifest_blobs')
    .selectAll()
    .where('digest', '=', digest)
    .orderBy('position')
    .execute();
  const shared = await sharedLayers(db, repositoryId, digest);
  const config = row.kind === 'image' && row.config !== null ? readImageConfig(row.config) : undefined;
  const lines = (config?.history ?? []).map(dockerfileLine);
  const layerBlobs = blobs.filter((blob) => blob.role === 'layer');
  const positions = layerPositions(lines, layerBlobs.length);
  const layerBytes = layerBlobs.reduce((sum, blob) => sum + blob.size_bytes, 0);
  const layers = layerBlobs.map((blob, index) =>
    toLayer(blob, lines[positions.indexOf(index)], shared.get(blob.blob_digest) ?? 0, layerBytes),
  );
  const [ownPlatform = ''] = JSON.parse(row.platforms) as string[];
  return {
    digest,
    platform: platform ?? ownPlatform,
    mediaType: row.media_type,
    sizeBytes: row.total_bytes,
    createdAt: row.created_at,
    layers,
    dockerfile: stepsOf(lines, positions, layers),
    config,
    configDigest: row.config_digest,
    rawConfig: row.config?.toString('utf8') ?? null,
    raw: row.raw?.toString('utf8') ?? null,
    annotations: JSON.parse(row.annotations) as Record<string, string>,
  };
}

function toLayer(
  blob: Selectable<ManifestBlobsTable>,
  command: DockerfileLine | undefined,
  alsoIn: number,
  layerBytes: number,
): LayerRow {
  return {
    digest: blob.blob_digest,
    mediaType: blob.media_type,
    sizeBytes: blob.size_bytes,
    share: layerBytes === 0 ? 0 : blob.size_bytes / layerBytes,
    annotations: JSON.parse(blob.annotations) as Record<string, string>,
    command,
    alsoIn,
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

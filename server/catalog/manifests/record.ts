import type { Selectable } from 'kysely';
import type { ContentReader } from '../../artifacts/reader.ts';
import { AppError } from '../../errors.ts';
import type { StoredManifest } from '../../registry/client/client.ts';
import type { ImageConfig } from '../../registry/documents/image-config.ts';
import type { Descriptor, ParsedManifest } from '../../registry/documents/manifest.ts';
import type { ManifestBlobsTable, ManifestChildrenTable, ManifestKind } from '../../storage/schema.ts';
import {
  ATTESTATION_PLATFORM,
  artifactTypeOf,
  childPlatform,
  foreignLayerHost,
  manifestKindOf,
  platformText,
} from '../base/kinds.ts';
import { type Label, searchableLabels } from '../base/labels.ts';

/** A parsed manifest, ready to be stored. */
export interface ManifestRecord {
  readonly digest: string;
  readonly mediaType: string;
  readonly raw: Buffer;
  readonly kind: ManifestKind;
  readonly artifactType: string | null;
  readonly configDigest: string | null;
  readonly config: Buffer | null;
  readonly subjectDigest: string | null;
  readonly createdAt: number | null;
  readonly platforms: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Searchable labels of the configuration and annotations. */
  readonly labels: readonly Label[];
  readonly blobs: readonly Omit<Selectable<ManifestBlobsTable>, 'digest' | 'position'>[];
  readonly children: readonly Omit<Selectable<ManifestChildrenTable>, 'parent_digest' | 'position'>[];
  /** What is missing or unreadable, in English. The next check tries again, unless the kind is `unknown`. */
  readonly error: string | null;
}

export interface ReadConfig {
  readonly bytes: Buffer | null;
  readonly image: ImageConfig | undefined;
}

export const NO_CONFIG: ReadConfig = { bytes: null, image: undefined };

/** @param parsed undefined when it cannot be read, see `problem`; its bytes are stored all the same. */
export function manifestRecord(
  stored: StoredManifest,
  parsed: ParsedManifest | undefined,
  config: ReadConfig,
  problem: string | null,
): ManifestRecord {
  const base = { digest: stored.digest, raw: stored.raw, config: config.bytes };
  if (parsed === undefined) return { ...base, ...UNREADABLE, mediaType: storable(stored.mediaType), error: problem };
  const kind = manifestKindOf(parsed);
  const image = kind === 'image' ? config.image : undefined;
  return {
    ...base,
    mediaType: storable(parsed.mediaType),
    kind,
    artifactType: storable(artifactTypeOf(parsed) ?? typeOfParts(parsed, kind)) || null,
    configDigest: parsed.config?.digest ?? null,
    subjectDigest: parsed.subject?.digest ?? null,
    createdAt: creationTime(parsed, image),
    platforms: platformsOf(parsed, image),
    annotations: parsed.annotations,
    labels: searchableLabels(image?.config.labels ?? {}, parsed.annotations),
    blobs: blobsOf(parsed, kind),
    children: childrenOf(parsed, kind),
    error: problem,
  };
}

const UNREADABLE = {
  kind: 'unknown',
  artifactType: null,
  configDigest: null,
  subjectDigest: null,
  createdAt: null,
  platforms: [],
  annotations: {},
  labels: [],
  blobs: [],
  children: [],
} as const;

/** @returns undefined for a configuration that is unreadable or too large. */
export async function readImageConfig(
  config: Buffer,
  reader: Pick<ContentReader, 'config'>,
): Promise<ImageConfig | undefined> {
  try {
    return await reader.config(config);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Whether the error concerns the content (INVALID, TOO_LARGE) and not the registry. */
export function isUnreadable(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'INVALID' || error.code === 'TOO_LARGE');
}

/** Artifacts that use the configuration of an image are recognised by their layers. */
function typeOfParts({ layers }: ParsedManifest, kind: ManifestKind): string {
  return kind === 'artifact' ? (layers[0]?.mediaType ?? '') : '';
}

// Reproducible builds use 1970, or 1980 where a format allows no earlier date.
const FIRST_REAL_TIME = Date.UTC(1981, 0);

function creationTime({ annotations }: ParsedManifest, image: ImageConfig | undefined): number | null {
  const annotated = Date.parse(annotations['org.opencontainers.image.created'] ?? '');
  return [image?.created ?? 0, annotated].find((time) => time >= FIRST_REAL_TIME) ?? null;
}

// Platforms become options of filters.
const PLATFORM = /^[\x21-\x7e]{1,128}$/;
const MAX_PLATFORMS = 100;
const MAX_DETAIL_LENGTH = 100;
// No storage accepts larger objects, and sums of claimed sizes have to stay exact numbers.
const MAX_BLOB_BYTES = 2 ** 43;

/** PostgreSQL refuses a NUL in text. */
function storable(text: string): string {
  return text.replaceAll('\0', '');
}

function platformsOf({ children }: ParsedManifest, image: ImageConfig | undefined): readonly string[] {
  const own = image === undefined ? [] : [platformText(imagePlatform(image))];
  const platforms = [...own, ...children.map(childPlatform)];
  const named = [...new Set(platforms)].filter((name) => PLATFORM.test(name) && name !== ATTESTATION_PLATFORM);
  return named.slice(0, MAX_PLATFORMS).sort();
}

function imagePlatform({ os, architecture, variant }: ImageConfig) {
  return { os: os ?? '', architecture: architecture ?? '', variant };
}

function blobsOf({ config, layers, children }: ParsedManifest, kind: ManifestKind): ManifestRecord['blobs'] {
  const entries = [
    ...(config === undefined ? [] : [{ ...config, role: 'config' as const }]),
    ...layers.map((layer) => ({ ...layer, role: 'layer' as const })),
    // A BuildKit cache lists its layers where an index lists manifests.
    ...(kind === 'artifact' ? children : []).map((layer) => ({ ...layer, role: 'layer' as const })),
  ];
  return entries.map((entry) => ({
    blob_digest: entry.digest,
    media_type: storable(entry.mediaType),
    ...sizeOf(entry),
    role: entry.role,
    annotations: JSON.stringify(entry.annotations),
  }));
}

/** Foreign layers are not stored here and count 0 bytes. */
function sizeOf(entry: Descriptor) {
  const sizeBytes = Math.min(entry.sizeBytes, MAX_BLOB_BYTES);
  const host = storable(foreignLayerHost(entry));
  if (host === '') return { size_bytes: sizeBytes, kept_at: '', kept_bytes: 0 };
  return { size_bytes: 0, kept_at: host, kept_bytes: sizeBytes };
}

function childrenOf({ children }: ParsedManifest, kind: ManifestKind): ManifestRecord['children'] {
  if (kind !== 'index') return [];
  return children.map((child) => ({
    child_digest: child.digest,
    media_type: storable(child.mediaType),
    size_bytes: Math.min(child.sizeBytes, MAX_BLOB_BYTES),
    platform: storable(childPlatform(child)),
    os_version: storable(child.platform?.osVersion ?? '').slice(0, MAX_DETAIL_LENGTH),
    os_features: storable((child.platform?.osFeatures ?? []).join(',')).slice(0, MAX_DETAIL_LENGTH),
    annotations: JSON.stringify(child.annotations),
  }));
}

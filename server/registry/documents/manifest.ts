import { AppError } from '../../errors.ts';
import { parseLimitedJson } from './json-limits.ts';
import { isDigest } from './reference.ts';
import { schema1Config } from './schema1.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType: string | undefined;
  /** Other places of the content (foreign layers). */
  readonly urls: readonly string[];
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
  readonly osVersion: string | undefined;
  readonly osFeatures: readonly string[];
}

export interface ChildDescriptor extends Descriptor {
  readonly platform: Platform | undefined;
}

export interface ParsedManifest {
  readonly mediaType: string;
  readonly kind: 'image' | 'index' | 'schema1';
  readonly artifactType: string | undefined;
  /** Absent in an index and in schema 1. */
  readonly config: Descriptor | undefined;
  /** From the base image up. */
  readonly layers: readonly Descriptor[];
  readonly children: readonly ChildDescriptor[];
  readonly subject: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of schema 1: the configuration in its history, as JSON. */
  readonly ownConfig: string | undefined;
}

export const MEDIA_TYPES = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  schema1: 'application/vnd.docker.distribution.manifest.v1+json',
  schema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

const INDEX_TYPES: readonly string[] = [MEDIA_TYPES.dockerIndex, MEDIA_TYPES.ociIndex];
const MANIFEST_TYPES: readonly string[] = [
  MEDIA_TYPES.dockerManifest,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.ociArtifact,
];
const SCHEMA1_TYPES: readonly string[] = [MEDIA_TYPES.schema1, MEDIA_TYPES.schema1Signed];

/** Whether the media type is a manifest's. Entries of an index may also be layers, as in a BuildKit cache. */
export function isManifestType(mediaType: string): boolean {
  return [...INDEX_TYPES, ...MANIFEST_TYPES, ...SCHEMA1_TYPES].includes(mediaType);
}

// Entries become rows of tables and lines of pages, so their number is limited beside the 4 MiB.
const MAX_ENTRIES = 10_000;
// An entry with platform and annotations has some ten values.
const LIMITS = { maxValues: 200_000, maxDepth: 100 };

type Json = Readonly<Record<string, unknown>>;

function invalid(reason: string): AppError {
  return new AppError('INVALID', `This manifest cannot be read: ${reason}`, { key: 'manifest', params: { reason } });
}

export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Undefined for '' and values of other types. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function asList(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${name} is not a list`);
  if (value.length > MAX_ENTRIES) throw invalid(`${name} has more than ${MAX_ENTRIES} entries`);
  return value;
}

/** Only the entries with text values. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asObject(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** At most 20 texts. */
function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.slice(0, 20).filter((item) => typeof item === 'string') : [];
}

function descriptor(value: unknown, name: string): Descriptor {
  const entry = asObject(value);
  const digest = asText(entry?.digest) ?? '';
  if (entry === undefined || !isDigest(digest)) throw invalid(`${name} has no valid digest`);
  const sizeBytes = entry.size ?? 0;
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw invalid(`${name} has no valid size`);
  }
  const mediaType = asText(entry.mediaType) ?? 'application/octet-stream';
  return {
    mediaType,
    digest,
    sizeBytes,
    annotations: textMap(entry.annotations),
    artifactType: asText(entry.artifactType),
    urls: texts(entry.urls),
  };
}

function optionalDescriptor(value: unknown, name: string): Descriptor | undefined {
  return value === undefined || value === null ? undefined : descriptor(value, name);
}

function platform(value: unknown): Platform | undefined {
  const entry = asObject(value);
  if (entry === undefined) return undefined;
  return {
    os: asText(entry.os) ?? '',
    architecture: asText(entry.architecture) ?? '',
    variant: asText(entry.variant),
    osVersion: asText(entry['os.version']),
    osFeatures: texts(entry['os.features']),
  };
}

function child(value: unknown): ChildDescriptor {
  return { ...descriptor(value, 'a manifest of the index'), platform: platform(asObject(value)?.platform) };
}

/** Schema 1 lists layers from the top down, without sizes. */
function schema1Layers(body: Json): readonly Descriptor[] {
  const layers = asList(body.fsLayers, 'fsLayers').map((layer) =>
    descriptor({ digest: asObject(layer)?.blobSum }, 'a layer'),
  );
  return layers.reverse();
}

/**
 * The Content-Type must agree with the content: bytes that can be read as two kinds of manifest are an attack
 * (CVE-2021-41190).
 */
function agreedMediaType(body: Json, contentType: string): string {
  const outside = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const inside = asText(body.mediaType);
  const known = outside !== '' && outside !== 'application/json' && outside !== 'application/octet-stream';
  if (inside !== undefined && known && inside !== outside) {
    throw invalid(`it was served as ${outside} but calls itself ${inside}`);
  }
  return inside ?? (known ? outside : guessMediaType(body));
}

function guessMediaType(body: Json): string {
  if (body.schemaVersion === 1) return MEDIA_TYPES.schema1Signed;
  return Array.isArray(body.manifests) ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest;
}

function kindOf(mediaType: string, body: Json): ParsedManifest['kind'] {
  const isIndex = INDEX_TYPES.includes(mediaType);
  if (
    body.manifests !== undefined &&
    (body.layers !== undefined || body.config !== undefined || body.fsLayers !== undefined)
  ) {
    throw invalid('it has both layers and manifests');
  }
  if (isIndex && (body.layers !== undefined || body.config !== undefined)) throw invalid('an index has no layers');
  if (MANIFEST_TYPES.includes(mediaType) && body.manifests !== undefined) throw invalid('an image has no manifests');
  if (SCHEMA1_TYPES.includes(mediaType)) return 'schema1';
  return isIndex || Array.isArray(body.manifests) ? 'index' : 'image';
}

function parseObject(raw: Buffer): Json {
  let value: unknown;
  try {
    value = parseLimitedJson(raw, LIMITS);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid('it is not JSON');
  }
  const body = asObject(value);
  if (body === undefined) throw invalid('it is not a JSON object');
  return body;
}

/**
 * Parses an image manifest, image index or schema 1 manifest.
 * @param contentType As the registry served it; may be empty.
 * @throws {AppError} TOO_LARGE beyond the limits; INVALID when it is not a manifest, or is ambiguous (CVE-2021-41190).
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export function parseManifest(raw: Buffer, contentType: string): ParsedManifest {
  const body = parseObject(raw);
  const mediaType = agreedMediaType(body, contentType);
  const kind = kindOf(mediaType, body);
  // An OCI artifact manifest (withdrawn, but still stored in places) calls its layers blobs.
  const layers = mediaType === MEDIA_TYPES.ociArtifact ? body.blobs : body.layers;
  return {
    mediaType,
    kind,
    artifactType: asText(body.artifactType),
    config: kind === 'image' ? optionalDescriptor(body.config, 'the config') : undefined,
    layers:
      kind === 'schema1'
        ? schema1Layers(body)
        : asList(layers, 'layers').map((layer, index) => descriptor(layer, `layer ${index + 1}`)),
    children: asList(body.manifests, 'manifests').map(child),
    subject: optionalDescriptor(body.subject, 'the subject'),
    ownConfig: kind === 'schema1' ? schema1Config(asList(body.history, 'history')) : undefined,
    annotations: textMap(body.annotations),
  };
}

/** Repositories in the index as if the registry had been read, through the functions that write it then. */
import { createHash } from 'node:crypto';
import { countUses } from '../../../server/catalog/activity/writes.ts';
import { changeRepository } from '../../../server/catalog/index/repository-change.ts';
import { ensureRepository, type Push, recordPush } from '../../../server/catalog/index/tag-writes.ts';
import type { ManifestRecord } from '../../../server/catalog/manifests/record.ts';
import { MEDIA_TYPES } from '../../../server/registry/documents/manifest.ts';
import type { Database } from '../../../server/storage/database.ts';
import { recordOf } from './manifest-records.ts';

export type SeedKind = 'image' | 'helm' | 'signature' | 'attestation' | 'sbom' | 'artifact';

export interface SeedImage {
  /** None: it is untagged. */
  readonly tags?: readonly string[];
  /** Default: image. With several platforms it is an index of images. */
  readonly kind?: SeedKind;
  /** Names of layers, shared by name; their sizes are `sizeBytes` shared out, or the length of the name. */
  readonly layers?: readonly string[];
  /** Where its layers are kept instead of in the registry. */
  readonly keptAt?: string;
  /** Of one layer of its own, where `layers` names none; else of each layer. */
  readonly sizeBytes?: number;
  /** Default: linux/amd64. More than one make an index. */
  readonly platforms?: readonly string[];
  /** Build time. */
  readonly createdAt?: number;
  readonly push?: Push;
  readonly pulls?: number;
  readonly lastPulledAt?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Digest of what it speaks about. */
  readonly subject?: string;
  /** Makes images that are otherwise alike different. Default: the first tag. */
  readonly salt?: string;
  /** Tags whose manifest could not be read: of this digest. */
  readonly unreadableDigest?: string;
}

export interface Seeded {
  readonly repositoryId: number;
  /** Of each image, in their order. */
  readonly digests: readonly string[];
}

const NOTHING = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const FOREIGN_LAYER = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const ARTIFACT_LAYERS: Readonly<Record<Exclude<SeedKind, 'image'>, string>> = {
  helm: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  signature: 'application/vnd.dev.cosign.simplesigning.v1+json',
  attestation: 'application/vnd.in-toto+json',
  sbom: 'application/spdx+json',
  artifact: 'application/vnd.example.file',
};

/** @param at when the index met it all. */
export async function seedRepository(
  db: Database,
  name: string,
  images: readonly SeedImage[],
  at = 1_700_000_000_000,
): Promise<Seeded> {
  const made = images.map((image) => recordsOf(image));
  const repositoryId = await db.transaction().execute(async (trx) => {
    const id = await ensureRepository(trx, name, at);
    const seen = images.flatMap(({ tags = [], push }, index) =>
      tags.map((tag) => ({ name: tag, digest: made[index]?.digest ?? '', push })),
    );
    const records = made.flatMap((image) => image.records);
    const linked = made.flatMap(({ digest, records: own }) => (own.length > 0 ? [digest] : []));
    await changeRepository(trx, id, { records, seen, linked }, at);
    for (const { push } of images) if (push !== undefined) await recordPush(trx, id, push);
    return id;
  });
  for (const [index, image] of images.entries()) await seedPulls(db, name, image, made[index]?.digest ?? '', at);
  return { repositoryId, digests: made.map(({ digest }) => digest) };
}

async function seedPulls(
  db: Database,
  repository: string,
  image: SeedImage,
  digest: string,
  at: number,
): Promise<void> {
  const { lastPulledAt = at, tags = [] } = image;
  for (let pull = 0; pull < (image.pulls ?? (image.lastPulledAt === undefined ? 0 : 1)); pull += 1) {
    const use = { kind: 'pull' as const, repository, tag: tags[0] ?? null, digest, at: lastPulledAt, actor: 'ci' };
    await db.transaction().execute((trx) => countUses(trx, [use], lastPulledAt));
  }
}

interface Made {
  readonly digest: string;
  readonly records: readonly ManifestRecord[];
}

function recordsOf(image: SeedImage): Made {
  if (image.unreadableDigest !== undefined) return { digest: image.unreadableDigest, records: [] };
  const platforms = image.platforms ?? ['linux/amd64'];
  if ((image.kind ?? 'image') !== 'image') return single(artifactManifest(image), null);
  const children = platforms.map((platform) => imageOf(image, platform, platforms.length > 1));
  const [first] = children;
  if (first === undefined) throw new Error('An image has at least one platform');
  if (children.length === 1) return first;
  const index = seedIndex(
    children.map((child, position) => ({ ...child, platform: platforms[position] ?? '' })),
    image,
  );
  return { digest: index.digest, records: [...children.flatMap((child) => child.records), ...index.records] };
}

export interface SeedChild extends Made {
  readonly platform: string;
}

/** An index of what was made before; `records` are those of the index alone. */
export function seedIndex(children: readonly SeedChild[], image: SeedImage = {}): Made {
  return single(
    {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: children.map(({ digest, records, platform }) => ({
        mediaType: records.at(-1)?.mediaType ?? MEDIA_TYPES.ociManifest,
        digest,
        size: records.at(-1)?.raw.length ?? 0,
        ...(platform === '' ? {} : { platform: platformObject(platform) }),
      })),
      ...about(image),
    },
    null,
  );
}

/** One platform's image, to be listed in an index or tagged itself. */
export function seedManifest(image: SeedImage, platform = 'linux/amd64'): Made {
  return (image.kind ?? 'image') === 'image' ? imageOf(image, platform, false) : single(artifactManifest(image), null);
}

function imageOf(image: SeedImage, platform: string, isOneOfSeveral: boolean): Made {
  const { createdAt, labels } = image;
  const config = Buffer.from(
    JSON.stringify({
      ...platformObject(platform),
      ...(createdAt === undefined ? {} : { created: new Date(createdAt).toISOString() }),
      config: { ...(labels === undefined ? {} : { Labels: labels }), Env: [`SALT=${saltOf(image)}`] },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  const own = isOneOfSeveral ? layersOf(image, `${saltOf(image)} ${platform}`) : layersOf(image, saltOf(image));
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: own.map((layer) => ({ ...kindOfLayer(image), ...layer })),
    ...(isOneOfSeveral ? {} : about(image)),
  };
  return single(manifest, config);
}

function kindOfLayer({ keptAt }: SeedImage) {
  if (keptAt === undefined) return { mediaType: LAYER };
  return { mediaType: FOREIGN_LAYER, urls: [keptAt] };
}

function artifactManifest(image: SeedImage): object {
  const kind = image.kind === undefined || image.kind === 'image' ? 'artifact' : image.kind;
  const mediaType = ARTIFACT_LAYERS[kind];
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    ...(kind === 'helm' ? {} : { artifactType: mediaType }),
    config: kind === 'helm' ? { ...NOTHING, mediaType: 'application/vnd.cncf.helm.config.v1+json' } : NOTHING,
    layers: layersOf(image, saltOf(image)).map((layer) => ({ mediaType, ...layer })),
    ...about(image),
  };
}

function about({ annotations, subject }: SeedImage) {
  return {
    ...(annotations === undefined ? {} : { annotations }),
    ...(subject === undefined ? {} : { subject: { mediaType: MEDIA_TYPES.ociManifest, digest: subject, size: 1 } }),
  };
}

function saltOf({ salt, tags, kind, subject }: SeedImage): string {
  return salt ?? tags?.[0] ?? `${kind ?? 'image'} ${subject ?? ''}`;
}

function layersOf({ layers, sizeBytes }: SeedImage, own: string) {
  const names = layers ?? [own];
  return names.map((name) => ({ digest: digestOf(`layer ${name}`), size: sizeBytes ?? name.length }));
}

function platformObject(platform: string) {
  const [os = '', architecture = '', variant] = platform.split('/');
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function single(manifest: object, config: Buffer | null): Made {
  const raw = Buffer.from(JSON.stringify(manifest));
  const stored = { digest: digestOf(raw), mediaType: '', raw };
  return { digest: stored.digest, records: [recordOf(stored, config)] };
}

function digestOf(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Artifacts beside an image: cosign's signature, a list of packages found by the referrers' tag, a report of unknown kind. */
import { createHash } from 'node:crypto';
import { cycloneDxOf } from './attestations.ts';
import { type Build, iso, TYPES } from './build.ts';
import { blobOf, type Descriptor, type Storage } from './storage.ts';

const EMPTY = 'application/vnd.oci.empty.v1+json';
const CYCLONE_DX = 'application/vnd.cyclonedx+json';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';

export interface Signer {
  /** PEM. */
  readonly certificate: string;
}

/** cosign keeps a signature under a tag that says which image it is for. */
export function addSignature({ maker, repository, release }: Build, image: Descriptor, signer: Signer): void {
  const { storage } = maker;
  const payload = blobOf({
    critical: {
      identity: { 'docker-reference': `registry.example.com/${repository.name}` },
      image: { 'docker-manifest-digest': image.digest },
      type: 'cosign container image signature',
    },
    optional: { commit: release.revision.slice(0, 12), pipeline: 'release' },
  });
  const signature = createHash('sha512').update(payload.raw).digest('base64');
  const logged = Math.floor(release.at / 1000) + 20;
  const layer = {
    ...storage.putBlob(repository.name, SIMPLE_SIGNING, payload),
    annotations: {
      'dev.cosignproject.cosign/signature': signature,
      'dev.sigstore.cosign/certificate': signer.certificate,
      'dev.sigstore.cosign/bundle': JSON.stringify({
        SignedEntryTimestamp: signature,
        Payload: { integratedTime: logged },
      }),
    },
  };
  const config = blobOf({
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: [payload.digest] },
  });
  const manifest = storage.putManifest(repository.name, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: storage.putBlob(repository.name, TYPES.config, config),
    layers: [layer],
  });
  storage.tag(repository.name, `${image.digest.replace(':', '-')}.sig`, manifest.digest);
}

/** OCI 1.1, with the tag for registries that have no list of referrers, which Distribution is. */
export function addReports(build: Build, image: Descriptor): void {
  const { storage } = build.maker;
  const { name } = build.repository;
  const reports = [
    [CYCLONE_DX, cycloneDxOf(build)],
    ['application/vnd.example.license-review.v1', licenseReview(build)],
  ] as const;
  const manifests = reports.map(([type, content]) => addReferrer(storage, name, { image, type, content, build }));
  const index = storage.putManifest(name, TYPES.index, { schemaVersion: 2, mediaType: TYPES.index, manifests });
  storage.tag(name, image.digest.replace(':', '-'), index.digest);
}

interface Report {
  readonly image: Descriptor;
  readonly type: string;
  readonly content: object;
  readonly build: Build;
}

function addReferrer(storage: Storage, name: string, { image, type, content, build }: Report): Descriptor {
  const { mediaType, digest, size } = image;
  const annotations = { 'org.opencontainers.image.created': iso(build.release.at + 90_000) };
  const manifest = storage.putManifest(name, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    artifactType: type,
    config: storage.putBlob(name, EMPTY, blobOf('{}')),
    layers: [storage.putBlob(name, type, blobOf(content))],
    subject: { mediaType, digest, size },
    annotations,
  });
  return { ...manifest, artifactType: type, annotations };
}

function licenseReview({ release }: Build): object {
  return { reviewer: 'legal@example.com', result: 'approved', version: release.version, reviewed: iso(release.at) };
}

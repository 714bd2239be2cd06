import type { ChildDescriptor, Descriptor, ParsedManifest, Platform } from '../../registry/documents/manifest.ts';
import type { ManifestKind } from '../../storage/schema.ts';

const IMAGE_CONFIGS: readonly string[] = [
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
];
const IMAGE_LAYER = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\b/;
const FOREIGN_LAYER = /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\b|docker\.image\.rootfs\.foreign\b)/;
/** BuildKit lists the layers of a cache in an index, too. */
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const SIGNATURE = /vnd\.dev\.cosign\.(?:simplesigning|artifact\.sig)|vnd\.cncf\.notary\.signature|sigstore\.bundle/;
const ATTESTATION = /vnd\.in-toto|vnd\.dsse\.envelope|dev\.cosign\.artifact\.att/;
const SBOM = /spdx|cyclonedx|vnd\.syft|cosign\.artifact\.sbom/;

/** What a manifest is, by the media types it names: cosign stores signatures in manifests that look like images. */
export function kindOf(manifest: ParsedManifest): ManifestKind {
  if (manifest.kind === 'index') return isCache(manifest) ? 'artifact' : 'index';
  if (manifest.kind === 'schema1') return 'image';
  const types = [artifactTypeOf(manifest) ?? '', ...manifest.layers.map((layer) => layer.mediaType)];
  if (types.some((type) => ATTESTATION.test(type)) || isSigstoreAttestation(manifest)) return 'attestation';
  if (types.some((type) => SIGNATURE.test(type))) return 'signature';
  if (types.some((type) => SBOM.test(type))) return 'sbom';
  if (manifest.config?.mediaType === HELM_CONFIG) return 'helm';
  return isImage(manifest) ? 'image' : 'artifact';
}

/** Its configuration and its layers are those of images: either alone is borrowed by artifacts of all sorts. */
function isImage({ config, layers, artifactType }: ParsedManifest): boolean {
  if (!IMAGE_CONFIGS.includes(config?.mediaType ?? '')) return false;
  if (layers.length === 0) return artifactType === undefined;
  return layers.some((layer) => IMAGE_LAYER.test(layer.mediaType));
}

function isCache({ children }: ParsedManifest): boolean {
  return children.some((child) => child.mediaType === CACHE_CONFIG);
}

/** A layer that may not be given on: registries take the manifest without it, clients fetch it from its own host. */
export function hostOfForeign({ mediaType, urls }: Descriptor): string {
  const [first = ''] = urls;
  return FOREIGN_LAYER.test(mediaType) && URL.canParse(first) ? new URL(first).host : '';
}

/** A sigstore bundle says in an annotation whether it holds a signature or a statement about the image. */
function isSigstoreAttestation({ annotations }: ParsedManifest): boolean {
  const predicate = annotations['dev.sigstore.bundle.predicateType'] ?? '';
  return annotations['dev.sigstore.bundle.content'] === 'dsse-envelope' && !predicate.includes('cosign/sign');
}

/** Before OCI 1.1 an artifact's type was the media type of its config. */
export function artifactTypeOf(manifest: ParsedManifest): string | undefined {
  const { artifactType, config } = manifest;
  if (artifactType !== undefined) return artifactType;
  if (isCache(manifest)) return CACHE_CONFIG;
  return config === undefined || IMAGE_CONFIGS.includes(config.mediaType) ? undefined : config.mediaType;
}

/** Configurations that we read: those of images and charts. An artifact's config can be anything of any size. */
export function hasReadableConfig(kind: ManifestKind): boolean {
  return kind === 'image' || kind === 'helm' || kind === 'attestation';
}

export function platformText(platform: Pick<Platform, 'os' | 'architecture' | 'variant'>): string {
  const { os, architecture, variant } = platform;
  if (os === '' && architecture === '') return '';
  return [os || 'unknown', architecture || 'unknown', ...(variant ? [variant] : [])].join('/');
}

export const ATTESTATION_PLATFORM = 'attestation';

/** BuildKit lists its attestations as manifests of the platform unknown/unknown. */
export function childPlatform({ platform, annotations }: ChildDescriptor): string {
  if (annotations['vnd.docker.reference.type'] === 'attestation-manifest') return ATTESTATION_PLATFORM;
  return platform === undefined ? '' : platformText(platform);
}

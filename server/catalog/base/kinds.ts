import type { ChildDescriptor, Descriptor, ParsedManifest, Platform } from '../../registry/documents/manifest.ts';
import type { ManifestKind } from '../../storage/schema.ts';

const IMAGE_CONFIGS: readonly string[] = [
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
];
const IMAGE_LAYER = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\b/;
const FOREIGN_LAYER = /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\b|docker\.image\.rootfs\.foreign\b)/;
/** BuildKit lists cache layers in an index, too. */
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const SIGNATURE = /vnd\.dev\.cosign\.(?:simplesigning|artifact\.sig)|vnd\.cncf\.notary\.signature|sigstore\.bundle/;
const ATTESTATION = /vnd\.in-toto|vnd\.dsse\.envelope|dev\.cosign\.artifact\.att/;
const SBOM = /spdx|cyclonedx|vnd\.syft|cosign\.artifact\.sbom/;

/** Kind of a manifest, from its media types: cosign stores signatures in manifests that look like images. */
export function manifestKindOf(manifest: ParsedManifest): ManifestKind {
  if (manifest.kind === 'index') return isCache(manifest) ? 'artifact' : 'index';
  if (manifest.kind === 'schema1') return 'image';
  const types = [artifactTypeOf(manifest) ?? '', ...manifest.layers.map((layer) => layer.mediaType)];
  if (types.some((type) => ATTESTATION.test(type)) || isSigstoreAttestation(manifest)) return 'attestation';
  if (types.some((type) => SIGNATURE.test(type))) return 'signature';
  if (types.some((type) => SBOM.test(type))) return 'sbom';
  if (manifest.config?.mediaType === HELM_CONFIG) return 'helm';
  return isImage(manifest) ? 'image' : 'artifact';
}

/** Both configuration and layers must be those of images: artifacts use either of them. */
function isImage({ config, layers, artifactType }: ParsedManifest): boolean {
  if (!IMAGE_CONFIGS.includes(config?.mediaType ?? '')) return false;
  if (layers.length === 0) return artifactType === undefined;
  return layers.some((layer) => IMAGE_LAYER.test(layer.mediaType));
}

function isCache({ children }: ParsedManifest): boolean {
  return children.some((child) => child.mediaType === CACHE_CONFIG);
}

/**
 * Host of a foreign (non-distributable) layer, which clients fetch from there; '' for other layers.
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers
 */
export function foreignLayerHost({ mediaType, urls }: Descriptor): string {
  const [first = ''] = urls;
  return FOREIGN_LAYER.test(mediaType) && URL.canParse(first) ? new URL(first).host : '';
}

/** An annotation of a sigstore bundle says whether it is a signature or an attestation. */
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

/**
 * Whether the configuration is read: only of images and charts, because those of artifacts can be anything of any size.
 */
export function hasReadableConfig(kind: ManifestKind): boolean {
  return kind === 'image' || kind === 'helm' || kind === 'attestation';
}

/** `os/arch[/variant]`. */
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

/** Content of every kind that registries hold, made by hand and pushed without a client. Needs no token. */
import { pushBlob, putManifest, sha256 } from './content.ts';

export const TYPES = {
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  dockerImage: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  helmConfig: 'application/vnd.cncf.helm.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

export interface Pushed {
  readonly digest: string;
  readonly raw: Buffer;
  readonly mediaType: string;
}

export interface ImageContent {
  readonly layers?: readonly (string | Buffer)[];
  /** Merged over a plain linux/amd64 configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** @param tag undefined: by digest, as the images of an index are. */
export async function pushImageOf(
  url: string,
  repository: string,
  tag: string | undefined,
  content: ImageContent = {},
) {
  const config = { architecture: 'amd64', os: 'linux', created: '2026-01-02T03:04:05Z', ...content.config };
  return pushArtifact(url, repository, tag, {
    config: { mediaType: TYPES.config, content: JSON.stringify(config) },
    layers: (content.layers ?? [`layer of ${tag}`]).map((layer) => ({ mediaType: TYPES.layer, content: layer })),
    ...(content.manifest === undefined ? {} : { manifest: content.manifest }),
  });
}

export interface Part {
  readonly mediaType: string;
  readonly content: string | Buffer;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where it is instead of here: it is not pushed. */
  readonly urls?: readonly string[];
}

export interface ArtifactContent {
  readonly config?: Part;
  readonly layers: readonly Part[];
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Helm charts, signatures, SBOMs: a manifest with parts of any type. */
export async function pushArtifact(
  url: string,
  repository: string,
  tag: string | undefined,
  content: ArtifactContent,
): Promise<Pushed> {
  const config = await pushPart(url, repository, content.config ?? { mediaType: TYPES.empty, content: '{}' });
  const layers = [];
  for (const layer of content.layers) layers.push(await pushPart(url, repository, layer));
  return pushJson(url, repository, tag, TYPES.image, {
    schemaVersion: 2,
    mediaType: TYPES.image,
    config,
    layers,
    ...content.manifest,
  });
}

export interface Child {
  readonly pushed: Pushed;
  readonly platform?: string;
  /** `os.version` and the like. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export async function pushIndex(
  url: string,
  repository: string,
  tag: string | undefined,
  children: readonly Child[],
  extra = {},
): Promise<Pushed> {
  const manifests = children.map(({ pushed, platform, details, annotations }) => {
    const [os, architecture, variant] = (platform ?? '').split('/');
    return {
      mediaType: pushed.mediaType,
      digest: pushed.digest,
      size: pushed.raw.length,
      ...(platform === undefined
        ? {}
        : { platform: { os, architecture, ...(variant ? { variant } : {}), ...details } }),
      ...(annotations === undefined ? {} : { annotations }),
    };
  });
  return pushJson(url, repository, tag, TYPES.index, { schemaVersion: 2, mediaType: TYPES.index, manifests, ...extra });
}

export function pushHelmChart(url: string, repository: string, tag: string): Promise<Pushed> {
  const metadata = JSON.stringify({ name: 'chart', version: tag, apiVersion: 'v2', description: 'A chart' });
  return pushArtifact(url, repository, tag, {
    config: { mediaType: TYPES.helmConfig, content: metadata },
    layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', content: `chart ${tag}` }],
  });
}

/** As cosign stores it without the referrers API: under a tag made of the subject's digest. */
export function pushCosignSignature(url: string, repository: string, subject: string): Promise<Pushed> {
  return pushArtifact(url, repository, `${subject.replace(':', '-')}.sig`, {
    config: { mediaType: TYPES.config, content: '{"architecture":"","os":"","config":{}}' },
    layers: [{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', content: `signature of ${subject}` }],
  });
}

/** As the OCI specification wants it where the registry has no referrers API: a manifest, and an index under a fallback tag. */
export async function pushSbom(url: string, repository: string, subject: Pushed): Promise<Pushed> {
  const sbom = await pushArtifact(url, repository, undefined, {
    layers: [{ mediaType: 'application/spdx+json', content: `sbom of ${subject.digest}` }],
    manifest: {
      artifactType: 'application/spdx+json',
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.raw.length },
    },
  });
  await pushIndex(url, repository, subject.digest.replace(':', '-'), [{ pushed: sbom }]);
  return sbom;
}

export async function deleteManifest(url: string, repository: string, reference: string): Promise<void> {
  const answer = await fetch(`${url}/v2/${repository}/manifests/${reference}`, { method: 'DELETE' });
  if (answer.status !== 202) throw new Error(`not deleted: ${answer.status} ${await answer.text()}`);
}

async function pushPart(url: string, repository: string, { mediaType, content, annotations, urls }: Part) {
  const bytes = Buffer.from(content as string);
  if (urls === undefined) await pushBlob(url, repository, bytes);
  return {
    mediaType,
    digest: sha256(bytes),
    size: bytes.length,
    ...(urls === undefined ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

async function pushJson(
  url: string,
  repository: string,
  tag: string | undefined,
  mediaType: string,
  body: object,
): Promise<Pushed> {
  const raw = Buffer.from(JSON.stringify(body));
  const digest = sha256(raw);
  await putManifest(url, repository, tag ?? digest, mediaType, raw);
  return { digest, raw, mediaType };
}

import { z } from 'zod';
import { notFoundOrHidden } from '../../access/actor.ts';
import type {
  DockerfileStep,
  ImageContent,
  ImageDetail,
  Images,
  LayerRow,
  PlatformEntry,
} from '../../catalog/images/images.ts';
import type { Referrer } from '../../catalog/manifests/referrers.ts';
import type { ImageConfig } from '../../registry/documents/image-config.ts';
import {
  clip,
  clipList,
  clipRecord,
  digestParam,
  knownBytes,
  MAX_ENTRIES,
  repositoryParam,
  timeOrNull,
} from '../fields.ts';
import { type Masking, maskingOf, secretsParam } from '../masking.ts';
import { type ApiRoute, bytesRoute, type RequestContext, route } from '../route.ts';
import { type FindDeps, findRepository } from './find.ts';
import { manifestSchema } from './manifest-schema.ts';
import { tagBody } from './tags.ts';

export interface ManifestRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly images: Pick<Images, 'detail'>;
}

const MAX_LAYERS = 1000;

const params = z.strictObject({ repository: repositoryParam, digest: digestParam });

/** Long texts are truncated and lists end at 200 entries (layers: 1000); the raw manifest is complete. */
export function manifestRoutes(deps: ManifestRoutesDeps): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/repositories/{repository}/-/manifests/{digest}',
      id: 'getManifest',
      policy: 'browse',
      group: 'Manifests',
      summary: 'Get a manifest with all details',
      description: 'Of an index, `content` is one of its platforms: `linux/amd64` where there is one.',
      params,
      query: z.strictObject({
        platform: z
          .string()
          .max(200)
          .optional()
          .meta({ description: 'Which one to describe.', examples: ['linux/arm64'] }),
        secrets: secretsParam,
      }),
      response: manifestSchema,
      handler: async ({ params, query: { platform, secrets } }, context) =>
        manifestBody(await detailOf(deps, params, context, platform), maskingOf(secrets)),
    }),
    bytesRoute({
      path: '/repositories/{repository}/-/manifests/{digest}/raw',
      id: 'getRawManifest',
      policy: 'browse',
      group: 'Manifests',
      summary: 'Get the raw manifest',
      params,
      handler: async (given, context) => {
        const { raw, mediaType, digest } = await detailOf(deps, given, context);
        if (raw === null) throw notFoundOrHidden();
        return { bytes: Buffer.from(raw), mediaType: safeMediaType(mediaType), etag: digest };
      },
    }),
  ];
}

/** Headers cannot contain line breaks, and a manifest must not be served as HTML. */
function safeMediaType(text: string): string {
  return /^application\/[\w.+-]+$/.test(text) && !/html/i.test(text) ? text : 'application/octet-stream';
}

async function detailOf(
  deps: ManifestRoutesDeps,
  { repository, digest }: z.infer<typeof params>,
  context: RequestContext,
  platform?: string,
): Promise<ImageDetail> {
  await findRepository(deps, context, repository);
  const found = await deps.images.detail(repository, digest, platform, await context.visibility());
  if (found === undefined) throw notFoundOrHidden();
  return found;
}

function manifestBody(image: ImageDetail, masking: Masking): z.input<typeof manifestSchema> {
  const { repository, digest, kind, mediaType, artifactType, sizeBytes, uniqueBytes, subjectDigest } = image;
  return {
    ...{ repository, digest, kind, mediaType: clip(mediaType), artifactType, subjectDigest },
    sizeBytes: knownBytes(sizeBytes),
    uniqueBytes: sizeBytes === 0 ? null : uniqueBytes,
    createdAt: timeOrNull(image.createdAt),
    fetchedAt: timeOrNull(image.fetchedAt),
    annotations: clipRecord(masking.record(image.annotations)),
    tags: clipList(image.tags).map(tagBody),
    tagCount: image.tags.length,
    parents: clipList(image.parents),
    platforms: clipList(image.platforms).map(entryBody),
    attestations: clipList(image.attestations).map(entryBody),
    others: clipList(image.others).map(entryBody),
    isListCut: image.isListCut || image.platforms.length > MAX_ENTRIES,
    content: image.content === undefined ? null : contentBody(image.content, masking),
    referrers: clipList(image.referrers).map((referrer) => referrerBody(referrer, masking)),
    problems: clipList(image.problems).map((problem) => ({ ...problem })),
  };
}

function entryBody({ digest, platform, mediaType, kind, sizeBytes, createdAt, isMissing }: PlatformEntry) {
  const texts = { digest, platform, mediaType: clip(mediaType), kind };
  return { ...texts, sizeBytes: knownBytes(sizeBytes), createdAt: timeOrNull(createdAt), isMissing };
}

function referrerBody({ annotations, createdAt, ...rest }: Referrer, masking: Masking) {
  return { ...rest, createdAt: timeOrNull(createdAt), annotations: clipRecord(masking.record(annotations)) };
}

function contentBody(content: ImageContent, masking: Masking) {
  const { digest, platform, sizeBytes, layers, dockerfile, configDigest, config } = content;
  return {
    ...{ digest, platform, sizeBytes: knownBytes(sizeBytes), configDigest },
    layers: clipList(layers, MAX_LAYERS).map((layer) => layerBody(layer, masking)),
    history: clipList(dockerfile, MAX_LAYERS).map((step) => stepBody(step, masking)),
    config: config === undefined ? null : configBody(config, masking),
  };
}

function layerBody({ digest, mediaType, sizeBytes, keptAt, annotations, command, alsoIn }: LayerRow, masking: Masking) {
  const text = command && `${command.instruction} ${command.text}`.trim();
  return {
    ...{ digest, mediaType: clip(mediaType), alsoIn },
    // Foreign layers take 0 bytes here, which is known.
    sizeBytes: keptAt === '' ? knownBytes(sizeBytes) : sizeBytes,
    annotations: clipRecord(masking.record(annotations)),
    command: text === undefined ? null : clip(masking.text(text)),
  };
}

function stepBody({ instruction, text, createdAt, layer }: DockerfileStep, masking: Masking) {
  const texts = { instruction: clip(instruction), text: clip(masking.text(text)) };
  return { ...texts, createdAt: timeOrNull(createdAt), layer: layer ?? null };
}

function configBody({ created, architecture, os, variant, author, config }: ImageConfig, masking: Masking) {
  const texts = (values: readonly string[]) => clipList(values).map((text) => clip(masking.text(text)));
  return {
    created: timeOrNull(created),
    architecture: architecture ?? null,
    os: os ?? null,
    variant: variant ?? null,
    author: author === undefined ? null : clip(author),
    environment: clipList(config.env).map((line) => clip(masking.assignment(line))),
    labels: clipRecord(masking.record(config.labels)),
    entrypoint: texts(config.entrypoint),
    command: texts(config.cmd),
    user: clip(config.user),
    workingDirectory: clip(config.workingDir),
    exposedPorts: texts(config.exposedPorts),
    volumes: texts(config.volumes),
    stopSignal: clip(config.stopSignal),
    healthcheck: texts(config.healthcheck),
    shell: texts(config.shell),
    onBuild: texts(config.onBuild),
  };
}

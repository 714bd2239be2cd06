/** Schema of a manifest. */
import { z } from 'zod';
import {
  bytes,
  count,
  digest,
  imageBytes,
  kind,
  mediaType,
  platform,
  repositoryName,
  tagName,
  time,
} from '../fields.ts';
import { tagSchema } from './tags.ts';

const annotations = z
  .record(z.string(), z.string())
  .meta({ examples: [{ 'org.opencontainers.image.version': '1.0' }] });

const layerSchema = z.strictObject({
  digest,
  mediaType,
  sizeBytes: imageBytes,
  annotations,
  command: z
    .string()
    .nullable()
    .meta({ description: 'The step that made it.', examples: ['RUN apk add curl'] }),
  alsoIn: count.describe('Other images with the same layer that the caller may see, counted up to 1000.'),
});

const configSchema = z.strictObject({
  created: time.nullable(),
  architecture: z
    .string()
    .nullable()
    .meta({ examples: ['arm64'] }),
  os: z
    .string()
    .nullable()
    .meta({ examples: ['linux'] }),
  variant: z.string().nullable(),
  author: z.string().nullable(),
  environment: z.array(z.string().meta({ examples: ['PATH=/usr/bin'] })),
  labels: z.record(z.string(), z.string()),
  entrypoint: z.array(z.string()),
  command: z.array(z.string()),
  user: z.string(),
  workingDirectory: z.string(),
  exposedPorts: z.array(z.string()),
  volumes: z.array(z.string()),
  stopSignal: z.string(),
  healthcheck: z.array(z.string()),
  shell: z.array(z.string()),
  onBuild: z.array(z.string()),
});

const stepSchema = z.strictObject({
  instruction: z.string().meta({ examples: ['RUN'] }),
  text: z.string().meta({ examples: ['apk add curl'] }),
  createdAt: time.nullable(),
  layer: count.nullable().describe('Position in `layers`; null for steps that made none.'),
});

const contentSchema = z.strictObject({
  digest,
  platform,
  sizeBytes: imageBytes,
  layers: z.array(layerSchema),
  history: z.array(stepSchema).describe('The steps of the build, as lines of a Dockerfile.'),
  configDigest: digest.nullable(),
  config: configSchema.nullable().describe('null for artifacts, and while it could not be read.'),
});

const entrySchema = z
  .strictObject({
    digest,
    platform,
    mediaType,
    kind,
    sizeBytes: imageBytes,
    createdAt: time.nullable(),
    isMissing: z.boolean(),
  })
  .meta({ id: 'PlatformEntry' });

export const manifestSchema = z
  .strictObject({
    repository: repositoryName,
    digest,
    kind,
    mediaType,
    artifactType: z.string().nullable(),
    sizeBytes: imageBytes.describe(
      'Configuration and layers, each once; of an index: of all its platforms together. null: not known.',
    ),
    uniqueBytes: imageBytes.describe('Of these, what nothing else uses that the caller can pull.'),
    createdAt: time.nullable(),
    fetchedAt: time.nullable(),
    annotations,
    subjectDigest: digest.nullable(),
    tags: z.array(tagSchema),
    tagCount: count,
    parents: z.array(digest).describe('Indexes of this repository that list it.'),
    platforms: z.array(entrySchema).describe('Of an index; nested ones are opened up.'),
    attestations: z.array(entrySchema).describe('What BuildKit put beside the images of the index.'),
    others: z.array(entrySchema).describe('What the index lists without a platform.'),
    isListCut: z.boolean().describe('The index lists more than stands here.'),
    content: contentSchema.nullable().describe('Of the chosen platform; null while it could not be read.'),
    referrers: z.array(
      z.strictObject({
        ...{ digest, kind, mediaType, artifactType: z.string().nullable(), sizeBytes: bytes },
        ...{ createdAt: time.nullable(), annotations, tag: tagName.nullable() },
      }),
    ),
    problems: z.array(z.strictObject({ what: z.string(), digest, message: z.string() })),
  })
  .meta({ id: 'Manifest' });

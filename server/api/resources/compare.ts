import { z } from 'zod';
import { notFoundOrHidden } from '../../access/actor.ts';
import { type ComparedField, type ComparedLayer, compareImages } from '../../catalog/images/compare.ts';
import type { ImageContent, Images, LayerRow } from '../../catalog/images/images.ts';
import { AppError } from '../../errors.ts';
import { parseReferencePath } from '../../registry/documents/reference.ts';
import { bytes, clip, clipList, digest, imageBytes, knownBytes, platform } from '../fields.ts';
import { type Masking, maskingOf, secretsParam } from '../masking.ts';
import { type ApiRoute, type RequestContext, route } from '../route.ts';
import { type FindDeps, findRepository } from './find.ts';

export interface CompareRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly images: Pick<Images, 'detail'>;
}

const MAX_LAYERS = 1000;
const MAX_REFERENCE_LENGTH = 500;
const change = z.enum(['same', 'changed', 'removed', 'added']);

const layerSchema = z.strictObject({ digest, sizeBytes: imageBytes, command: z.string().nullable() });
const fieldSchema = z
  .strictObject({ name: z.string(), change, a: z.string(), b: z.string() })
  .meta({ id: 'ComparedField' });
const sideSchema = z.strictObject({ digest, platform, sizeBytes: imageBytes }).meta({ id: 'ComparedImage' });

const comparisonSchema = z
  .strictObject({
    a: sideSchema,
    b: sideSchema,
    bytes: z.strictObject({
      common: bytes.describe('Of layers that both have.'),
      onlyA: bytes,
      onlyB: bytes,
    }),
    layers: z
      .array(z.strictObject({ change, a: layerSchema.nullable(), b: layerSchema.nullable() }))
      .describe('In their order; `changed`: the same command made another layer. At most 1000.'),
    fields: z.array(fieldSchema),
    environment: z.array(fieldSchema),
    labels: z.array(fieldSchema),
    annotations: z.array(fieldSchema),
  })
  .meta({ id: 'Comparison' });

const reference = (example: string) =>
  z
    .string()
    .max(MAX_REFERENCE_LENGTH)
    .meta({ description: 'Tag or digest of an image: `team/app:v1`, `team/app@sha256:…`.', examples: [example] });

export function compareRoutes(deps: CompareRoutesDeps): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/compare',
      id: 'compareImages',
      policy: 'browse',
      group: 'Manifests',
      summary: 'Compare two images',
      query: z.strictObject({
        a: reference('team/app:v1'),
        b: reference('team/app:v2'),
        platform: z
          .string()
          .max(200)
          .optional()
          .describe('Of both: `linux/arm64`. Default: `linux/amd64`, else the first.'),
        secrets: secretsParam,
      }),
      response: comparisonSchema,
      handler: async ({ query }, context) => {
        const a = await contentOf(deps, query.a, query.platform, context, 'a');
        const b = await contentOf(deps, query.b, query.platform, context, 'b');
        return comparisonBody(a, b, maskingOf(query.secrets));
      },
    }),
  ];
}

async function contentOf(
  deps: CompareRoutesDeps,
  text: string,
  wanted: string | undefined,
  context: RequestContext,
  field: 'a' | 'b',
): Promise<ImageContent> {
  const parsed = parseReferencePath(text);
  if (parsed === undefined || !('tag' in parsed || 'digest' in parsed)) {
    throw new AppError('INVALID', `${field} names no tag and no digest, such as team/app:v1.`, { field });
  }
  await findRepository(deps, context, parsed.repository);
  const target = 'tag' in parsed ? parsed.tag : parsed.digest;
  const found = await deps.images.detail(parsed.repository, target, wanted);
  if (found?.content === undefined) throw notFoundOrHidden();
  return found.content;
}

function comparisonBody(a: ImageContent, b: ImageContent, masking: Masking): z.input<typeof comparisonSchema> {
  const { bytes, layers, fields, environment, labels, annotations } = compareImages(a, b);
  const named = (all: readonly ComparedField[]) => comparedFields(all, masking.value);
  return {
    a: sideBody(a),
    b: sideBody(b),
    bytes: { common: bytes.common, onlyA: bytes.onlyA, onlyB: bytes.onlyB },
    layers: clipList(layers, MAX_LAYERS).map((pair) => comparedLayer(pair, masking)),
    fields: comparedFields(fields, (_name, value) => masking.text(value)),
    ...{ environment: named(environment), labels: named(labels), annotations: named(annotations) },
  };
}

function sideBody({ digest, platform, sizeBytes }: ImageContent) {
  return { digest, platform, sizeBytes: knownBytes(sizeBytes) };
}

function comparedLayer({ change, a, b }: ComparedLayer, masking: Masking) {
  const body = (layer: LayerRow | undefined) => (layer === undefined ? null : layerBody(layer, masking));
  return { change, a: body(a), b: body(b) };
}

function layerBody({ digest, sizeBytes, command }: LayerRow, masking: Masking) {
  const text = command && `${command.instruction} ${command.text}`.trim();
  return { digest, sizeBytes: knownBytes(sizeBytes), command: text === undefined ? null : clip(masking.text(text)) };
}

function comparedFields(fields: readonly ComparedField[], mask: (name: string, value: string) => string) {
  return clipList(fields).map(({ name, change, a, b }) => ({
    ...{ name: clip(name), change, a: clip(mask(name, a)), b: clip(mask(name, b)) },
  }));
}

import { z } from 'zod';
import { notFoundOrHidden } from '../../access/actor.ts';
import type {
  ArtifactDocument,
  CertificateFacts,
  SignedEnvelope,
  Subject,
  TextFile,
} from '../../artifacts/document.ts';
import type { ImageDetail, Images } from '../../catalog/images/images.ts';
import type { Documents, ReadDocument } from '../../catalog/manifests/documents.ts';
import { clip, clipList, count, digest, digestParam, repositoryParam, time, timeOrNull } from '../fields.ts';
import { type ApiRoute, route } from '../route.ts';
import { type FindDeps, findRepository } from './find.ts';

export interface DocumentRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly images: Pick<Images, 'detail'>;
  readonly documents: Pick<Documents, 'read'>;
}

const MAX_PACKAGES = 2000;
const MAX_FILE_LENGTH = 64 * 1024;

const certificate = z
  .strictObject({ subject: z.string(), issuer: z.string(), notBefore: time.nullable(), notAfter: time.nullable() })
  .meta({ id: 'Certificate' });
const seal = z
  .strictObject({
    format: z.enum(['dsse', 'sigstore-bundle']),
    certificate: certificate.nullable(),
    keyHint: z.string(),
    loggedAt: time.nullable(),
  })
  .meta({ id: 'Seal', description: 'The signed envelope it came in: shown, not verified.' });
const subject = z.strictObject({ name: z.string(), digest: z.string() }).meta({ id: 'Subject' });
const fact = z.strictObject({ name: z.string(), value: z.string() }).meta({ id: 'Fact' });
const file = z.strictObject({ text: z.string(), isCut: z.boolean() }).meta({ id: 'TextFile' });
const signed = { seal: seal.nullable(), subjects: z.array(subject) };

const contentSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('sbom'),
      ...signed,
      format: z.string().meta({ examples: ['SPDX 2.3'] }),
      name: z.string(),
      tools: z.array(z.string()),
      createdAt: time.nullable(),
      packages: z
        .array(z.strictObject({ name: z.string(), version: z.string(), license: z.string(), purl: z.string() }))
        .describe('By name, at most 2000.'),
      packageCount: count,
      licenseCount: count,
    }),
    z.strictObject({
      kind: z.literal('provenance'),
      ...signed,
      ...{ format: z.string(), builder: z.string(), buildType: z.string(), source: z.string(), revision: z.string() },
      ...{ entryPoint: z.string(), invocationId: z.string() },
      ...{ startedAt: time.nullable(), finishedAt: time.nullable() },
      parameters: z.array(fact),
      materials: z.array(z.strictObject({ uri: z.string(), digest: z.string() })),
      materialCount: count,
    }),
    z.strictObject({ kind: z.literal('statement'), ...signed, predicateType: z.string(), facts: z.array(fact) }),
    z.strictObject({
      kind: z.literal('signature'),
      ...signed,
      ...{ format: z.string(), identity: z.string(), digest: z.string(), keyHint: z.string() },
      ...{ certificate: certificate.nullable(), signedAt: time.nullable(), annotations: z.array(fact) },
    }),
    z.strictObject({
      kind: z.literal('chart'),
      ...{ readme: file.nullable(), values: file.nullable(), definition: file.nullable() },
      files: z.array(z.strictObject({ name: z.string(), sizeBytes: z.number() })),
      fileCount: count,
    }),
    z.strictObject({ kind: z.literal('other'), text: file.nullable() }),
  ])
  .meta({ id: 'ArtifactContent' });

const documentSchema = z
  .strictObject({
    digest: digest.describe('Of the layer it was read from.'),
    problem: z.enum(['large', 'missing', 'damaged', 'unreachable']).nullable(),
    content: contentSchema.nullable(),
  })
  .meta({ id: 'ArtifactDocument' });

export function documentRoutes(deps: DocumentRoutesDeps): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/repositories/{repository}/-/manifests/{digest}/documents',
      id: 'listDocuments',
      policy: 'browse',
      group: 'Manifests',
      summary: 'Get the content of an SBOM, provenance, signature or chart',
      description: 'Fetched from the registry when somebody first asks, then kept. Images and indexes have none.',
      params: z.strictObject({ repository: repositoryParam, digest: digestParam }),
      response: z.strictObject({ documents: z.array(documentSchema) }).meta({ id: 'ArtifactDocuments' }),
      handler: async ({ params: { repository, digest } }, context) => {
        await findRepository(deps, context, repository);
        const found = await deps.images.detail(repository, digest);
        if (found === undefined) throw notFoundOrHidden();
        const documents = await deps.documents.read(repository, partsOf(found));
        return { documents: documents.map(documentBody) };
      },
    }),
  ];
}

/** Layers of images are file systems, and large. */
function partsOf({ kind, content }: ImageDetail) {
  return kind === 'image' || kind === 'index' ? [] : (content?.layers ?? []);
}

function documentBody({ digest, document, problem }: ReadDocument): z.input<typeof documentSchema> {
  return { digest, problem, content: document === undefined ? null : contentBody(document) };
}

function contentBody(document: ArtifactDocument): z.input<typeof contentSchema> {
  switch (document.kind) {
    case 'sbom': {
      const { createdAt, tools, packages, ...same } = signedBody(document);
      const rows = clipList(packages, MAX_PACKAGES).map((one) => clipFields(one));
      return { ...same, createdAt: timeOrNull(createdAt), tools: clipList(tools).map(clip), packages: rows };
    }
    case 'provenance': {
      const { startedAt, finishedAt, parameters, materials, ...same } = signedBody(document);
      const times = { startedAt: timeOrNull(startedAt), finishedAt: timeOrNull(finishedAt) };
      return { ...same, ...times, parameters: facts(parameters), materials: clipList(materials).map(clipFields) };
    }
    case 'statement': {
      const { facts: given, ...same } = signedBody(document);
      return { ...same, facts: facts(given) };
    }
    case 'signature': {
      const { certificate, signedAt, annotations, ...same } = signedBody(document);
      const more = { signedAt: timeOrNull(signedAt), annotations: facts(annotations) };
      return { ...same, ...more, certificate: certificate === null ? null : certificateBody(certificate) };
    }
    case 'chart': {
      const { readme, values, definition, files, fileCount } = document;
      const texts = { readme: fileBody(readme), values: fileBody(values), definition: fileBody(definition) };
      return { kind: 'chart', ...texts, files: clipList(files).map((one) => ({ ...one })), fileCount };
    }
    default:
      return { kind: 'other', text: fileBody(document.text) };
  }
}

function signedBody<Document extends { readonly seal: SignedEnvelope | null; readonly subjects: readonly Subject[] }>({
  seal,
  subjects,
  ...rest
}: Document) {
  return { ...rest, seal: seal === null ? null : sealBody(seal), subjects: clipList(subjects).map(clipFields) };
}

function sealBody({ format, certificate, keyHint, loggedAt }: SignedEnvelope) {
  const shown = certificate === null ? null : certificateBody(certificate);
  return { format, certificate: shown, keyHint: clip(keyHint), loggedAt: timeOrNull(loggedAt) };
}

function certificateBody({ subject, issuer, notBefore, notAfter }: CertificateFacts) {
  const times = { notBefore: timeOrNull(notBefore), notAfter: timeOrNull(notAfter) };
  return { subject: clip(subject), issuer: clip(issuer), ...times };
}

function facts(pairs: readonly (readonly [string, string])[]) {
  return clipList(pairs).map(([name, value]) => ({ name: clip(name), value: clip(value) }));
}

function clipFields<Row extends object>(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? clip(value) : value]);
  return Object.fromEntries(entries) as Row;
}

function fileBody(found: TextFile | null): TextFile | null {
  if (found === null || found.text.length <= MAX_FILE_LENGTH) return found && { ...found };
  return { text: found.text.slice(0, MAX_FILE_LENGTH), isCut: true };
}

import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';

/** What this page reads of an OpenAPI document. */
export interface ApiDocument {
  readonly info: { readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, ApiSchema>>;
  };
}

interface ApiOperation {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly ApiParameter[];
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

interface ApiResponse {
  readonly content?: Readonly<Record<string, { readonly schema: ApiSchema; readonly example?: unknown }>>;
}

interface ApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: ApiSchema;
  readonly example?: unknown;
}

interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly additionalProperties?: ApiSchema;
  readonly items?: ApiSchema;
  readonly anyOf?: readonly ApiSchema[];
}

export interface ApiDocsPageDeps {
  readonly document: () => ApiDocument;
}

export interface ApiDocsView {
  readonly title: string;
  readonly crumbs: readonly { readonly text: string }[];
  readonly version: string;
  readonly base: string;
  readonly documentHref: string;
  readonly groups: readonly GroupCells[];
  readonly schemas: readonly SchemaCells[];
  readonly problems: readonly { readonly id: string; readonly status: number; readonly text: string }[];
  readonly examples: { readonly account: string; readonly remove: string };
}

/** A piece of a sentence; code stands between backticks in the document. */
interface Piece {
  readonly text: string;
  readonly isCode: boolean;
}

interface GroupCells {
  readonly name: string;
  readonly id: string;
  readonly operations: readonly OperationCells[];
}

export interface OperationCells {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: readonly Piece[];
  readonly parameters: readonly ParameterCells[];
  readonly curl: string;
  readonly mediaType: string;
  /** Where the answer has a name of its own: that alone, and no fields. */
  readonly schema: { readonly name: string; readonly href: string } | null;
  readonly fields: readonly FieldCells[];
  /** JSON text; '' for what is no JSON. */
  readonly example: string;
}

interface ParameterCells {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
  readonly type: string;
  readonly description: readonly Piece[];
  readonly fallback: string;
}

/** One line of a schema; what stands inside another field is moved to the right by its depth. */
interface FieldCells {
  readonly name: string;
  readonly depth: number;
  readonly type: string;
  /** '' or the anchor of a schema with a name. */
  readonly href: string;
  readonly description: readonly Piece[];
}

interface SchemaCells {
  readonly name: string;
  readonly id: string;
  readonly fields: readonly FieldCells[];
}

/** The reference of the JSON API: the OpenAPI document, readable without any script. */
export function apiDocsPage({ document }: ApiDocsPageDeps): PageModule {
  return (routes) => {
    routes.get('/api/docs', 'browse', (page) => page.render('api-docs', apiDocsView(page, document())));
  };
}

export function apiDocsView(
  page: Pick<Page, 't' | 'origin' | 'url' | 'viewer'>,
  { info, servers, paths, components }: ApiDocument,
): ApiDocsView {
  const { origin, t } = page;
  const base = `${origin.secure ? 'https' : 'http'}://${origin.host}${servers[0]?.url ?? ''}`;
  const curl = { base, user: page.viewer.subject.name === '' ? 'lin' : page.viewer.subject.name };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );
  const names = [...new Set(operations.map(([, , { tags }]) => tags[0]))];
  return {
    title: t('api:title'),
    crumbs: [{ text: t('api:title') }],
    version: info.version,
    base,
    documentHref: page.url('/api/v1/openapi.json'),
    groups: names.map((name) => ({
      name: groupName(name, t),
      id: `group-${name.toLowerCase()}`,
      operations: operations
        .filter(([, , { tags }]) => tags[0] === name)
        .map(([path, method, operation]) => operationCells(path, method.toUpperCase(), operation, curl)),
    })),
    schemas: Object.entries(components.schemas).map(([name, schema]) => ({
      name,
      id: `schema-${name}`,
      fields: fieldsOf(schema),
    })),
    problems: problems(t),
    examples: {
      account: `curl -u ${curl.user} ${base}/account`,
      remove: `curl -u ${curl.user} -X DELETE '${base}/repositories/team/app/-/tags/v1?digest=sha256:…'`,
    },
  };
}

/** A group that this page has no word for stands as the document calls it. */
function groupName(name: string, t: Page['t']): string {
  const known = new Map([
    ['Repositories', t('api:group.repositories')],
    ['Tags', t('api:group.tags')],
    ['Manifests', t('api:group.manifests')],
    ['Search', t('api:group.search')],
    ['Space', t('api:group.space')],
    ['Events', t('api:group.events')],
    ['Status', t('api:group.status')],
    ['About', t('api:group.about')],
  ]);
  return known.get(name) ?? name;
}

function problems(t: Page['t']): ApiDocsView['problems'] {
  return [
    { id: 'invalid', status: 400, text: t('api:problem.invalid') },
    { id: 'unauthenticated', status: 401, text: t('api:problem.unauthenticated') },
    { id: 'denied', status: 403, text: t('api:problem.denied') },
    { id: 'not-found', status: 404, text: t('api:problem.not_found') },
    { id: 'method-not-allowed', status: 405, text: t('api:problem.method_not_allowed') },
    { id: 'conflict', status: 409, text: t('api:problem.conflict') },
    { id: 'too-large', status: 413, text: t('api:problem.too_large') },
    { id: 'too-many', status: 429, text: t('api:problem.too_many') },
    { id: 'broken', status: 500, text: t('api:problem.broken') },
    { id: 'upstream', status: 502, text: t('api:problem.upstream') },
    { id: 'unavailable', status: 503, text: t('api:problem.unavailable') },
  ];
}

interface CurlFacts {
  readonly base: string;
  readonly user: string;
}

function operationCells(path: string, method: string, operation: ApiOperation, curl: CurlFacts): OperationCells {
  const { operationId, summary, description = '', parameters, responses } = operation;
  const answer = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  const [mediaType = '', content] = Object.entries(answer?.content ?? {})[0] ?? [];
  return {
    id: operationId,
    method,
    path,
    summary,
    description: piecesOf(description),
    parameters: parameters.map(parameterCells),
    curl: curlLine(path, method, parameters, curl),
    mediaType,
    schema: schemaLink(content?.schema.$ref),
    fields: fieldsOf(content?.schema ?? {}),
    example: content?.example === undefined ? '' : JSON.stringify(content.example, null, 2),
  };
}

function parameterCells({ name, in: place, required, schema, description = '' }: ApiParameter): ParameterCells {
  const fallback = schema.default === undefined ? '' : String(schema.default);
  return { name, place, required, type: typeText(schema), description: piecesOf(description), fallback };
}

function piecesOf(text: string): readonly Piece[] {
  const pieces = text.split('`').map((piece, index) => ({ text: piece, isCode: index % 2 === 1 }));
  return pieces.filter((piece) => piece.text !== '');
}

/** Ready to be pasted: the values are examples, quoted for a shell. */
function curlLine(
  path: string,
  method: string,
  parameters: readonly ApiParameter[],
  { base, user }: CurlFacts,
): string {
  const exampleOf = ({ name, example }: ApiParameter) => (example === undefined ? name : String(example));
  const filled = parameters
    .filter((one) => one.in === 'path')
    .reduce((text, one) => text.replace(`{${one.name}}`, exampleOf(one)), path);
  const query = parameters.filter((one) => one.in === 'query' && one.required);
  const search = query
    .map((one) => `${one.name}=${encodeURIComponent(exampleOf(one)).replaceAll('%3A', ':')}`)
    .join('&');
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  return `curl -u ${user}${verb} '${base}${filled}${search === '' ? '' : `?${search}`}'`;
}

function typeText(schema: ApiSchema): string {
  if (schema.$ref !== undefined) return refName(schema.$ref);
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' | ');
  if (schema.items !== undefined) return `${typeText(schema.items)}[]`;
  if (schema.additionalProperties !== undefined) return `{ [name]: ${typeText(schema.additionalProperties)} }`;
  const type = typeof schema.type === 'string' ? schema.type : (schema.type ?? []).join(' | ');
  return `${schema.format ?? type}${rangeText(schema)}`;
}

function rangeText({ minimum, maximum, maxLength }: ApiSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum}…${maximum}`;
  return maxLength === undefined ? '' : ` ≤ ${maxLength}`;
}

const refName = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1);
const DEEPEST = 4;

/** The fields of an object, those of objects inside of it below each; named schemas are only pointed to. */
function fieldsOf(schema: ApiSchema, depth = 0): readonly FieldCells[] {
  if (depth > DEEPEST) return [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => [
    field(name, one, depth),
    ...fieldsOf(innerOf(one), depth + 1),
  ]);
}

/** What a list holds, or what may also be null. */
function innerOf(schema: ApiSchema): ApiSchema {
  const inner = schema.items ?? schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  return inner.items ?? inner;
}

function schemaLink(ref: string | undefined): OperationCells['schema'] {
  return ref === undefined ? null : { name: refName(ref), href: `#schema-${refName(ref)}` };
}

function field(name: string, schema: ApiSchema, depth: number): FieldCells {
  const { $ref } = innerOf(schema);
  const href = $ref === undefined ? '' : `#schema-${refName($ref)}`;
  return { name, depth, type: typeText(schema), href, description: piecesOf(schema.description ?? '') };
}

import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import {
  type ApiDocument,
  type ApiOperation,
  type ApiParameter,
  type FieldCells,
  fieldsOf,
  type Piece,
  piecesOf,
  refName,
  typeText,
} from './api-document.ts';

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
  /** The fields of the request body. */
  readonly body: readonly FieldCells[];
  readonly curl: string;
  readonly mediaType: string;
  /** A named schema is linked instead of listed; null: the fields are listed. */
  readonly schema: { readonly name: string; readonly href: string } | null;
  readonly fields: readonly FieldCells[];
  /** JSON text; '' for responses that are not JSON. */
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

interface SchemaCells {
  readonly name: string;
  readonly id: string;
  readonly fields: readonly FieldCells[];
}

/** The reference of the JSON API: the OpenAPI document as HTML, without scripts. */
export function apiDocsPage({ document }: ApiDocsPageDeps): PageModule {
  return (routes) => {
    routes.get('/api/docs', 'browse', (page) => page.render('api-docs/api-docs', apiDocsView(page, document())));
  };
}

export function apiDocsView(
  page: Pick<Page, 't' | 'origin' | 'url' | 'viewer'>,
  { info, servers, paths, components }: ApiDocument,
): ApiDocsView {
  const { origin, t } = page;
  const base = `${origin.secure ? 'https' : 'http'}://${origin.host}${servers[0]?.url ?? ''}`;
  const words = summaries(t);
  const curl = { base, user: page.viewer.subject.name === '' ? 'lin' : page.viewer.subject.name };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );
  const names = [...new Set(operations.map(([, , { tags }]) => tags[0]))];
  return {
    title: t('api-docs:title'),
    crumbs: [{ text: t('api-docs:title') }],
    version: info.version,
    base,
    documentHref: page.url('/api/v1/openapi.json'),
    groups: names.map((name) => ({
      name: groupName(name, t),
      id: `group-${name.toLowerCase()}`,
      operations: operations
        .filter(([, , { tags }]) => tags[0] === name)
        .map(([path, method, operation]) => ({
          ...operationCells(path, method.toUpperCase(), operation, curl),
          summary: words.get(operation.operationId) ?? operation.summary,
        })),
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

/** Groups without a translation are shown as in the document. */
function groupName(name: string, t: Page['t']): string {
  const known = new Map([
    ['Repositories', t('api-docs:group.repositories')],
    ['Tags', t('api-docs:group.tags')],
    ['Manifests', t('api-docs:group.manifests')],
    ['Search', t('api-docs:group.search')],
    ['Space', t('api-docs:group.space')],
    ['Events', t('api-docs:group.events')],
    ['Status', t('api-docs:group.status')],
    ['About', t('api-docs:group.about')],
  ]);
  return known.get(name) ?? name;
}

/** Translated summaries by operation id; operations without one are shown as in the document. */
function summaries(t: Page['t']): ReadonlyMap<string, string> {
  return new Map([
    ['listRepositories', t('api-docs:summary.listRepositories')],
    ['getRepository', t('api-docs:summary.getRepository')],
    ['refreshRepository', t('api-docs:summary.refreshRepository')],
    ['getDescription', t('api-docs:summary.getDescription')],
    ['putDescription', t('api-docs:summary.putDescription')],
    ['starRepository', t('api-docs:summary.starRepository')],
    ['unstarRepository', t('api-docs:summary.unstarRepository')],
    ['listFolders', t('api-docs:summary.listFolders')],
    ['listTags', t('api-docs:summary.listTags')],
    ['getTag', t('api-docs:summary.getTag')],
    ['listImages', t('api-docs:summary.listImages')],
    ['listUntagged', t('api-docs:summary.listUntagged')],
    ['planTagDeletion', t('api-docs:summary.planTagDeletion')],
    ['deleteTag', t('api-docs:summary.deleteTag')],
    ['undoDeletion', t('api-docs:summary.undoDeletion')],
    ['planDeletion', t('api-docs:summary.planDeletion')],
    ['deleteSelection', t('api-docs:summary.deleteSelection')],
    ['planUntaggedDeletion', t('api-docs:summary.planUntaggedDeletion')],
    ['listTrash', t('api-docs:summary.listTrash')],
    ['restoreEntries', t('api-docs:summary.restoreEntries')],
    ['getManifest', t('api-docs:summary.getManifest')],
    ['getRawManifest', t('api-docs:summary.getRawManifest')],
    ['listDocuments', t('api-docs:summary.listDocuments')],
    ['compareImages', t('api-docs:summary.compareImages')],
    ['search', t('api-docs:summary.search')],
    ['searchRepositories', t('api-docs:summary.searchRepositories')],
    ['searchImages', t('api-docs:summary.searchImages')],
    ['suggestSearches', t('api-docs:summary.suggestSearches')],
    ['listSpace', t('api-docs:summary.listSpace')],
    ['getSpaceHistory', t('api-docs:summary.getSpaceHistory')],
    ['getRepositorySpaceHistory', t('api-docs:summary.getRepositorySpaceHistory')],
    ['listEvents', t('api-docs:summary.listEvents')],
    ['listRefusals', t('api-docs:summary.listRefusals')],
    ['listAside', t('api-docs:summary.listAside')],
    ['getAside', t('api-docs:summary.getAside')],
    ['getAsideBody', t('api-docs:summary.getAsideBody')],
    ['dismissAside', t('api-docs:summary.dismissAside')],
    ['getStatus', t('api-docs:summary.getStatus')],
    ['acceptLoss', t('api-docs:summary.acceptLoss')],
    ['getAccount', t('api-docs:summary.getAccount')],
    ['getOpenApi', t('api-docs:summary.getOpenApi')],
  ]);
}

function problems(t: Page['t']): ApiDocsView['problems'] {
  return [
    { id: 'invalid', status: 400, text: t('api-docs:problem.invalid') },
    { id: 'unauthenticated', status: 401, text: t('api-docs:problem.unauthenticated') },
    { id: 'denied', status: 403, text: t('api-docs:problem.denied') },
    { id: 'not-found', status: 404, text: t('api-docs:problem.not_found') },
    { id: 'method-not-allowed', status: 405, text: t('api-docs:problem.method_not_allowed') },
    { id: 'conflict', status: 409, text: t('api-docs:problem.conflict') },
    { id: 'too-large', status: 413, text: t('api-docs:problem.too_large') },
    { id: 'too-many', status: 429, text: t('api-docs:problem.too_many') },
    { id: 'broken', status: 500, text: t('api-docs:problem.broken') },
    { id: 'upstream', status: 502, text: t('api-docs:problem.upstream') },
    { id: 'unavailable', status: 503, text: t('api-docs:problem.unavailable') },
  ];
}

interface CurlFacts {
  readonly base: string;
  readonly user: string;
}

function operationCells(
  path: string,
  method: string,
  operation: ApiOperation,
  curl: CurlFacts,
): Omit<OperationCells, 'summary'> {
  const { operationId, description = '', parameters, requestBody, responses } = operation;
  const sent = requestBody?.content?.['application/json'];
  const answer = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  const [mediaType = '', content] = Object.entries(answer?.content ?? {})[0] ?? [];
  return {
    id: operationId,
    method,
    path,
    description: piecesOf(description),
    parameters: parameters.map(parameterCells),
    body: fieldsOf(sent?.schema ?? {}),
    curl: `${curlLine(path, method, parameters, curl)}${dataOption(sent?.example)}`,
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

/** A command with example values, quoted for a shell. */
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

/** In single quotes; examples must not contain any. */
function dataOption(example: unknown): string {
  if (example === undefined) return '';
  return ` -H 'Content-Type: application/json' -d '${JSON.stringify(example).replaceAll("'", '')}'`;
}

function schemaLink(ref: string | undefined): OperationCells['schema'] {
  return ref === undefined ? null : { name: refName(ref), href: `#schema-${refName(ref)}` };
}

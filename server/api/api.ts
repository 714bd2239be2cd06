import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { VisibilityStore } from '../catalog/visibility/visibility.ts';
import { AppError } from '../errors.ts';
import { sendText } from '../http/compress.ts';
import { sendCsv } from '../http/csv.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { Logger } from '../log.ts';
import { type CallerDeps, createCallerOf, requirePolicy } from './caller.ts';
import { createCursors } from './cursors.ts';
import { type OpenApiDocument, openApiDocument } from './openapi.ts';
import { decodeSegment, type PathPattern, pathPattern, queryOf } from './paths.ts';
import { type Problem, problemOf } from './problem.ts';
import { clientError, readJson } from './read-body.ts';
import { type ApiRoute, type BytesAnswer, type CsvAnswer, type RawInput, route } from './route.ts';

export interface ApiDeps extends CallerDeps {
  readonly routes: readonly ApiRoute[];
  readonly visibility: VisibilityStore;
  /** Signs cursors; must be the same after a restart. */
  readonly secret: string;
  /** '' or '/prefix'. */
  readonly basePath: string;
  readonly version: string;
  readonly cookieName: string;
  /** The text of an error in the best language of an `Accept-Language` header. */
  readonly sentence: (error: AppError, acceptLanguage: string | undefined) => Sentence;
  readonly log: Logger;
}

export interface Sentence {
  readonly text: string;
  readonly language: string;
}

export interface Api {
  readonly routes: readonly ApiRoute[];
  /** Handles everything below `/api/v1`; mounted before the pages. */
  readonly handler: RequestHandler;
  /** Built on first use. */
  readonly document: () => OpenApiDocument;
}

const API_PATH = '/api/v1';
const DOCS_PATH = '/api/docs';
const MAX_URL_LENGTH = 8 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
/** Limit for requests with a description: 64 kB with every character escaped. */
const MAX_TEXT_BODY_BYTES = 448 * 1024;
// Only without a session: a page's own request must not open the browser's password dialog.
const CHALLENGE = 'Basic realm="registry-web", charset="UTF-8"';

interface Matched {
  readonly route: ApiRoute;
  readonly params: RawInput['params'];
}

export function createApi(deps: ApiDeps): Api {
  const { visibility, basePath, sessions, log } = deps;
  const url = `${basePath}${API_PATH}`;
  const docs = `${basePath}${DOCS_PATH}`;
  let made: OpenApiDocument | undefined;
  const document = (): OpenApiDocument => {
    made ??= openApiDocument({ ...deps, routes, url });
    return made;
  };
  const routes: readonly ApiRoute[] = [...deps.routes, documentRoute(document)];
  const callerOf = createCallerOf(deps);
  const cursors = createCursors(deps.secret);
  const protect = securityHeaders(deps.originOf);
  const table = routes.map((one) => ({ one, pattern: pathPattern(one.path) }));

  async function answer(request: Request, response: Response): Promise<void> {
    requireShort(request);
    const { route: one, params } = findRoute(table, request, response);
    requireSmall(request, one.body === undefined ? MAX_BODY_BYTES : MAX_TEXT_BODY_BYTES);
    const caller = await callerOf(request, response);
    requirePolicy(one.policy, caller);
    let seen: ReturnType<VisibilityStore['of']> | undefined;
    const context = {
      caller,
      visibility: () => {
        seen ??= visibility.of(caller.rights, caller.address);
        return seen;
      },
    };
    const query = queryOf(searchOf(request));
    const body = one.body === undefined ? undefined : await readJson(request, MAX_TEXT_BODY_BYTES);
    const accepts = one.hasCsv && request.accepts(['json', 'csv']) === 'csv' ? ('csv' as const) : ('json' as const);
    await send(one, await one.run({ params, query, body, accepts }, context, cursors), request, response);
  }

  async function send(one: ApiRoute, body: unknown, request: Request, response: Response): Promise<void> {
    if (one.response === 'bytes') return sendBytes(body as BytesAnswer, request, response);
    if (one.isList) setLinks(body as PageEnds, request, response, url);
    if (one.hasCsv) response.appendHeader('Vary', 'Accept');
    if (one.hasCsv && isCsv(body)) return sendCsv(request, response, { text: body.csv, name: one.id });
    response.status(one.status).type('application/json');
    return sendText(request, response, JSON.stringify(body));
  }

  function fail(error: unknown, request: Request, response: Response): void {
    if (response.headersSent) return void response.destroy();
    let language = 'en';
    const sentence = (known: AppError): string => {
      const found = deps.sentence(known, request.headers['accept-language']);
      language = found.language;
      return found.text;
    };
    const { problem, retryAfterSeconds, id } = problemOf(error, { docs, sentence });
    if (id !== undefined) log.error({ error, id, method: request.method, path: request.path }, 'API request failed');
    if (retryAfterSeconds !== undefined) response.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterSeconds))));
    if (problem.status === 401 && !sessions.isTried(request)) response.set('WWW-Authenticate', CHALLENGE);
    if (problem.status === 413) response.set('Connection', 'close');
    sendProblem(response, problem, language);
  }

  return {
    routes,
    document,
    handler(request, response) {
      protect(request, response, () => {
        response.set({ 'Cache-Control': 'no-store', Vary: 'Authorization, Cookie, Accept-Language' });
        answer(request, response).catch((error: unknown) => fail(error, request, response));
      });
    },
  };
}

interface Entry {
  readonly one: ApiRoute;
  readonly pattern: PathPattern;
}

/** @throws {AppError} NOT_FOUND, and 405 when the path is known for other methods. */
function findRoute(table: readonly Entry[], request: Request, response: Response): Matched {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const fitting = table.flatMap(({ one, pattern }) => {
    const values = pattern.match(request.path);
    return values === undefined ? [] : [{ one, names: pattern.names, values }];
  });
  const found = fitting.find(({ one }) => one.method === method);
  if (found !== undefined) {
    const values = found.values.map(decodeSegment);
    return { route: found.one, params: Object.fromEntries(found.names.map((name, at) => [name, values[at] ?? ''])) };
  }
  if (fitting.length === 0) {
    throw new AppError('NOT_FOUND', 'The API has no such address.', { key: 'api.no_address' });
  }
  const allowed = fitting.map(({ one }) => (one.method === 'GET' ? 'GET, HEAD' : one.method)).join(', ');
  response.set('Allow', allowed);
  throw clientError(405, `Use one of these methods: ${allowed}.`);
}

function requireShort({ originalUrl }: Request): void {
  if (originalUrl.length > MAX_URL_LENGTH) throw clientError(414, 'The address is too long.');
}

function requireSmall({ headers }: Request, maxBytes: number): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw clientError(413, 'The body is too large.');
}

function searchOf({ url }: Request): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}

function isCsv(body: unknown): body is CsvAnswer {
  return typeof body === 'object' && body !== null && 'csv' in body;
}

interface PageEnds {
  readonly next: string | null;
  readonly previous: string | null;
}

function setLinks({ next, previous }: PageEnds, request: Request, response: Response, url: string): void {
  const links = [
    ...(next === null ? [] : [`<${otherPage(request, url, next)}>; rel="next"`]),
    ...(previous === null ? [] : [`<${otherPage(request, url, previous)}>; rel="prev"`]),
  ];
  if (links.length > 0) response.set('Link', links.join(', '));
}

function otherPage(request: Request, url: string, cursor: string): string {
  const query = new URLSearchParams(searchOf(request));
  query.set('after', cursor);
  return `${url}${request.path}?${query}`;
}

function sendBytes({ bytes, mediaType, etag }: BytesAnswer, request: Request, response: Response): void {
  response.set({ ETag: `"${etag}"`, 'Content-Disposition': 'attachment', 'Content-Type': mediaType });
  if (request.fresh) response.status(304).end();
  else response.status(200).send(bytes);
}

function sendProblem(response: Response, problem: Problem, language: string): void {
  response.status(problem.status).set({ 'Content-Language': language });
  response.type('application/problem+json').send(JSON.stringify(problem));
}

/** The route of the document, which describes itself, too. */
function documentRoute(text: () => OpenApiDocument): ApiRoute {
  return route({
    method: 'GET',
    path: '/openapi.json',
    id: 'getOpenApi',
    policy: 'browse',
    group: 'About',
    summary: 'Get this OpenAPI document',
    response: z.looseObject({ openapi: z.string() }),
    handler: async () => ({ ...text() }),
  });
}

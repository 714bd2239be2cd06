import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';
import { toHttpError } from './http-error.ts';
import { normaliseTarget } from './request-target.ts';

const NOT_FOUND_TEXT =
  'Nothing is served under this path. Tokens come from /api/auth, notifications go to /api/notification, the API is described at /api/docs; images are in the registry itself.';

export type PlainHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface DispatchOptions {
  /** '' or '/prefix'. */
  readonly basePath: string;
  /** By path without a trailing slash; a path with one is answered as well, without a redirect. */
  readonly handlers: ReadonlyMap<string, PlainHandler>;
  /** Handles every other path: the framework. */
  readonly fallback: RequestListener;
  /** Unknown paths below these are answered 404 as JSON, for clients that are not browsers. With a slash at the end. */
  readonly machinePrefixes?: readonly string[];
  /** Exceptions below `machinePrefixes`, which the fallback handles. */
  readonly pagePrefixes?: readonly string[];
  readonly onError: (error: unknown, path: string) => void;
}

/** Serves the machine endpoints before the framework, which alone would halve their request rate. */
export function createDispatcher(options: DispatchOptions): RequestListener {
  const { basePath, handlers: given, fallback, onError } = options;
  const handlers = new Map<string, PlainHandler>();
  for (const [path, handler] of given) {
    for (const end of ['', '/']) handlers.set(`${basePath}${path}${end}`, handler);
  }
  return (request, response) => {
    normaliseTarget(request);
    const path = pathOf(request.url ?? '/');
    const handler = handlers.get(path) ?? (isUnknown(options, path) ? notFound : undefined);
    if (handler === undefined) return fallback(request, response);
    run(handler, request, response, (error) => onError(error, path));
  };
}

function isUnknown({ basePath, machinePrefixes = [], pagePrefixes = [] }: DispatchOptions, path: string): boolean {
  const below = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
  const isBelow = (place: string) => `${below}/`.startsWith(place);
  return machinePrefixes.some(isBelow) && !pagePrefixes.some(isBelow);
}

function notFound(): never {
  throw new AppError('NOT_FOUND', NOT_FOUND_TEXT);
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

async function run(
  handler: PlainHandler,
  request: IncomingMessage,
  response: ServerResponse,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await handler(request, response);
  } catch (error) {
    onError(error);
    answerError(response, error);
  }
}

/** In the registry's error format, which clients of these endpoints parse. */
function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message, retryAfterSeconds } = toHttpError(error);
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify({ errors: [{ code, message, detail: null }], details: message }));
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';
import { toHttpError } from './http-error.ts';
import { normaliseTarget } from './request-target.ts';

const NOT_THERE =
  'Nothing is served under this path. Tokens come from /api/auth, notifications go to /api/notification, the API is described at /api/docs; images are in the registry itself.';

export type PlainHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface DispatchOptions {
  /** '' or '/prefix'. */
  readonly basePath: string;
  /** Paths without trailing slash; each is also answered with one, never by a redirect. */
  readonly plain: ReadonlyMap<string, PlainHandler>;
  /** Everything else. */
  readonly rest: RequestListener;
  /** Below these only machines ask, so that what is not there is said in JSON. With a slash at the end. */
  readonly machines?: readonly string[];
  /** Below the above, and answered by the rest all the same. */
  readonly pages?: readonly string[];
  readonly onError: (error: unknown, path: string) => void;
}

/** Puts the machine endpoints in front of the framework, which alone would cost half of their rate. */
export function createDispatcher(options: DispatchOptions): RequestListener {
  const { basePath, plain, rest, onError } = options;
  const handlers = new Map<string, PlainHandler>();
  for (const [path, handler] of plain) {
    for (const end of ['', '/']) handlers.set(`${basePath}${path}${end}`, handler);
  }
  return (request, response) => {
    normaliseTarget(request);
    const path = pathOf(request.url ?? '/');
    const handler = handlers.get(path) ?? (isUnknown(options, path) ? notThere : undefined);
    if (handler === undefined) return rest(request, response);
    run(handler, request, response, (error) => onError(error, path));
  };
}

function isUnknown({ basePath, machines = [], pages = [] }: DispatchOptions, path: string): boolean {
  const below = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
  const isBelow = (place: string) => `${below}/`.startsWith(place);
  return machines.some(isBelow) && !pages.some(isBelow);
}

function notThere(): never {
  throw new AppError('NOT_FOUND', NOT_THERE);
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

/** The registry's own error envelope, which is what the clients of these endpoints read. */
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

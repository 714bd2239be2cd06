import type { Request, RequestHandler, Response } from 'express';
import type { OriginOf } from '../../http/client-address.ts';
import type { Cookies } from './cookies.ts';
import { type Csrf, isSameOrigin } from './csrf.ts';
import { csrfBinding } from './page-factory.ts';
import { sessionCookieName } from './session.ts';
import type { Viewer } from './viewer.ts';

export interface SessionGateDeps {
  readonly sessions: RequestHandler;
  readonly viewerOf: (request: Request) => Promise<Viewer>;
  readonly cookies: Cookies;
  readonly csrf: Csrf;
  readonly originOf: OriginOf;
  readonly publicHost: string | undefined;
}

/** Lets the JSON API accept the sessions and CSRF tokens of the web interface. */
export function createSessionGate({ sessions, viewerOf, cookies, csrf, originOf, publicHost }: SessionGateDeps) {
  const isTried = (request: Request) =>
    cookies.read(request, sessionCookieName(originOf(request).secure)) !== undefined;
  return {
    isTried,
    async viewerOf(request: Request, response: Response): Promise<Viewer> {
      if (isTried(request)) await opened(sessions, request, response);
      return viewerOf(request);
    },
    csrfToken: (request: Request): string => csrf.issue(csrfBinding(request, cookies)),
    holdsToken: (request: Request): boolean =>
      csrf.verify(request.headers['x-csrf-token'], csrfBinding(request, cookies)),
    isSameOrigin: (request: Request): boolean => isSameOrigin(request, originOf(request), publicHost),
  };
}
export type SessionGate = ReturnType<typeof createSessionGate>;

function opened(sessions: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void sessions(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}

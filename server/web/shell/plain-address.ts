import type { RequestHandler } from 'express';
import { isBackground } from './background.ts';
import { ownPath } from './own-path.ts';

/** Path and query without the values that are empty; undefined where there are none. */
export function withoutEmptyValues(path: string): string | undefined {
  const start = path.indexOf('?');
  if (start < 0) return undefined;
  const values = [...new URLSearchParams(path.slice(start + 1))];
  const kept = values.filter(([, value]) => value !== '');
  // A form with only empty values leaves a bare question mark, which is removed too.
  if (values.length > 0 && kept.length === values.length) return undefined;
  const query = new URLSearchParams(kept).toString();
  return query === '' ? path.slice(0, start) : `${path.slice(0, start)}?${query}`;
}

/**
 * Redirects to the address without empty query values, which forms without script send: addresses are shared and bookmarked.
 * Only for pages that a browser opens; programs are not redirected.
 */
export function plainAddresses(basePath: string): RequestHandler {
  return (request, response, next) => {
    const isPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    const path = isPage && !isBackground(request) ? ownPath(withoutEmptyValues(request.url)) : undefined;
    if (path === undefined) return next();
    response.set('Cache-Control', 'no-store').redirect(302, `${basePath}${path}`);
  };
}

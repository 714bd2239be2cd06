import type { Request } from 'express';

/**
 * Sent by a script or a prefetch, not by an action of the reader: a refresh, the event stream, a link that is hovered.
 * Background requests do not extend the session, and are not redirected to the sign-in page.
 */
export function isBackground(request: Request): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (request.headers['x-background'] !== undefined || request.path === '/live') return true;
  return isPrefetch(request);
}

/** A speculative fetch: the page may never be shown. */
export function isPrefetch({ headers }: Request): boolean {
  const purpose = headers['sec-purpose'] ?? headers['purpose'];
  return typeof purpose === 'string' && purpose.startsWith('prefetch');
}

/** An open page fetches itself again, to show what changed. */
export function isBackgroundRefresh(request: Request): boolean {
  return isBackground(request) && !isPrefetch(request);
}

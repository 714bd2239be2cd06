import type { Request } from 'express';

/**
 * Nobody did anything: an open page asks for itself again, keeps its stream, or fetches what a pointer rests on. Such a
 * request does not keep a session from running out, and is never sent away to sign in.
 */
export function isBackground(request: Request): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (request.headers['x-background'] !== undefined || request.path === '/live') return true;
  return isPrefetch(request);
}

/** The browser fetches ahead; whether the page is ever shown is open. */
export function isPrefetch({ headers }: Request): boolean {
  const purpose = headers['sec-purpose'] ?? headers['purpose'];
  return typeof purpose === 'string' && purpose.startsWith('prefetch');
}

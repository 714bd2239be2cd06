import type { IncomingMessage } from 'node:http';

/**
 * Rewrites `request.url` to a path that begins with exactly one slash. Accepts the absolute form, which also sets the
 * Host header, and doubled slashes, which a realm with a trailing slash produces.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export function normaliseTarget(request: IncomingMessage): void {
  const { url = '/' } = request;
  if (url.startsWith('/') && !url.startsWith('//')) return;
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (authority !== undefined) request.headers.host = authority.slice(authority.lastIndexOf('@') + 1);
  request.url = (authority === undefined ? url : rest).replace(/^\/*(?!\*$)/, '/');
}

import type { IncomingMessage } from 'node:http';

/**
 * The target as everything behind reads it: a path that begins with one slash. The absolute form, which every server has
 * to take, also says the host; two slashes at the begin are what a realm with a slash too many makes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export function normaliseTarget(request: IncomingMessage): void {
  const { url = '/' } = request;
  if (url.startsWith('/') && !url.startsWith('//')) return;
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (authority !== undefined) request.headers.host = authority.slice(authority.lastIndexOf('@') + 1);
  request.url = (authority === undefined ? url : rest).replace(/^\/*(?!\*$)/, '/');
}

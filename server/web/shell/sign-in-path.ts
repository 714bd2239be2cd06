import type { Request } from 'express';
import { ownPath } from './own-path.ts';

/** Address of the sign-in page, with the page to return to: the requested one, or the one with the submitted form. */
export function signInPath(request: Request): string {
  const isForm = request.method !== 'GET' && request.method !== 'HEAD';
  const next = isForm ? pageOfForm(request) : ownPath(request.url);
  const query = new URLSearchParams();
  if (next !== undefined && next !== '/') query.set('next', next);
  // The sign-in page says that the form was not executed.
  if (isForm && request.path !== '/sign-out') query.set('undone', '1');
  const text = query.toString();
  return text === '' ? '/login' : `/login?${text}`;
}

/** Every page names itself to its own site (`Referrer-Policy: same-origin`). */
function pageOfForm({ headers, baseUrl, path }: Request): string | undefined {
  const { referer } = headers;
  if (path === '/sign-out' || referer === undefined || !URL.canParse(referer)) return undefined;
  const { host, pathname, search } = new URL(referer);
  // Behind a proxy the host may be another one; then the start page is next.
  if (host !== headers.host || !pathname.startsWith(`${baseUrl}/`)) return undefined;
  return ownPath(`${pathname.slice(baseUrl.length)}${search}`);
}

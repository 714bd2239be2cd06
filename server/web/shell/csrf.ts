import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import type { ClientOrigin } from '../../http/client-address.ts';

/**
 * CSRF token of a form: a random part and its HMAC over the session or, before sign-in, the visitor's random value. A
 * token of one session is invalid in another.
 */
export function createCsrf(secret: string) {
  const sign = (binding: string, random: string) =>
    createHmac('sha256', secret).update(`csrf\0${binding}\0${random}`).digest('base64url');
  return {
    issue(binding: string): string {
      const random = randomBytes(16).toString('base64url');
      return `${random}.${sign(binding, random)}`;
    },
    verify(token: unknown, binding: string): boolean {
      if (typeof token !== 'string' || binding === '') return false;
      const [random = '', mac = ''] = token.split('.');
      return isEqual(mac, sign(binding, random));
    },
  };
}
export type Csrf = ReturnType<typeof createCsrf>;

export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * What the browser itself says about where the request comes from. Over plain HTTP it sends no `Sec-Fetch-Site`; there
 * `Origin` is compared, by host only, because a proxy may have taken the https away.
 * @param publicHost Host of `server.public_url`: a proxy may also have replaced the Host header.
 */
export function isSameOrigin(request: Request, origin: ClientOrigin, publicHost: string | undefined): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const from = request.headers.origin;
  if (from === undefined) return true;
  const host = URL.canParse(from) ? new URL(from).host : '';
  return host !== '' && (host === hostOf(origin) || host === publicHost);
}

/** `Host` may name the default port, `Origin` never does. */
function hostOf({ host, secure }: ClientOrigin): string {
  const text = `${secure ? 'https' : 'http'}://${host}`;
  return URL.canParse(text) ? new URL(text).host : '';
}

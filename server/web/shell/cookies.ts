import { createHmac } from 'node:crypto';
import { parse as parseCookies } from 'cookie';
import type { Request, Response } from 'express';
import type { OriginOf } from '../../http/client-address.ts';
import { isEqual } from './csrf.ts';
import type { Flash } from './page.ts';

const parsed = new WeakMap<Request, ReturnType<typeof parseCookies>>();

export function readCookie(request: Request, name: string): string | undefined {
  // As they are written: none of ours needs an encoding.
  const cookies = parsed.get(request) ?? parseCookies(request.headers.cookie ?? '', { decode: String });
  parsed.set(request, cookies);
  return cookies[name];
}

const PREFERENCE_MS = 365 * 86_400_000;

/** Small cookies beside the session: a visitor's random value, language, colour scheme, and a one-time message. */
export function createCookies({ originOf, basePath, secret }: CookieOptions) {
  const path = basePath === '' ? '/' : basePath;
  const options = (request: Request) => ({
    path,
    httpOnly: true,
    sameSite: 'lax' as const,
    secure: originOf(request).secure,
    encode: String,
  });
  const sign = (text: string) => createHmac('sha256', secret).update(`flash\0${text}`).digest('base64url');
  return {
    read: readCookie,
    set(request: Request, response: Response, name: string, value: string): void {
      response.cookie(name, value, options(request));
    },
    keep(request: Request, response: Response, name: string, value: string): void {
      response.cookie(name, value, { ...options(request), maxAge: PREFERENCE_MS });
    },
    putFlash(request: Request, response: Response, flash: Flash): void {
      const text = Buffer.from(JSON.stringify(flash)).toString('base64url');
      response.cookie('rw-flash', `${text}.${sign(text)}`, { ...options(request), maxAge: 60_000 });
    },
    hasFlash: (request: Request): boolean => readCookie(request, 'rw-flash') !== undefined,
    /** Shown once: reading it removes it. */
    takeFlash(request: Request, response: Response): Flash | undefined {
      const cookie = readCookie(request, 'rw-flash');
      if (cookie === undefined) return undefined;
      response.clearCookie('rw-flash', options(request));
      const [text = '', mac = ''] = cookie.split('.');
      return isEqual(mac, sign(text)) ? (JSON.parse(Buffer.from(text, 'base64url').toString()) as Flash) : undefined;
    },
  };
}
export interface CookieOptions {
  readonly originOf: OriginOf;
  readonly basePath: string;
  readonly secret: string;
}
export type Cookies = ReturnType<typeof createCookies>;

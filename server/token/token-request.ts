import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';
import { readForm } from './read-form.ts';
import { parseScopes, type Scope } from './scope.ts';

export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'refresh'; readonly refreshToken: string }
  /** An `Authorization` header that is not valid Basic authentication; not the same as none. */
  | { readonly kind: 'unreadable' };

/** A token request, by GET or POST. */
export interface ParsedRequest {
  readonly credential: Credential;
  /** '' when the client names none. */
  readonly service: string;
  readonly scopes: readonly Scope[];
  readonly wantsRefreshToken: boolean;
  readonly clientId: string;
}

// No user name and password are longer than this.
const MAX_AUTHORIZATION_LENGTH = 16 * 1024;
const MAX_CLIENT_ID_LENGTH = 100;

/**
 * @throws {AppError} INVALID for what cannot be understood, TOO_LARGE above 12 KB of scopes.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function parseGet(request: IncomingMessage): ParsedRequest {
  const url = request.url ?? '';
  const start = url.indexOf('?');
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  const credential = basicCredential(request);
  refuseOtherAccount(single(query, 'account'), credential);
  return { ...common(query), credential, wantsRefreshToken: single(query, 'offline_token') === 'true' };
}

/**
 * Parameters are read from the body only: the query of a POST ends up in the logs of proxies.
 * @throws {AppError} INVALID for what cannot be understood, TOO_LARGE above 64 KB of form or 12 KB of scopes.
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 */
export async function parsePost(request: IncomingMessage): Promise<ParsedRequest> {
  const form = await readForm(request);
  const credential = formCredential(form, basicCredential(request));
  return { ...common(form), credential, wantsRefreshToken: single(form, 'access_type') === 'offline' };
}

function common(params: URLSearchParams) {
  return {
    service: single(params, 'service') ?? '',
    scopes: parseScopes(params.getAll('scope')),
    clientId: (single(params, 'client_id') ?? '').slice(0, MAX_CLIENT_ID_LENGTH),
  };
}

/** A repeated parameter is refused: a proxy in front of us might read the other value. */
function single(params: URLSearchParams, name: string): string | undefined {
  const values = params.getAll(name);
  if (values.length > 1) throw new AppError('INVALID', `The parameter ${name} was given more than once`);
  return values[0];
}

/** The `account` parameter must match the user name of the password; it never selects another user. */
function refuseOtherAccount(account: string | undefined, credential: Credential): void {
  if (account === undefined || account === '' || credential.kind !== 'password') return;
  if (account.toLowerCase() === credential.username.toLowerCase()) return;
  throw new AppError('INVALID', 'The account parameter names another user than the Authorization header');
}

function basicCredential(request: IncomingMessage): Credential {
  const header = request.headers.authorization;
  if (header === undefined || header === '') return { kind: 'none' };
  if (header.length > MAX_AUTHORIZATION_LENGTH) throw new AppError('INVALID', 'The Authorization header is too long');
  if (header.slice(0, 6).toLowerCase() !== 'basic ') return { kind: 'unreadable' };
  const text = Buffer.from(header.slice(6).trim(), 'base64').toString('utf8');
  // Only the first colon separates: a password may hold more of them.
  const colon = text.indexOf(':');
  if (colon < 0) return { kind: 'unreadable' };
  return { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function formCredential(form: URLSearchParams, basic: Credential): Credential {
  const grantType = single(form, 'grant_type');
  const username = single(form, 'username');
  const password = single(form, 'password');
  const refreshToken = single(form, 'refresh_token');
  if (grantType === 'refresh_token') {
    if (refreshToken === undefined) throw new AppError('INVALID', 'The form has no refresh_token');
    return { kind: 'refresh', refreshToken };
  }
  if (grantType !== 'password' && !(grantType === undefined && basic.kind !== 'none')) throw unsupported(grantType);
  if (username === undefined && password === undefined && basic.kind !== 'none') return basic;
  if (username === undefined || password === undefined)
    throw new AppError('INVALID', 'The form has no username and password');
  const credential: Credential = { kind: 'password', username, password };
  if (basic.kind === 'password') refuseOtherAccount(basic.username, credential);
  return credential;
}

/** The OAuth error code (RFC 6749 §5.2); used as the key of the `AppError`. */
export const UNSUPPORTED_GRANT_TYPE = 'unsupported_grant_type';

function unsupported(grantType: string | undefined): AppError {
  if (grantType === undefined) return new AppError('INVALID', 'The form has no grant_type');
  return new AppError('INVALID', 'The grant_type must be password or refresh_token', { key: UNSUPPORTED_GRANT_TYPE });
}

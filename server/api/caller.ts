import type { Request, Response } from 'express';
import type { Access } from '../access/engine.ts';
import type { Rights } from '../access/rights.ts';
import type { CredentialChecker, CredentialResult } from '../accounts/credentials.ts';
import { AppError } from '../errors.ts';
import type { OriginOf } from '../http/client-address.ts';
import type { Policy } from './policy.ts';

/** The authenticated caller. */
export interface Caller {
  readonly rights: Rights;
  readonly isSignedIn: boolean;
  readonly address: string;
  readonly via: 'session' | 'basic' | 'none';
  /** CSRF token of the session; null without one. */
  readonly csrfToken: string | null;
}

/** Session functions of the pages, passed in by `app/`. */
export interface SessionGate {
  /** The account of the session cookie, else anonymous; without sign-in, the rights that everybody has. */
  readonly viewerOf: (request: Request, response: Response) => Promise<SessionViewer>;
  /** Whether the request has a session cookie, valid or not. */
  readonly isTried: (request: Request) => boolean;
  readonly csrfToken: (request: Request) => string;
  /** Whether the request has a valid `X-CSRF-Token`, so it comes from our own page. */
  readonly holdsToken: (request: Request) => boolean;
  /** False when the browser says that another site sent the request. */
  readonly isSameOrigin: (request: Request) => boolean;
}

export interface SessionViewer {
  readonly rights: Rights;
  readonly isSignedIn: boolean;
  readonly mustChangePassword: boolean;
}

export interface CallerDeps {
  readonly access: Pick<Access, 'rightsOf'>;
  readonly credentials: Pick<CredentialChecker, 'check'>;
  readonly originOf: OriginOf;
  readonly sessions: SessionGate;
  readonly publicUrl: string;
  readonly authEnabled: boolean;
}

const SAFE = new Set(['GET', 'HEAD']);
const THROTTLE_SECONDS = 30;

/**
 * Authenticates a request. If there is an `Authorization` header, only that counts, even if it is wrong. Otherwise the
 * session, which needs a CSRF token for everything but reading.
 */
export function createCallerOf(deps: CallerDeps) {
  const { access, credentials, originOf, sessions, publicUrl, authEnabled } = deps;

  async function byBasic(secret: string, address: string): Promise<Caller> {
    const [username, password] = namePassword(secret);
    const result = await credentials.check({ username, password, address });
    if (!result.ok) throw refusal(result, publicUrl);
    const { subject, accessVersion } = result.identity;
    const rights = await access.rightsOf(subject, accessVersion);
    return { rights, isSignedIn: true, address, via: 'basic', csrfToken: null };
  }

  async function bySession(request: Request, response: Response, address: string): Promise<Caller> {
    const { rights, isSignedIn, mustChangePassword } = await sessions.viewerOf(request, response);
    if (mustChangePassword) throw changePassword(publicUrl);
    if (isSignedIn && !SAFE.has(request.method) && !sessions.holdsToken(request)) throw crossSiteRequest();
    const csrfToken = isSignedIn ? sessions.csrfToken(request) : null;
    return { rights, isSignedIn, address, via: isSignedIn ? 'session' : 'none', csrfToken };
  }

  /**
   * @throws {AppError} UNAUTHENTICATED, TOO_MANY or UNAVAILABLE for credentials, DENIED for a request of another site.
   */
  return async (request: Request, response: Response): Promise<Caller> => {
    const { address } = originOf(request);
    // Browsers send remembered Basic credentials with requests of other sites, too.
    if (!SAFE.has(request.method) && !sessions.isSameOrigin(request)) throw crossSiteRequest();
    const [scheme = '', secret = ''] = (request.headers.authorization ?? '').trim().split(/\s+/, 2);
    if (scheme === '' || !authEnabled) return bySession(request, response, address);
    if (scheme.toLowerCase() === 'basic') return byBasic(secret, address);
    throw wrongCredentials();
  };
}

function namePassword(secret: string): readonly [string, string] {
  const text = Buffer.from(secret, 'base64').toString('utf8');
  // Only the first colon separates: a password may hold more of them.
  const colon = text.indexOf(':');
  if (colon < 0) throw wrongCredentials();
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/** A disabled account answers like a wrong password, so that nobody learns which accounts exist. */
function refusal(result: CredentialResult & { readonly ok: false }, publicUrl: string): AppError {
  const { reason, retryAfterSeconds = THROTTLE_SECONDS } = result;
  if (reason === 'change-password') return changePassword(publicUrl);
  if (reason === 'throttled') {
    const message = `Too many wrong attempts. Try again in ${retryAfterSeconds} seconds.`;
    return new AppError('TOO_MANY', message, {
      key: 'sign_in.throttled',
      params: { count: retryAfterSeconds },
      retryAfterSeconds,
    });
  }
  if (reason !== 'busy') return wrongCredentials();
  const message = 'Many people sign in at this moment. Try again in a few seconds.';
  return new AppError('UNAVAILABLE', message, { key: 'sign_in.busy', retryAfterSeconds });
}

function wrongCredentials(): AppError {
  return new AppError('UNAUTHENTICATED', 'User name or password is wrong.', { key: 'sign_in.wrong' });
}

function changePassword(publicUrl: string): AppError {
  const url = `${publicUrl}/login`;
  return new AppError('UNAUTHENTICATED', `Choose a new password first, at ${url}.`, {
    key: 'api.change_password',
    params: { url },
  });
}

function crossSiteRequest(): AppError {
  return new AppError('DENIED', 'This request lacks the header X-CSRF-Token of its session, or another site sent it.', {
    key: 'api.foreign',
  });
}

/** @throws {AppError} UNAUTHENTICATED or DENIED when the policy excludes this caller. */
export function requirePolicy(policy: Policy, { rights, isSignedIn }: Caller): void {
  const { isAdmin, isAuditor, rules } = rights;
  if (policy === 'admin' && !isAdmin && (isSignedIn || isAuditor)) {
    throw new AppError('DENIED', 'Only admins can do this.', { key: 'api.admin' });
  }
  if (isSignedIn || isAdmin || isAuditor || (policy === 'browse' && rules.length > 0)) return;
  throw new AppError('UNAUTHENTICATED', 'Sign in first.', { key: 'api.sign_in' });
}

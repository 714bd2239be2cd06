import type { Access, Identity } from '../access/engine.ts';
import { ANONYMOUS, type Rights } from '../access/rights.ts';
import type { CredentialChecker, CredentialResult } from '../accounts/credentials.ts';
import type { RefreshTokens } from '../accounts/refresh-tokens.ts';
import {
  BUSY,
  changePasswordFirst,
  type ErrorResponse,
  tooManyFailures,
  WRONG_CREDENTIALS,
  WRONG_REFRESH_TOKEN,
} from './responses.ts';
import type { Credential } from './token-request.ts';

/** Who asks: a signed-in account, an anonymous client, or credentials that were refused. */
export type Caller = ProvenCaller | { readonly refusal: ErrorResponse; readonly reason: string };

export interface ProvenCaller {
  readonly rights: Rights;
  /** Version of users, roles and grants that the rights were read at; the rights may be newer, never older. */
  readonly accessVersion: number;
  /** Undefined for an anonymous client. */
  readonly identity: Identity | undefined;
}

export interface CallerDeps {
  readonly access: Pick<Access, 'identify' | 'rightsOf' | 'version'>;
  readonly credentials: Pick<CredentialChecker, 'check'>;
  /** Undefined while refresh tokens are switched off. */
  readonly refreshTokens: Pick<RefreshTokens, 'redeem'> | undefined;
  readonly service: string;
  readonly publicUrl: string;
}

const DEFAULT_THROTTLE_SECONDS = 30;

/**
 * Verifies the credential. Wrong, throttled or missing passwords are answers of it, with the `reason` for the log; it
 * throws only when something fails.
 */
export async function findCaller(credential: Credential, address: string, deps: CallerDeps): Promise<Caller> {
  if (credential.kind === 'none') return everybody(deps);
  if (credential.kind === 'unreadable') return { refusal: WRONG_CREDENTIALS, reason: 'unreadable' };
  if (credential.kind === 'refresh') return byRefreshToken(credential.refreshToken, deps);
  const { username, password } = credential;
  // Some clients send an empty password once before they ask for it. That is wrong, but it is not a guess that counts
  // for the throttle.
  if (username === '' || password === '') return { refusal: WRONG_CREDENTIALS, reason: 'empty' };
  const result = await deps.credentials.check({ username, password, address });
  if (!result.ok) return { refusal: refusalFor(result, deps.publicUrl), reason: result.reason };
  return known(result.identity, deps);
}

async function everybody({ access }: CallerDeps): Promise<Caller> {
  const accessVersion = await access.version();
  return { rights: await access.rightsOf(ANONYMOUS, accessVersion), accessVersion, identity: undefined };
}

/**
 * A refresh token carries no rights of its own: the rights are those its owner has now. `redeem` has checked that the
 * account is enabled.
 */
async function byRefreshToken(refreshToken: string, deps: CallerDeps): Promise<Caller> {
  const redeemed = await deps.refreshTokens?.redeem(refreshToken, deps.service);
  const identity = redeemed && (await deps.access.identify(redeemed.username));
  if (identity === undefined) return { refusal: WRONG_REFRESH_TOKEN, reason: 'refresh token' };
  return known(identity, deps);
}

async function known(identity: Identity, { access }: CallerDeps): Promise<Caller> {
  const { subject, accessVersion } = identity;
  return { rights: await access.rightsOf(subject, accessVersion), accessVersion, identity };
}

/** A disabled account answers like a wrong password, so that nobody learns which accounts exist. */
function refusalFor(result: CredentialResult & { readonly ok: false }, publicUrl: string): ErrorResponse {
  switch (result.reason) {
    case 'throttled':
      return tooManyFailures(result.retryAfterSeconds ?? DEFAULT_THROTTLE_SECONDS);
    case 'busy':
      return BUSY;
    case 'change-password':
      return changePasswordFirst(publicUrl);
    default:
      return WRONG_CREDENTIALS;
  }
}

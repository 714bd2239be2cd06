import type { Access, Identity } from '../access/engine.ts';
import { ANONYMOUS, type Rights } from '../access/rights.ts';
import type { CredentialChecker, CredentialResult } from '../accounts/credentials.ts';
import type { RefreshTokens } from '../accounts/refresh-tokens.ts';
import {
  BUSY,
  changePasswordFirst,
  type Refusal,
  tooManyFailures,
  WRONG_CREDENTIALS,
  WRONG_REFRESH_TOKEN,
} from './answers.ts';
import type { Credential } from './token-request.ts';

/** Who asks: a proven account, everybody, or nobody we believe. */
export type Caller = ProvenCaller | { readonly refusal: Refusal; readonly reason: string };

export interface ProvenCaller {
  readonly rights: Rights;
  /** The rights are of this version of accounts and grants, or newer. */
  readonly accessVersion: number;
  /** Undefined for everybody. */
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

export async function findCaller(credential: Credential, address: string, deps: CallerDeps): Promise<Caller> {
  if (credential.kind === 'none') return everybody(deps);
  if (credential.kind === 'unreadable') return { refusal: WRONG_CREDENTIALS, reason: 'unreadable' };
  if (credential.kind === 'refresh') return byRefreshToken(credential.refreshToken, deps);
  const { username, password } = credential;
  // Some clients try once without a password before they ask for it: wrong, but nobody's guess.
  if (username === '' || password === '') return { refusal: WRONG_CREDENTIALS, reason: 'empty' };
  const result = await deps.credentials.check({ username, password, address });
  if (!result.ok) return { refusal: refusalFor(result, deps.publicUrl), reason: result.reason };
  return known(result.identity, deps);
}

async function everybody({ access }: CallerDeps): Promise<Caller> {
  const accessVersion = await access.version();
  return { rights: await access.rightsOf(ANONYMOUS, accessVersion), accessVersion, identity: undefined };
}

/** Holds what its owner holds at this moment; the store has looked at the account already. */
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
function refusalFor(result: CredentialResult & { readonly ok: false }, publicUrl: string): Refusal {
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

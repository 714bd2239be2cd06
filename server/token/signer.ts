import type { Bus } from '../bus/bus.ts';
import { type Clock, monotonic } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type AccessEntry, formatAccess, grantAll } from './grant.ts';
import { createKeptTokens, type KeptTokens, type SignedToken } from './kept-tokens.ts';
import type { KeySource, Keys, Layout, SigningKey } from './keys.ts';
import { createLayoutProbe, isUsable, type LayoutStatus, type Trial } from './layout-probe.ts';
import { randomTokenId, signToken } from './sign-token.ts';

export interface SignerOptions {
  readonly keys: Keys;
  readonly config: Config;
  /** Sends a token to `GET /v2/` of the registry; without it the layout is never tried. */
  readonly tryToken?: (token: string) => Promise<Trial>;
  readonly now: () => number;
  readonly clock?: Clock;
  readonly log: Logger;
  readonly bus: Pick<Bus, 'tell'>;
}

export interface TokenRequest {
  /** Name of the authenticated subject; '' for anonymous. */
  readonly subject: string;
  readonly access: readonly AccessEntry[];
  /**
   * What the access was granted on: the account, the version of the rights, the address. A token signed for the same may
   * be handed out again. Undefined: always a new one.
   */
  readonly grantedOn?: string;
  /** Default: `registry.auth.lifetime`. */
  readonly lifetimeSeconds?: number;
}

export interface SignerStatus extends LayoutStatus {
  readonly source: KeySource;
  readonly service: string;
  readonly issuer: string;
  readonly algorithm: string;
  /** Of the operator's or our own CA certificate; undefined for a key alone. */
  readonly certificateNotAfter: number | undefined;
  /** Of the certificate that is sent along now. */
  readonly leafNotAfter: number | undefined;
  /** Less than 30 days are left, or none. */
  readonly certificateRunsOut: boolean;
}

// Clocks that are behind ours a little take a fresh token all the same; registries add 60 s of their own.
const BACKDATED_SECONDS = 10;
const LEEWAY_SECONDS = 60;
const MIN_LIFETIME_SECONDS = 60;
const WARN_BEFORE_MS = 30 * 86_400_000;
// One look at a time at a registry that refuses everything, however many calls it refuses.
const MIN_PAUSE_MS = 5000;

/** Signs every token, in the layout the registry verifies. */
export function createSigner({ keys, config, tryToken, now, clock = monotonic, log, bus }: SignerOptions) {
  const { auth } = config.registry;
  const { service } = auth;
  const minted = createKeptTokens({ share: 0.5, minRemainingSeconds: 1, now, clock });
  // Clients use every token for a minute at least, whatever they are told.
  const issued = createKeptTokens({ share: 0.1, minRemainingSeconds: MIN_LIFETIME_SECONDS, now, clock });
  let trying: Promise<void> | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  const probe = createLayoutProbe({
    signingKeys: keys.signingKeys,
    header: auth.token_header,
    mintWith: async (key) => (await signWith(key, { subject: '', access: [], lifetimeSeconds: 60 })).token,
    tryToken,
    now,
    clock,
    log,
    bus,
  });

  const isReady = (): boolean => !keys.isRenewalDue() && isUsable(currentKey(), now());

  function currentKey(): SigningKey {
    const all = keys.signingKeys();
    const { layout } = probe.status();
    const key = all.find((candidate) => candidate.layout === layout) ?? all.at(-1);
    if (key === undefined) throw new AppError('UNAVAILABLE', 'There is no signing key');
    return key;
  }

  /**
   * The one to sign with now. A clock that was set, or time itself, may have made the leaf useless: it is renewed. Without
   * any certificate that is good, the registry is asked whether it takes the key without one.
   */
  async function usableKey(): Promise<SigningKey> {
    if (keys.isRenewalDue()) await keys.renew();
    const key = currentKey();
    if (isUsable(key, now())) return key;
    await tryAgain();
    return currentKey();
  }

  async function signWith(key: SigningKey, request: TokenRequest): Promise<SignedToken> {
    const issuedAt = Math.floor(now() / 1000);
    const expiresInSeconds = lifetimeWithin(key, issuedAt, request.lifetimeSeconds ?? auth.lifetime);
    const id = randomTokenId();
    const claims = {
      iss: auth.issuer,
      sub: request.subject,
      aud: service,
      exp: issuedAt + expiresInSeconds,
      nbf: issuedAt - BACKDATED_SECONDS,
      iat: issuedAt,
      jti: id,
      access: request.access,
    };
    return { token: await signToken(claims, key), id, expiresInSeconds, issuedAt };
  }

  async function signOrFind(kept: KeptTokens, request: TokenRequest, name: string): Promise<SignedToken> {
    const key = isReady() ? currentKey() : await usableKey();
    const fullName = `${key.layout} ${key.kid} ${request.subject}\n${name}`;
    const known = kept.find(fullName);
    if (known !== undefined) return known;
    const signed = await signWith(key, request);
    kept.keep(fullName, signed);
    return signed;
  }

  /** @throws {AppError} UNAVAILABLE when the certificate that has to go along has run out. */
  async function sign(request: TokenRequest): Promise<SignedToken> {
    const { grantedOn, access } = request;
    if (grantedOn === undefined) return signWith(isReady() ? currentKey() : await usableKey(), request);
    return signOrFind(issued, request, `${grantedOn}\n${formatAccess(access)}`);
  }

  /**
   * A token for our own calls, holding exactly these scopes; kept and given out again for half of its lifetime.
   * @throws {AppError} INVALID for a malformed scope.
   */
  async function mint(scopes: readonly string[], subject = ''): Promise<string> {
    const { token } = await signOrFind(minted, { subject, access: grantAll(scopes) }, scopes.join('\n'));
    return token;
  }

  async function startAnew(): Promise<void> {
    minted.clear();
    issued.clear();
    await probe.probe();
    triedAt = clock();
  }

  /** Not more often than every few seconds, whoever asks. */
  async function tryAgain(): Promise<void> {
    if (clock() - triedAt < MIN_PAUSE_MS) return;
    trying ??= startAnew().finally(() => {
      trying = undefined;
    });
    await trying;
  }

  function status(): SignerStatus {
    const key = currentKey();
    const certificateNotAfter = keys.certificate?.notAfter;
    return {
      ...probe.status(),
      source: keys.source,
      service,
      issuer: auth.issuer,
      algorithm: key.algorithm,
      certificateNotAfter,
      leafNotAfter: key.notAfter,
      certificateRunsOut: certificateNotAfter !== undefined && certificateNotAfter - now() < WARN_BEFORE_MS,
    };
  }

  return {
    sign,
    mint,
    /** A token of ours was refused. Those that we keep may be the reason: they are made anew, in the form that works. */
    noteRefused: tryAgain,
    headerMode: (): Layout => probe.status().layout,
    /** Tries the registry now. */
    probe: probe.probe,
    retry: probe.retry,
    status,
    caPem: keys.caPem,
    jwks: keys.jwks,
    close: probe.close,
  };
}
export type Signer = ReturnType<typeof createSigner>;

/** A token never outlives the certificate it carries. */
function lifetimeWithin(key: SigningKey, issuedAt: number, lifetimeSeconds: number): number {
  if (key.notAfter === undefined) return lifetimeSeconds;
  const left = Math.floor(key.notAfter / 1000) - issuedAt - LEEWAY_SECONDS - 1;
  if (left >= MIN_LIFETIME_SECONDS) return Math.min(lifetimeSeconds, left);
  throw new AppError('UNAVAILABLE', 'The certificate of the signing key has run out. Renew it and restart.', {
    key: 'certificate_ran_out',
  });
}

export type { Layout, LayoutStatus, Trial };

import type { Bus } from '../bus/bus.ts';
import { type Clock, monotonic } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type AccessEntry, formatAccess, grantAll } from './grant.ts';
import type { KeySource, Keys, Layout, SigningKey } from './keys.ts';
import { createLayoutProbe, isUsable, type LayoutStatus, type Trial } from './layout-probe.ts';
import { createReusableTokens, type ReusableTokens, type SignedToken } from './reusable-tokens.ts';
import { randomTokenId, signToken } from './sign-token.ts';

export interface SignerOptions {
  readonly keys: Keys;
  readonly config: Config;
  /** Sends a token to `GET /v2/` of the registry; without it the layout is never tried. */
  readonly tryToken?: (token: string) => Promise<Trial>;
  readonly now: () => number;
  readonly clock?: Clock;
  readonly log: Logger;
  readonly bus: Pick<Bus, 'publish'>;
}

export interface TokenRequest {
  /** Name of the authenticated subject; '' for anonymous. */
  readonly subject: string;
  readonly access: readonly AccessEntry[];
  /**
   * What the grant depended on: account, version of the rights, address. A token signed for the same values may be
   * handed out again. Undefined: always a new token.
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
  /** Expiry of the operator's or our own CA certificate; undefined for a key without a certificate. */
  readonly certificateNotAfter: number | undefined;
  /** Expiry of the certificate in the token header now; undefined when none is sent. */
  readonly leafNotAfter: number | undefined;
  /** The CA certificate expires within 30 days, or has expired. */
  readonly certificateExpiresSoon: boolean;
}

// `nbf` lies a little in the past, for registries whose clock is behind ours; they add 60 s of leeway themselves.
const BACKDATED_SECONDS = 10;
const LEEWAY_SECONDS = 60;
const MIN_LIFETIME_SECONDS = 60;
const WARN_BEFORE_MS = 30 * 86_400_000;
// At most one probe in this time, however many of our calls the registry refuses.
const MIN_PAUSE_MS = 5000;

/**
 * Signs every token, in the layout that the registry verifies. Identical requests get the same token again while it is
 * fresh.
 */
export function createSigner({ keys, config, tryToken, now, clock = monotonic, log, bus }: SignerOptions) {
  const { auth } = config.registry;
  const { service } = auth;
  const minted = createReusableTokens({ share: 0.5, minRemainingSeconds: 1, now, clock });
  // Clients use a token for at least a minute, whatever `expires_in` says.
  const issued = createReusableTokens({ share: 0.1, minRemainingSeconds: MIN_LIFETIME_SECONDS, now, clock });
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
   * The key to sign with now. When the leaf expired, or the clock was set, it is renewed first. Without any valid
   * certificate the registry is probed again: it may accept the key without one.
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

  async function signOrFind(kept: ReusableTokens, request: TokenRequest, name: string): Promise<SignedToken> {
    const key = isReady() ? currentKey() : await usableKey();
    const fullName = `${key.layout} ${key.kid} ${request.subject}\n${name}`;
    const known = kept.get(fullName);
    if (known !== undefined) return known;
    const signed = await signWith(key, request);
    kept.set(fullName, signed);
    return signed;
  }

  /** @throws {AppError} UNAVAILABLE when the certificate of the only accepted layout has expired. */
  async function sign(request: TokenRequest): Promise<SignedToken> {
    const { grantedOn, access } = request;
    if (grantedOn === undefined) return signWith(isReady() ? currentKey() : await usableKey(), request);
    return signOrFind(issued, request, `${grantedOn}\n${formatAccess(access)}`);
  }

  /**
   * A token for our own calls with exactly these scopes, reused for half of its lifetime.
   * @throws {AppError} INVALID for a malformed scope, UNAVAILABLE when the certificate has expired.
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

  /** At most once in 5 s, however many callers. */
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
      certificateExpiresSoon: certificateNotAfter !== undefined && certificateNotAfter - now() < WARN_BEFORE_MS,
    };
  }

  return {
    sign,
    mint,
    /** The registry refused a token of ours: discards the cached tokens and probes which layout works. */
    reportRefused: tryAgain,
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

/** A token never outlives the certificate in its header. */
function lifetimeWithin(key: SigningKey, issuedAt: number, lifetimeSeconds: number): number {
  if (key.notAfter === undefined) return lifetimeSeconds;
  const left = Math.floor(key.notAfter / 1000) - issuedAt - LEEWAY_SECONDS - 1;
  if (left >= MIN_LIFETIME_SECONDS) return Math.min(lifetimeSeconds, left);
  throw new AppError('UNAVAILABLE', 'The certificate of the signing key has expired. Renew it and restart.', {
    key: 'certificate_ran_out',
  });
}

export type { Layout, LayoutStatus, Trial };

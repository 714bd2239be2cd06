import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as timeout } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Access, Identity } from '../access/engine.ts';
import type { UserStore } from '../access/users.ts';
import { type Clock, monotonic } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Urgency } from './fair-queue.ts';
import type { KnownAddresses } from './known-addresses.ts';
import { fitsBcrypt, normalizePassword, type PasswordHasher } from './password.ts';
import { createThrottle, networkOf, type ThrottleResult } from './throttle.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly address: string;
  /** Only for the sign-in form, which then shows the page where the password is replaced. */
  readonly allowMustChange?: boolean;
}

export type CredentialResult =
  | { readonly ok: true; readonly identity: Identity }
  | {
      readonly ok: false;
      /** `disabled` and `change-password` only after the right password. */
      readonly reason: 'wrong' | 'disabled' | 'throttled' | 'busy' | 'change-password';
      readonly retryAfterSeconds?: number;
    };

export interface CredentialCheckerDeps {
  readonly access: Pick<Access, 'identify'>;
  readonly hasher: Pick<PasswordHasher, 'verify'>;
  readonly knownAddresses: Pick<KnownAddresses, 'has' | 'record'>;
  readonly users: Pick<UserStore, 'recordSignIn'>;
  readonly now: () => number;
  readonly clock?: Clock;
  readonly log: Logger;
  /** Delays a throttled attempt. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

const REMEMBERED_MS = 60_000;
const RECOGNISED_MS = 24 * 3600_000;
// As long as the longest throttle period: a wrong password that was counted is not verified again.
const REFUSED_MS = 3600_000;
const MAX_REMEMBERED = 10_000;
const BUSY_SECONDS = 2;

// Same bcrypt cost as real hashes, so that an unknown name takes as long as a wrong password.
const DUMMY_HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

const UNTHROTTLED: ThrottleResult = {
  ...{ allowed: true, isSlow: false, waitMs: 0, retryAfterSeconds: 1 },
  refund: async () => undefined,
};

type Proof = 'right' | 'wrong' | { readonly retryAfterSeconds: number; readonly reason: 'throttled' | 'busy' };

/** One attempt, with name and password normalized. */
interface Attempt {
  readonly name: string;
  readonly secret: string;
  readonly address: string;
  readonly identity: Identity | undefined;
  /** HMAC of account, password version and password, with a key of this process. */
  readonly key: string;
}

/**
 * The only place where passwords are verified, for the sign-in form, Basic authentication and POST alike. Verified and
 * refused passwords are remembered by HMAC, so that clients that send them with each request do not cost a bcrypt
 * computation.
 */
export function createCredentialChecker(deps: CredentialCheckerDeps) {
  const { access, hasher, knownAddresses, users, now, clock = monotonic, log, wait = timeout } = deps;
  const macKey = randomBytes(32);
  const memory = { max: MAX_REMEMBERED, perf: { now: clock }, ttlResolution: 0 };
  const verified = new LRUCache<string, number>({ ...memory, ttl: REMEMBERED_MS });
  // Correct within the last day: verified again, but before other attempts and without throttling.
  const recognised = new LRUCache<string, number>({ ...memory, ttl: RECOGNISED_MS });
  // A client that keeps sending its old password counts as one guess, however often it sends it.
  const refused = new LRUCache<string, true>({ ...memory, ttl: REFUSED_MS });
  const running = new Map<string, Promise<Proof>>();
  const throttle = createThrottle(clock);

  async function check({
    username,
    password,
    address,
    allowMustChange = false,
  }: Credentials): Promise<CredentialResult> {
    // Clients probe with an empty password; that does not count as a guess.
    if (password === '') return { ok: false, reason: 'wrong' };
    const name = username.normalize('NFC').toLowerCase();
    const secret = normalizePassword(password);
    const identity = await access.identify(name);
    const attempt = { name, secret, address, identity, key: keyOf(identity, name, secret) };
    if (identity !== undefined && verified.get(attempt.key) !== undefined) return verdict(identity, allowMustChange);
    if (refused.get(attempt.key) === true) return { ok: false, reason: 'wrong' };
    const proof = await proveOnce(attempt);
    if (proof === 'wrong') return { ok: false, reason: 'wrong' };
    if (proof !== 'right') return { ok: false, ...proof };
    const current = await stillCurrent(attempt);
    return current === undefined ? { ok: false, reason: 'wrong' } : verdict(current, allowMustChange);
  }

  function keyOf(identity: Identity | undefined, name: string, secret: string): string {
    const fields = identity ? [identity.subject.id, identity.passwordVersion, secret] : [0, name, secret];
    return createHmac('sha256', macKey).update(JSON.stringify(fields)).digest('base64url');
  }

  /** `docker pull` sends the same password on many connections at once: one computation answers them all. */
  function proveOnce(attempt: Attempt): Promise<Proof> {
    const key = `${attempt.key} ${networkOf(attempt.address)}`;
    const already = running.get(key);
    if (already !== undefined) return already;
    const proof = prove(attempt).finally(() => running.delete(key));
    running.set(key, proof);
    return proof;
  }

  async function prove(attempt: Attempt): Promise<Proof> {
    const turn = await takeTurn(attempt);
    if (!turn.allowed) return throttled(attempt, turn.retryAfterSeconds);
    if (turn.waitMs > 0) await wait(turn.waitMs);
    try {
      if (!(await isRight(attempt, urgencyOf(attempt, turn)))) return recordFailure(attempt, turn);
      await turn.refund();
      return remember(attempt);
    } catch (error) {
      // An attempt that was not verified does not count.
      await turn.refund();
      if (error instanceof AppError && error.code === 'UNAVAILABLE') {
        return { reason: 'busy', retryAfterSeconds: error.retryAfterSeconds ?? BUSY_SECONDS };
      }
      throw error;
    }
  }

  async function takeTurn({ name, address, identity, key }: Attempt): Promise<ThrottleResult> {
    if (recognised.get(key) !== undefined) return UNTHROTTLED;
    const isKnownAddress = identity !== undefined && (await knownAddresses.has(identity.subject.id, address));
    return throttle.take({ account: name, address, isKnownAddress });
  }

  function urgencyOf({ key }: Attempt, { isSlow }: ThrottleResult & { readonly allowed: true }): Urgency {
    if (recognised.get(key) !== undefined) return 'first';
    return isSlow ? 'slow' : 'normal';
  }

  async function isRight({ identity, name, address, secret }: Attempt, urgency: Urgency): Promise<boolean> {
    const place = { network: networkOf(address), lane: `${name} ${address}`, urgency };
    const hash = identity?.passwordHash;
    // Too long for bcrypt, so it can never have been set; the dummy hash keeps the time the same.
    const usable = fitsBcrypt(secret);
    const known = usable && hash !== undefined ? hash : DUMMY_HASH;
    const matches = await hasher.verify(usable ? secret : '-', known, place);
    return matches && usable && hash !== undefined;
  }

  function remember({ identity, name, address, key }: Attempt): Proof {
    verified.set(key, identity?.subject.id ?? 0);
    recognised.set(key, identity?.subject.id ?? 0);
    log.info({ user: name, address }, 'password verified');
    return 'right';
  }

  function recordFailure(
    attempt: Attempt,
    { isSlow, retryAfterSeconds }: ThrottleResult & { readonly allowed: true },
  ): Proof {
    const { name, address, key } = attempt;
    refused.set(key, true);
    if (isSlow) return throttled(attempt, retryAfterSeconds);
    log.warn({ user: name, address, reason: 'wrong' }, 'sign-in refused');
    return 'wrong';
  }

  function throttled({ name, address }: Attempt, retryAfterSeconds: number): Proof {
    log.warn({ user: name, address, reason: 'throttled', retryAfterSeconds }, 'sign-in refused');
    return { reason: 'throttled', retryAfterSeconds };
  }

  /** The password may have been changed while bcrypt was computing. */
  async function stillCurrent({ name, identity, address }: Attempt): Promise<Identity | undefined> {
    const current = await access.identify(name);
    if (current === undefined || current.subject.id !== identity?.subject.id) return undefined;
    if (current.passwordVersion !== identity.passwordVersion) return undefined;
    if (current.enabled) await noteSignIn(current, address);
    return current;
  }

  async function noteSignIn({ subject }: Identity, address: string): Promise<void> {
    try {
      await users.recordSignIn(subject.id, address, now());
      await knownAddresses.record(subject.id, address);
    } catch (error) {
      // Only information for admins; a failing write must not keep anybody from signing in.
      log.warn({ user: subject.name, reason: errorText(error) }, 'sign-in time not stored');
    }
  }

  return {
    check,
    /**
     * Discards the remembered passwords of a user. Changed passwords and disabled accounts take effect at once even
     * without this.
     */
    forget(userId: number): void {
      for (const memory of [verified, recognised]) {
        for (const [key, id] of [...memory.entries()]) if (id === userId) memory.delete(key);
      }
    },
  };
}
export type CredentialChecker = ReturnType<typeof createCredentialChecker>;

function verdict(identity: Identity, allowMustChange: boolean): CredentialResult {
  if (!identity.enabled) return { ok: false, reason: 'disabled' };
  if (identity.mustChangePassword && !allowMustChange) return { ok: false, reason: 'change-password' };
  return { ok: true, identity };
}

import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as timeout } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Access, Identity } from '../access/engine.ts';
import type { UserStore } from '../access/users.ts';
import { type Clock, monotonic } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Urgency } from './fair-queue.ts';
import type { KnownPlaces } from './known-places.ts';
import { asTyped, isUsable, type PasswordHasher } from './password.ts';
import { createThrottle, networkOf, type Turn } from './throttle.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly address: string;
  /** For the sign-in form alone, which leads on to the page where the password is replaced. */
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
  readonly knownPlaces: Pick<KnownPlaces, 'has' | 'note'>;
  readonly users: Pick<UserStore, 'recordSignIn'>;
  readonly now: () => number;
  readonly clock?: Clock;
  readonly log: Logger;
  /** How a guess waits for its turn. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

const REMEMBERED_MS = 60_000;
const RECOGNISED_MS = 24 * 3600_000;
// As long as the longest limit counts: what is counted already is never computed again.
const REFUSED_MS = 3600_000;
const MAX_REMEMBERED = 10_000;
const BUSY_SECONDS = 2;

// Same cost as real ones, so that an unknown name takes as long as a wrong password.
const DUMMY_HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

const AT_ONCE: Turn = {
  ...{ allowed: true, isSlow: false, waitMs: 0, retryAfterSeconds: 1 },
  refund: async () => undefined,
};

type Proof = 'right' | 'wrong' | { readonly retryAfterSeconds: number; readonly reason: 'throttled' | 'busy' };

/** One attempt, with everything already in its one spelling. */
interface Attempt {
  readonly name: string;
  readonly secret: string;
  readonly address: string;
  readonly identity: Identity | undefined;
  /** Stands for account, password version and secret; says nothing about them. */
  readonly key: string;
}

/** The single way on which a password is checked: form, Basic and POST alike. */
export function createCredentialChecker(deps: CredentialCheckerDeps) {
  const { access, hasher, knownPlaces, users, now, clock = monotonic, log, wait = timeout } = deps;
  const macKey = randomBytes(32);
  const memory = { max: MAX_REMEMBERED, perf: { now: clock }, ttlResolution: 0 };
  const verified = new LRUCache<string, number>({ ...memory, ttl: REMEMBERED_MS });
  // Was right before: computed again, but ahead of everybody and whatever others guess meanwhile.
  const recognised = new LRUCache<string, number>({ ...memory, ttl: RECOGNISED_MS });
  // A client that keeps sending its old password is one guess, however often it asks.
  const refused = new LRUCache<string, true>({ ...memory, ttl: REFUSED_MS });
  const running = new Map<string, Promise<Proof>>();
  const throttle = createThrottle(clock);

  async function check({
    username,
    password,
    address,
    allowMustChange = false,
  }: Credentials): Promise<CredentialResult> {
    // Clients probe without a password; that is no guess.
    if (password === '') return { ok: false, reason: 'wrong' };
    const name = username.normalize('NFC').toLowerCase();
    const secret = asTyped(password);
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
      // What was not tried does not count.
      await turn.refund();
      if (error instanceof AppError && error.code === 'UNAVAILABLE') {
        return { reason: 'busy', retryAfterSeconds: error.retryAfterSeconds ?? BUSY_SECONDS };
      }
      throw error;
    }
  }

  async function takeTurn({ name, address, identity, key }: Attempt): Promise<Turn> {
    if (recognised.get(key) !== undefined) return AT_ONCE;
    const isKnownPlace = identity !== undefined && (await knownPlaces.has(identity.subject.id, address));
    return throttle.take({ account: name, address, isKnownPlace });
  }

  function urgencyOf({ key }: Attempt, { isSlow }: Turn & { readonly allowed: true }): Urgency {
    if (recognised.get(key) !== undefined) return 'first';
    return isSlow ? 'slow' : 'normal';
  }

  async function isRight({ identity, name, address, secret }: Attempt, urgency: Urgency): Promise<boolean> {
    const place = { network: networkOf(address), lane: `${name} ${address}`, urgency };
    const hash = identity?.passwordHash;
    // What bcrypt would cut can never have been set; the dummy keeps the time the same.
    const usable = isUsable(secret);
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

  function recordFailure(attempt: Attempt, { isSlow, retryAfterSeconds }: Turn & { readonly allowed: true }): Proof {
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

  /** The computation took a while: the account may have got another password meanwhile. */
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
      await knownPlaces.note(subject.id, address);
    } catch (error) {
      // Only a note for admins; a busy disk must not keep anybody out.
      log.warn({ user: subject.name, reason: errorText(error) }, 'sign-in time not kept');
    }
  }

  return {
    check,
    /** Drops what is remembered of a user; changes of the password or the account count at once even without. */
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

/**
 * Proving who somebody is: passwords, sessions, refresh tokens, the first admin. What a proven subject may do is decided
 * in `access/`; cookies, forms and headers belong to `web/` and `token/`.
 */
import type { Piscina } from 'piscina';
import { AppError } from '../errors.ts';
import { poolFile } from '../thread.ts';
import type { BcryptTask } from './bcrypt-worker.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { createFairQueue, type QueuePlace } from './fair-queue.ts';

/** bcrypt reads no further; a longer password would be cut without a word, so it is refused instead. */
const MAX_BYTES = 72;
const MIN_CHARACTERS = 8;
export const BCRYPT_COST = 10;

const MAX_RUNNING = 2;
const MAX_WAITING = 400;
// docker gives a token request 15 s; a refusal has to reach it before that.
const MAX_WAIT_MS = 12_000;
const IDLE_MS = 10_000;
const RETRY_AFTER_SECONDS = 2;

/** A password that is being set: by somebody who is signed in, so it goes first. */
const SETTING: QueuePlace = { network: '', lane: '', urgency: 'first' };
const ANYWHERE: QueuePlace = { network: '', lane: '', urgency: 'normal' };

export interface PasswordHasher {
  /** @throws {AppError} UNAVAILABLE after 12 s, or when too many are waiting. */
  readonly hash: (password: string) => Promise<string>;
  /** False for anything that is no bcrypt hash. @throws {AppError} UNAVAILABLE after 12 s, or when too many are waiting. */
  readonly verify: (password: string, hash: string, place?: QueuePlace) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** bcrypt in worker threads that start with the first password and end when idle: two at a time, the others in a fair queue. */
export function createPasswordHasher(): PasswordHasher {
  let pool: Promise<Piscina> | undefined;
  const queue = createFairQueue({
    maxRunning: MAX_RUNNING,
    maxSlowRunning: 1,
    maxWaiting: MAX_WAITING,
    maxWaitMs: MAX_WAIT_MS,
    refusal: busy,
  });

  function run(task: BcryptTask, place: QueuePlace): Promise<unknown> {
    return queue.run(place, async () => {
      pool ??= openPool();
      return (await pool).run(task);
    });
  }
  return {
    hash: async (password) =>
      String(await run({ kind: 'hash', password: asTyped(password), cost: BCRYPT_COST }, SETTING)),
    async verify(password, hash, place = ANYWHERE) {
      if (!isBcrypt(hash) || !isUsable(password)) return false;
      return (await run({ kind: 'verify', password: asTyped(password), hash }, place)) === true;
    },
    close: async () => {
      await (await pool)?.destroy();
      pool = undefined;
    },
  };
}

async function openPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    ...poolFile('bcrypt-worker', import.meta.url),
    minThreads: 0,
    maxThreads: MAX_RUNNING,
    concurrentTasksPerWorker: 1,
    idleTimeout: IDLE_MS,
    recordTiming: false,
  });
}

/** One spelling for letters that can be written in two ways, so that every keyboard gives the same password. */
export function asTyped(password: string): string {
  return password.normalize('NFC');
}

/** Whether bcrypt reads all of it: it stops at 72 bytes and cannot tell a NUL from the end. */
export function isUsable(password: string): boolean {
  return Buffer.byteLength(asTyped(password)) <= MAX_BYTES && !password.includes('\0');
}

function isBcrypt(hash: string): boolean {
  return /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash);
}

/**
 * Checks a password that somebody wants to set; it comes back in the one spelling in which it is hashed.
 * @throws {AppError} INVALID (field `password`).
 */
export function parsePassword(text: string, { username = '' }: { readonly username?: string } = {}): string {
  const password = asTyped(text);
  if (Array.from(password).length < MIN_CHARACTERS) {
    throw refused('password.short', `A password has at least ${MIN_CHARACTERS} characters.`);
  }
  if (Buffer.byteLength(password) > MAX_BYTES) {
    throw refused('password.long', `A password has at most ${MAX_BYTES} bytes; letters beyond a-z take 2 to 4 each.`);
  }
  if (password.includes('\0')) throw refused('password.nul', 'A password cannot contain a NUL character.');
  if (isCommon(password.toLowerCase(), username.toLowerCase())) {
    throw refused('password.common', 'This password is among the first that are tried. Choose another one.');
  }
  return password;
}

function isCommon(password: string, username: string): boolean {
  if (COMMON_PASSWORDS.has(password) || new Set(password).size < 3) return true;
  // The name with a digit or two behind it is the first guess of all.
  return username !== '' && password.replace(/[\d!._-]*$/, '') === username;
}

function refused(key: string, message: string): AppError {
  return new AppError('INVALID', message, {
    key,
    field: 'password',
    params: { least: MIN_CHARACTERS, most: MAX_BYTES },
  });
}

function busy(): AppError {
  return new AppError('UNAVAILABLE', 'Too many sign-ins at this moment. Try again in a few seconds.', {
    key: 'password.busy',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

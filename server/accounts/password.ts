/**
 * Authentication: passwords, sessions, refresh tokens, the first admin. What an account may do is decided in `access/`;
 * cookies, forms and headers belong to `web/` and `token/`.
 */
import type { Piscina } from 'piscina';
import { AppError } from '../errors.ts';
import { poolFile } from '../thread.ts';
import type { BcryptTask } from './bcrypt-worker.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { createFairQueue, type QueuePlace } from './fair-queue.ts';

/** bcrypt ignores everything beyond 72 bytes, so longer passwords are refused. */
const MAX_BYTES = 72;
const MIN_CHARACTERS = 8;
/** 2^10 rounds. */
export const BCRYPT_COST = 10;

const MAX_RUNNING = 2;
const MAX_WAITING = 400;
// docker waits 15 s for a token; an error has to reach it before that.
const MAX_WAIT_MS = 12_000;
const IDLE_MS = 10_000;
const RETRY_AFTER_SECONDS = 2;

/** Setting a password goes first: that person is signed in. */
const SETTING: QueuePlace = { network: '', lane: '', urgency: 'first' };
const ANYWHERE: QueuePlace = { network: '', lane: '', urgency: 'normal' };

export interface PasswordHasher {
  /** @throws {AppError} UNAVAILABLE after 12 s, or when too many are waiting. */
  readonly hash: (password: string) => Promise<string>;
  /** False for anything that is no bcrypt hash. @throws {AppError} UNAVAILABLE after 12 s, or when too many are waiting. */
  readonly verify: (password: string, hash: string, place?: QueuePlace) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/**
 * bcrypt in worker threads: two at a time, other tasks wait in a fair queue. Threads start on demand and end after 10 s
 * without work.
 */
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
      String(await run({ kind: 'hash', password: normalizePassword(password), cost: BCRYPT_COST }, SETTING)),
    async verify(password, hash, place = ANYWHERE) {
      if (!isBcrypt(hash) || !fitsBcrypt(password)) return false;
      return (await run({ kind: 'verify', password: normalizePassword(password), hash }, place)) === true;
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

/** Unicode NFC: the same password from keyboards that compose letters differently. */
export function normalizePassword(password: string): string {
  return password.normalize('NFC');
}

/** Whether bcrypt would read all of it: it ignores what follows 72 bytes or a NUL. */
export function fitsBcrypt(password: string): boolean {
  return Buffer.byteLength(normalizePassword(password)) <= MAX_BYTES && !password.includes('\0');
}

function isBcrypt(hash: string): boolean {
  return /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash);
}

/**
 * Checks a password that is being set and returns it normalized, as it is hashed.
 * @throws {AppError} INVALID (field `password`) when it is shorter than 8 characters, longer than 72 bytes, contains
 * NUL, is common, or is the user name.
 */
export function parsePassword(text: string, { username = '' }: { readonly username?: string } = {}): string {
  const password = normalizePassword(text);
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
  // The user name with a few digits appended is the first thing attackers try.
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

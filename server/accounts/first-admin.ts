import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { GrantStore } from '../access/grants.ts';
import type { RoleStore } from '../access/roles.ts';
import type { User, UserStore } from '../access/users.ts';
import { createAudit } from '../audit/audit.ts';
import { StartError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { createSettings, type Settings } from '../storage/settings.ts';
import { fitsBcrypt, type PasswordHasher } from './password.ts';

export const FIRST_ADMIN = 'admin';
const DEFAULT_PASSWORD = 'admin';
const SETTING = 'setup.code';
// Without characters that are easily confused.
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const CODE_LENGTH = 16;

export interface FirstAdminDeps {
  readonly users: UserStore;
  readonly roles: RoleStore;
  readonly grants: GrantStore;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  /** `admin.password`; null: the default password, which only opens the page that replaces it. */
  readonly password: string | null;
  readonly settings: Settings;
  readonly log: Logger;
}

/**
 * Runs at every start: adds missing built-in roles; on an empty database the first admin; while that admin has the
 * default password, a new one-time code, which is written to the log.
 * @throws {StartError} when the configured password is longer than bcrypt reads.
 */
export async function ensureFirstAdmin(deps: FirstAdminDeps): Promise<void> {
  await deps.roles.ensureBuiltins();
  const isEmpty = (await deps.users.list({ limit: 1 })).total === 0;
  if (isEmpty) await addAdmin(deps);
  await renewCode(deps);
}

async function addAdmin({ users, roles, hasher, password, log }: FirstAdminDeps): Promise<void> {
  if (password !== null && !fitsBcrypt(password)) {
    throw new StartError(['admin.password (ADMIN_PASSWORD) is longer than 72 bytes. Choose a shorter one.']);
  }
  const isDefault = password === null || password === DEFAULT_PASSWORD;
  const role = await roles.find('admin');
  const admin = {
    username: FIRST_ADMIN,
    passwordHash: await hasher.hash(password ?? DEFAULT_PASSWORD),
    mustChangePassword: isDefault,
    roleIds: role === undefined ? [] : [role.id],
    by: '',
  };
  const detail = { roles: role === undefined ? [] : [role.name] };
  // In one transaction: a process killed in between would leave the default password without the code that guards it.
  await users.add(admin, async (transaction, user) => {
    const entry = { actor: '', address: '', action: 'user.add', object: user.username } as const;
    await createAudit(transaction).record({ ...entry, outcome: 'ok', detail });
    if (isDefault) await createSettings(transaction).set(SETTING, codeRecord(user, ''));
  });
  log.info({ user: FIRST_ADMIN }, 'first admin created');
}

/** Only the hash of the code is stored, so every start creates a new one. */
async function renewCode({ users, settings, log }: FirstAdminDeps): Promise<void> {
  const record = parseRecord(await settings.get(SETTING));
  const user = record && (await users.get(record.userId));
  if (user?.mustChangePassword !== true) return settings.remove(SETTING);
  const code = makeCode();
  await settings.set(SETTING, codeRecord(user, hashCode(code)));
  log.warn(
    { user: user.username, code },
    `Sign in as ${user.username} / ${DEFAULT_PASSWORD} and choose a password. From another machine the page asks for this one-time code: ${code}`,
  );
}

/** The one-time code in the log, which is asked for while the default password is valid. */
export function createSetupCode(settings: Settings) {
  return {
    /** True while this user still has the default password, which everybody knows. */
    async isNeededFor(user: Pick<User, 'id' | 'mustChangePassword'>): Promise<boolean> {
      return user.mustChangePassword && parseRecord(await settings.get(SETTING))?.userId === user.id;
    },
    /** Ignores spaces, dashes and case; compares in constant time. */
    async check(code: string): Promise<boolean> {
      const expected = parseRecord(await settings.get(SETTING))?.codeHash ?? '';
      const given = hashCode(code);
      return expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));
    },
    /** To be called once the default password was replaced. */
    clear: (): Promise<void> => settings.remove(SETTING),
  };
}
export type SetupCode = ReturnType<typeof createSetupCode>;

interface CodeRecord {
  readonly userId: number;
  readonly codeHash: string;
}

function codeRecord(user: User, codeHash: string): string {
  return JSON.stringify({ userId: user.id, codeHash } satisfies CodeRecord);
}

function parseRecord(text: string | undefined): CodeRecord | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as CodeRecord);
}

function makeCode(): string {
  const characters = Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return characters.replace(/(.{4})(?=.)/g, '$1-');
}

function hashCode(code: string): string {
  const plain = code.toUpperCase().replace(/[^0-9A-Z]/g, '');
  return createHash('sha256').update(plain).digest('hex');
}

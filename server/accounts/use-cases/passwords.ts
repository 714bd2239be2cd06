/** Setting passwords: for another account, for one's own, and in place of a default or reset one. */
import { type Actor, auditActor, requireAdmin } from '../../access/actor.ts';
import type { User, UserStore } from '../../access/users.ts';
import type { Audit, AuditRecord } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import type { CredentialChecker } from '../credentials.ts';
import type { SetupCode } from '../first-admin.ts';
import { generatePassword } from '../generated-password.ts';
import { type PasswordHasher, parsePassword } from '../password.ts';
import type { RefreshTokens } from '../refresh-tokens.ts';
import type { Sessions } from '../sessions.ts';

export interface PasswordResetDeps {
  readonly users: Pick<UserStore, 'setPassword'>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly sessions: Pick<Sessions, 'endAll'>;
  readonly refreshTokens: Pick<RefreshTokens, 'revokeAll'>;
  readonly setupCode: Pick<SetupCode, 'isNeededFor' | 'clear'>;
  readonly credentials: Pick<CredentialChecker, 'forget'>;
  readonly audit: Pick<Audit, 'record'>;
}

export type PasswordReset = (actor: Actor, user: User) => Promise<string>;

/**
 * Sets a generated password and returns it; it is not stored and has to be changed at the next sign-in. Ends the
 * sessions and refresh tokens of the account.
 * @throws {AppError} DENIED for anybody but admins, NOT_FOUND.
 */
export function createPasswordReset(deps: PasswordResetDeps): PasswordReset {
  const { users, hasher, sessions, refreshTokens, setupCode, credentials, audit } = deps;

  return async (actor, { id, username }) => {
    requireAdmin(actor);
    const secret = generatePassword();
    await users.setPassword(id, await hasher.hash(secret), { mustChange: true });
    // The new password version invalidates them already; this deletes their rows.
    await sessions.endAll(id);
    await refreshTokens.revokeAll(id);
    credentials.forget(id);
    // The default password is gone, so the code from the log is no longer needed.
    if (await setupCode.isNeededFor({ id, mustChangePassword: true })) await setupCode.clear();
    await audit.record({ ...auditActor(actor), action: 'password.reset', object: username, outcome: 'ok' });
    return secret;
  };
}

export interface OwnPasswordDeps {
  readonly users: Pick<UserStore, 'setPassword'>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly credentials: Pick<CredentialChecker, 'check' | 'forget'>;
  readonly setupCode: SetupCode;
  readonly audit: Pick<Audit, 'record'>;
}

/** As entered in the form. */
export interface NewPassword {
  readonly password: string;
  readonly repeated: string;
}

/** Who changes their own password, and from where. */
export interface Owner {
  readonly user: User;
  readonly address: string;
}

/** Each returns the new password version, which invalidates all sessions of the old one. */
export function createOwnPassword({ users, hasher, credentials, setupCode, audit }: OwnPasswordDeps) {
  /** Failed attempts are audited, too: somebody may be trying at an unattended browser. */
  async function change({ user: { id, username }, address }: Owner, given: NewPassword, prove: () => Promise<void>) {
    const entry: Omit<AuditRecord, 'outcome'> = {
      ...{ actor: username, address, action: 'password.change', object: username },
    };
    try {
      await prove();
      const passwordHash = await hasher.hash(chosen(given, username));
      const version = await users.setPassword(id, passwordHash, { mustChange: false });
      credentials.forget(id);
      await audit.record({ ...entry, outcome: 'ok' });
      return version;
    } catch (error) {
      if (error instanceof AppError && error.code === 'INVALID') await audit.record({ ...entry, outcome: 'refused' });
      throw error;
    }
  }

  return {
    /** @throws {AppError} INVALID with the field that is wrong: `current`, `password` or `repeated`. */
    change: (owner: Owner, given: NewPassword & { readonly current: string }): Promise<number> =>
      change(owner, given, async () => {
        const { username } = owner.user;
        const proof = await credentials.check({ username, password: given.current, address: owner.address });
        if (!proof.ok) throw notCurrent(proof);
      }),
    /**
     * Replaces a default or reset password after signing in with it.
     * @param given.code The one-time code from the log; asked from other machines while the default password is valid.
     * @throws {AppError} INVALID with the field that is wrong: `code`, `password` or `repeated`.
     */
    async replace(owner: Owner, given: NewPassword & { readonly code: string; readonly asksCode: boolean }) {
      const isFirstAdmin = await setupCode.isNeededFor(owner.user);
      const version = await change(owner, given, async () => {
        if (given.asksCode && !(await setupCode.check(given.code))) throw wrongCode();
      });
      if (isFirstAdmin) await setupCode.clear();
      return version;
    },
  };
}
export type OwnPassword = ReturnType<typeof createOwnPassword>;

function chosen({ password, repeated }: NewPassword, username: string): string {
  const parsed = parsePassword(password, { username });
  if (password === repeated) return parsed;
  throw new AppError('INVALID', 'The two passwords differ.', { key: 'form.not_equal', field: 'repeated' });
}

function notCurrent({ reason, retryAfterSeconds = 1 }: { reason: string; retryAfterSeconds?: number }): AppError {
  const key = reason === 'wrong' ? 'account.current_wrong' : 'sign_in.throttled';
  const params = { seconds: retryAfterSeconds, count: retryAfterSeconds };
  return new AppError('INVALID', 'This is not your current password.', { key, params, field: 'current' });
}

function wrongCode(): AppError {
  return new AppError('INVALID', 'This is not the code from the log.', { key: 'setup.code', field: 'code' });
}

/** Managing accounts. Each function throws {AppError} DENIED for anybody but admins, and changes nothing then. */
import { type Actor, auditActor, requireAdmin } from '../../access/actor.ts';
import type { GrantStore } from '../../access/grants.ts';
import type { RoleStore } from '../../access/roles.ts';
import type { User, UserStore } from '../../access/users.ts';
import type { AuditAction } from '../../audit/actions.ts';
import type { Audit, AuditDetail } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import type { CredentialChecker } from '../credentials.ts';
import { generatePassword } from '../generated-password.ts';
import { type PasswordHasher, parsePassword } from '../password.ts';
import type { Sessions } from '../sessions.ts';

export interface UserUseCasesDeps {
  readonly users: Pick<UserStore, 'add' | 'setEnabled' | 'remove'>;
  readonly roles: Pick<RoleStore, 'list'>;
  readonly grants: Pick<GrantStore, 'rolesOf'>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly sessions: Pick<Sessions, 'list' | 'endAll' | 'endOthers'>;
  readonly credentials: Pick<CredentialChecker, 'forget'>;
  readonly audit: Pick<Audit, 'record'>;
  /** Deletes the account's refused token requests. */
  readonly forgetRefusals: (username: string) => Promise<unknown>;
}

export interface NewAccount {
  readonly username: string;
  /** '': a password is generated and returned once. */
  readonly password: string;
  readonly mustChangePassword: boolean;
  readonly roleIds: readonly number[];
}

export interface AddedAccount {
  readonly user: User;
  /** The generated password, which is not stored; undefined when one was given. */
  readonly secret: string | undefined;
}

export function createUserUseCases(deps: UserUseCasesDeps) {
  const { users, roles, grants, hasher, sessions, credentials, audit } = deps;
  const note = (actor: Actor, action: AuditAction, object: string, detail: AuditDetail = {}) =>
    audit.record({ ...auditActor(actor), action, object, outcome: 'ok', detail });

  /** @throws {AppError} INVALID (field `role_id`) when a role does not exist. */
  async function namesOf(roleIds: readonly number[]): Promise<readonly string[]> {
    const chosen = (await roles.list()).filter(({ id }) => roleIds.includes(id));
    if (chosen.length === new Set(roleIds).size) return chosen.map(({ name }) => name);
    throw new AppError('INVALID', 'There is no such role.', { key: 'role.unknown', field: 'role_id' });
  }

  /** What is deleted with the account, for the confirmation and the audit entry. */
  async function readHeld({ id }: Pick<User, 'id'>) {
    const [held, live] = await Promise.all([grants.rolesOf({ kind: 'user', id }), sessions.list(id)]);
    return { roles: held.map(({ name }) => name), sessions: live.length };
  }

  return {
    /** @throws {AppError} CONFLICT when the name is taken, INVALID for a bad name, password or role. */
    async add(actor: Actor, { username, password, mustChangePassword, roleIds }: NewAccount): Promise<AddedAccount> {
      requireAdmin(actor);
      const secret = password === '' ? generatePassword() : undefined;
      const chosen = secret ?? parsePassword(password, { username });
      const roleNames = await namesOf(roleIds);
      const passwordHash = await hasher.hash(chosen);
      const user = await users.add({ username, passwordHash, mustChangePassword, roleIds, by: actor.name });
      await note(actor, 'user.add', user.username, { roles: roleNames });
      return { user, secret };
    },
    /** Disabling ends every session. @throws {AppError} CONFLICT for the last active admin, NOT_FOUND. */
    async setEnabled(actor: Actor, { id, username }: User, enabled: boolean): Promise<void> {
      requireAdmin(actor);
      await users.setEnabled(id, enabled);
      if (!enabled) await sessions.endAll(id);
      credentials.forget(id);
      await note(actor, enabled ? 'user.enable' : 'user.disable', username);
    },
    readHeld,
    /** @throws {AppError} CONFLICT for the own account and the last active admin, NOT_FOUND. */
    async remove(actor: Actor, user: User): Promise<void> {
      requireAdmin(actor);
      if (isSelf(actor, user)) throw ownAccount();
      const held = await readHeld(user);
      await users.remove(user.id);
      credentials.forget(user.id);
      await deps.forgetRefusals(user.username);
      await note(actor, 'user.remove', user.username, held);
    },
    async endSessions(actor: Actor, { id, username }: User): Promise<void> {
      requireAdmin(actor);
      await sessions.endAll(id);
      credentials.forget(id);
      await note(actor, 'session.end', username);
    },
    /** Ends the sessions of all users but this one. @returns how many were ended. */
    async endOtherSessions(actor: Actor, exceptHash: string): Promise<number> {
      requireAdmin(actor);
      const count = await sessions.endOthers(exceptHash);
      await note(actor, 'session.end', '*', { sessions: count });
      return count;
    },
  };
}
export type UserUseCases = ReturnType<typeof createUserUseCases>;

/** Whether the account is the actor's own. */
export function isSelf({ rights: { subject } }: Actor, { id }: Pick<User, 'id'>): boolean {
  return subject.kind === 'user' && subject.id === id;
}

function ownAccount(): AppError {
  return new AppError('CONFLICT', 'Nobody deletes their own account: another admin has to.', {
    key: 'user.own_account',
  });
}

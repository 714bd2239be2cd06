import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import type { RoleKind, SubjectKind } from '../storage/schema.ts';
import { type AccessTransaction, changeAccess } from './change-access.ts';

/** Who holds a role: `{ kind: 'anonymous', id: 0 }` is everybody, signed in or not. */
export interface Holder {
  readonly kind: SubjectKind;
  readonly id: number;
}

export interface HeldRole {
  readonly id: number;
  readonly name: string;
  readonly kind: RoleKind;
  readonly builtin: boolean;
  readonly grantedAt: number;
  readonly grantedBy: string;
}

export interface NamedHolder extends Holder {
  /** '' for anonymous. */
  readonly name: string;
}

/** Table `grants`: who holds which role. */
export function createGrantStore(db: Database, now: () => number = Date.now) {
  return {
    /**
     * Returns whether it is new.
     * @throws {AppError} NOT_FOUND when the role or user does not exist, INVALID for auditor or admin to anonymous.
     */
    grant: (subject: Holder, roleId: number, by: string): Promise<boolean> =>
      changeAccess(db, (transaction) => insertGrant(transaction, { subject, roleId, by, at: now() })),
    /** Returns whether it was held. @throws {AppError} CONFLICT for `admin` of the last active admin. */
    revoke: (subject: Holder, roleId: number): Promise<boolean> =>
      changeAccess(db, (transaction) => deleteGrant(transaction, subject, roleId)),
    async rolesOf(subject: Holder): Promise<readonly HeldRole[]> {
      const rows = await db
        .selectFrom('grants')
        .innerJoin('roles', 'roles.id', 'grants.role_id')
        .select(['roles.id', 'roles.name', 'roles.kind', 'roles.builtin', 'grants.granted_at', 'grants.granted_by'])
        .where('grants.subject_kind', '=', subject.kind)
        .where('grants.subject_id', '=', subject.id)
        .orderBy('roles.name')
        .execute();
      return rows.map(({ builtin, granted_at: grantedAt, granted_by: grantedBy, ...role }) => ({
        ...role,
        builtin: builtin === 1,
        grantedAt,
        grantedBy,
      }));
    },
    async holdersOf(roleId: number): Promise<readonly NamedHolder[]> {
      const rows = await db
        .selectFrom('grants')
        .leftJoin('users', (join) =>
          join.onRef('users.id', '=', 'grants.subject_id').on('grants.subject_kind', '=', 'user'),
        )
        .select(['grants.subject_kind', 'grants.subject_id', 'users.username'])
        .where('grants.role_id', '=', roleId)
        .orderBy('grants.subject_kind')
        .orderBy('users.username')
        .execute();
      return rows.map((row) => ({ kind: row.subject_kind, id: row.subject_id, name: row.username ?? '' }));
    },
  };
}
export type GrantStore = ReturnType<typeof createGrantStore>;

export interface NewGrant {
  readonly subject: Holder;
  readonly roleId: number;
  readonly by: string;
  readonly at: number;
}

/** Returns whether it is new. @throws {AppError} NOT_FOUND, INVALID as `GrantStore.grant`. */
export async function insertGrant(
  transaction: AccessTransaction,
  { subject, roleId, by, at }: NewGrant,
): Promise<boolean> {
  await checkGrant(transaction, subject, roleId);
  const result = await transaction
    .insertInto('grants')
    .values({
      subject_kind: subject.kind,
      subject_id: subject.id,
      role_id: roleId,
      granted_at: at,
      granted_by: by,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Of roles that somebody new begins with. */
export async function insertGrants(
  transaction: AccessTransaction,
  subject: Holder,
  { roleIds, by, at }: { readonly roleIds: readonly number[]; readonly by: string; readonly at: number },
): Promise<void> {
  const rows = [...new Set(roleIds)].map((roleId) => ({
    subject_kind: subject.kind,
    subject_id: subject.id,
    role_id: roleId,
    granted_at: at,
    granted_by: by,
  }));
  if (rows.length > 0) await transaction.insertInto('grants').values(rows).execute();
}

/** Of somebody who goes. */
export async function deleteGrantsOf(transaction: AccessTransaction, subject: Holder): Promise<void> {
  await transaction
    .deleteFrom('grants')
    .where('subject_kind', '=', subject.kind)
    .where('subject_id', '=', subject.id)
    .execute();
}

/** True when it was held. */
export async function deleteGrant(transaction: AccessTransaction, subject: Holder, roleId: number): Promise<boolean> {
  const result = await transaction
    .deleteFrom('grants')
    .where('subject_kind', '=', subject.kind)
    .where('subject_id', '=', subject.id)
    .where('role_id', '=', roleId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Whether anybody holds the role. */
export async function isGranted(transaction: AccessTransaction, roleId: number): Promise<boolean> {
  const row = await transaction.selectFrom('grants').select('role_id').where('role_id', '=', roleId).executeTakeFirst();
  return row !== undefined;
}

async function checkGrant(transaction: AccessTransaction, subject: Holder, roleId: number): Promise<void> {
  const role = await transaction.selectFrom('roles').select('kind').where('id', '=', roleId).executeTakeFirst();
  if (role === undefined) throw new AppError('NOT_FOUND', 'There is no such role.', { key: 'role.unknown' });
  // Rights over the whole installation are only given to subjects that the audit log can name.
  if (subject.kind === 'anonymous' && (role.kind !== 'rules' || subject.id !== 0)) {
    throw new AppError('INVALID', 'Only roles made of rules can be granted to everybody.', { key: 'role.not_for_all' });
  }
  if (subject.kind !== 'user') return;
  const user = await transaction.selectFrom('users').select('id').where('id', '=', subject.id).executeTakeFirst();
  if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user.', { key: 'user.unknown' });
}

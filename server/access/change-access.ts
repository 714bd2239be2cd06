import { sql, type Transaction } from 'kysely';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import type { Schema } from '../storage/schema.ts';

export type AccessTransaction = Transaction<Schema>;

/**
 * Runs a change of users, roles, rules or grants in a transaction that also raises the version by which compiled rights
 * are cached.
 * @throws {AppError} CONFLICT when no active admin would be left; nothing is changed then.
 */
export async function changeAccess<Result>(
  db: Database,
  work: (transaction: AccessTransaction) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    // The first statement is a write: a transaction that begins by reading cannot become a writing one while another
    // process writes.
    await raiseVersion(transaction);
    const before = await countActiveAdmins(transaction);
    const result = await work(transaction);
    if (before > 0 && (await countActiveAdmins(transaction)) === 0) throw lastAdmin();
    return result;
  });
}

async function raiseVersion(transaction: AccessTransaction): Promise<void> {
  await transaction
    .insertInto('access_state')
    .values({ id: 1, version: 1 })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ version: sql`access_state.version + 1` }))
    .execute();
}

async function countActiveAdmins(transaction: AccessTransaction): Promise<number> {
  const row = await transaction
    .selectFrom('users')
    .innerJoin('grants', 'grants.subject_id', 'users.id')
    .innerJoin('roles', 'roles.id', 'grants.role_id')
    .select(({ fn }) => fn.count<number>('users.id').distinct().as('admins'))
    .where('grants.subject_kind', '=', 'user')
    .where('roles.kind', '=', 'admin')
    .where('users.enabled', '=', 1)
    .executeTakeFirst();
  return Number(row?.admins ?? 0);
}

function lastAdmin(): AppError {
  return new AppError('CONFLICT', 'This is the last active admin. Make somebody else an admin first.', {
    key: 'user.last_admin',
  });
}

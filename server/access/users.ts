import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { knownQuery } from '../storage/known-query.ts';
import { likePattern } from '../storage/like.ts';
import { type AccessTransaction, changeAccess } from './change-access.ts';
import { deleteGrantsOf, insertGrants } from './grants.ts';

export interface User {
  readonly id: number;
  readonly username: string;
  readonly enabled: boolean;
  readonly mustChangePassword: boolean;
  readonly createdAt: number;
  readonly lastSignInAt: number | undefined;
  readonly lastSignInAddress: string | undefined;
}

export interface NewUser {
  readonly username: string;
  readonly passwordHash: string;
  readonly mustChangePassword: boolean;
  readonly roleIds: readonly number[];
  /** User name of whoever grants the roles. */
  readonly by: string;
}

type FinishUser = (transaction: AccessTransaction, user: User) => Promise<void>;

export interface UserQuery {
  /** Part of the name. */
  readonly filter?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface UserPage {
  readonly users: readonly User[];
  readonly next: string | undefined;
  readonly total: number;
}

const MAX_NAME_LENGTH = 128;
// Reserved: names with a meaning for us, for `docker login` (identity tokens), or in a path.
const RESERVED = new Set(['anonymous', '00000000-0000-0000-0000-000000000000', '.', '..']);

/**
 * The name as stored: trimmed and in lower case. No colon, because Basic authentication separates user and password by
 * it.
 * @throws {AppError} INVALID (field `username`).
 */
export function parseUsername(text: string): string {
  const username = text.trim().toLowerCase();
  if (!/^[a-z0-9._@+-]+$/.test(username) || username.length > MAX_NAME_LENGTH) {
    throw new AppError('INVALID', 'A user name consists of letters a-z, digits and . _ @ + - (at most 128).', {
      key: 'user.name_format',
      field: 'username',
    });
  }
  if (!RESERVED.has(username)) return username;
  throw new AppError('INVALID', `The name ${username} is reserved.`, {
    key: 'user.name_reserved',
    params: { username },
    field: 'username',
  });
}

const COLUMNS = [
  'id',
  'username',
  'enabled',
  'must_change_password',
  'created_at',
  'last_sign_in_at',
  'last_sign_in_address',
] as const;

interface UserRow {
  readonly id: number;
  readonly username: string;
  readonly enabled: 0 | 1;
  readonly must_change_password: 0 | 1;
  readonly created_at: number;
  readonly last_sign_in_at: number | null;
  readonly last_sign_in_address: string | null;
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    enabled: row.enabled === 1,
    mustChangePassword: row.must_change_password === 1,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at ?? undefined,
    lastSignInAddress: row.last_sign_in_address ?? undefined,
  };
}

/** Table `users`. New passwords and disabling take effect at once, because both are read with every request. */
export function createUserStore(db: Database, now: () => number = Date.now) {
  const counted = knownQuery(
    db,
    db.selectFrom('users').select(({ fn }) => fn.countAll<number>().as('total')),
  );
  const byId = knownQuery(db, db.selectFrom('users').select(COLUMNS).where('id', '=', 0));
  return {
    /** @param username In any case. */
    async find(username: string): Promise<User | undefined> {
      const name = username.toLowerCase();
      const row = await db.selectFrom('users').select(COLUMNS).where('username', '=', name).executeTakeFirst();
      return row && toUser(row);
    },
    async get(id: number): Promise<User | undefined> {
      const row = await byId.first(id);
      return row && toUser(row);
    },
    async count(): Promise<number> {
      return Number((await counted.first())?.total ?? 0);
    },
    list: (query: UserQuery): Promise<UserPage> => listUsers(db, query),
    /**
     * @param finish A last step of the same transaction.
     * @throws {AppError} CONFLICT when the name is taken, INVALID when it is malformed.
     */
    add: (user: NewUser, finish?: FinishUser): Promise<User> =>
      changeAccess(db, async (transaction) => {
        const added = await addUser(transaction, user, now());
        await finish?.(transaction, added);
        return added;
      }),
    /** Ends every session and cached credential of the user, because the password version grows. Returns that version. */
    setPassword: (
      id: number,
      passwordHash: string,
      { mustChange }: { readonly mustChange: boolean },
    ): Promise<number> => changeAccess(db, (transaction) => writePassword(transaction, id, passwordHash, mustChange)),
    /** Disabling ends every session and refresh token for good. @throws {AppError} CONFLICT for the last active admin, NOT_FOUND. */
    setEnabled: (id: number, enabled: boolean): Promise<void> =>
      changeAccess(db, (transaction) => writeEnabled(transaction, id, enabled)),
    /** @throws {AppError} CONFLICT for the last active admin, NOT_FOUND. */
    remove: (id: number): Promise<void> => changeAccess(db, (transaction) => removeUser(transaction, id)),
    async recordSignIn(id: number, address: string, at: number): Promise<void> {
      const change = { last_sign_in_at: at, last_sign_in_address: address };
      await db.updateTable('users').set(change).where('id', '=', id).execute();
    },
  };
}
export type UserStore = ReturnType<typeof createUserStore>;

/**
 * Condition for `where`: the user of this row is enabled and still has the password that was proven when the row was made.
 *
 * @param options.isFinal True: not one that has to be changed at the next sign-in.
 */
export function hasCurrentPassword(
  table: 'sessions' | 'refresh_tokens',
  { isFinal = false }: { readonly isFinal?: boolean } = {},
): RawBuilder<SqlBool> {
  return sql<SqlBool>`exists (select 1 from users where users.id = ${sql.ref(`${table}.user_id`)} and users.enabled = 1
    and users.password_version = ${sql.ref(`${table}.password_version`)}
    ${isFinal ? sql`and users.must_change_password = 0` : sql``})`;
}

/** Column: the name of the user whose id stands in `column`. */
export function usernameIn(column: string): RawBuilder<string> {
  return sql<string>`(select username from users where users.id = ${sql.ref(column)})`;
}

async function listUsers(db: Database, { filter, after, limit }: UserQuery): Promise<UserPage> {
  let query = db.selectFrom('users');
  const part = filter?.trim().toLowerCase() ?? '';
  if (part !== '') query = query.where(sql<boolean>`username like ${likePattern(part)} escape '\\'`);
  const counted = await query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (after !== undefined) query = query.where('username', '>', after);
  const rows = await query
    .select(COLUMNS)
    .orderBy('username')
    .limit(limit + 1)
    .execute();
  const users = rows.slice(0, limit).map(toUser);
  return { users, next: rows.length > limit ? users.at(-1)?.username : undefined, total: Number(counted.total) };
}

async function addUser(transaction: AccessTransaction, user: NewUser, at: number): Promise<User> {
  const row = await transaction
    .insertInto('users')
    .values({
      username: parseUsername(user.username),
      password_hash: user.passwordHash,
      must_change_password: user.mustChangePassword ? 1 : 0,
      created_at: at,
    })
    .onConflict((conflict) => conflict.column('username').doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();
  if (row === undefined) throw nameTaken(user.username);
  await insertGrants(transaction, { kind: 'user', id: row.id }, { roleIds: user.roleIds, by: user.by, at });
  return toUser(row);
}

async function writePassword(
  transaction: AccessTransaction,
  id: number,
  passwordHash: string,
  mustChange: boolean,
): Promise<number> {
  const row = await transaction
    .updateTable('users')
    .set(({ eb }) => ({
      password_hash: passwordHash,
      password_version: eb('password_version', '+', 1),
      must_change_password: mustChange ? 1 : 0,
    }))
    .where('id', '=', id)
    .returning('password_version')
    .executeTakeFirst();
  if (row === undefined) throw noSuchUser();
  return row.password_version;
}

async function writeEnabled(transaction: AccessTransaction, id: number, enabled: boolean): Promise<void> {
  const result = await transaction
    .updateTable('users')
    .set(({ eb }) => ({
      enabled: enabled ? 1 : 0,
      // Sessions and tokens from before must not become valid again when the account is enabled.
      password_version: eb('password_version', '+', enabled ? 0 : 1),
    }))
    .where('id', '=', id)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw noSuchUser();
}

async function removeUser(transaction: AccessTransaction, id: number): Promise<void> {
  await deleteGrantsOf(transaction, { kind: 'user', id });
  const result = await transaction.deleteFrom('users').where('id', '=', id).executeTakeFirst();
  if (result.numDeletedRows === 0n) throw noSuchUser();
}

function nameTaken(username: string): AppError {
  return new AppError('CONFLICT', `There is already a user ${username}.`, {
    key: 'user.name_taken',
    params: { username },
    field: 'username',
  });
}

function noSuchUser(): AppError {
  return new AppError('NOT_FOUND', 'There is no such user.', { key: 'user.unknown' });
}

import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import type { RoleKind } from '../storage/schema.ts';
import { parseAddressPattern } from './address.ts';
import { type AccessTransaction, changeAccess } from './change-access.ts';
import { parseGlob } from './glob.ts';
import { actionsOf, type RuleInput } from './rule.ts';

export interface RuleRow extends RuleInput {
  readonly id: number;
}

export interface Role {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** `auditor` and `admin` have no rules: their rights do not depend on a repository. */
  readonly kind: RoleKind;
  /** Built in: it cannot be changed or removed. */
  readonly builtin: boolean;
  readonly rules: readonly RuleRow[];
}

const ANYWHERE = { repository: '**', address: '*', canPull: true, canPush: false, canDelete: false };

interface Builtin {
  readonly name: string;
  readonly kind: RoleKind;
  readonly description: string;
  readonly rules: readonly RuleInput[];
}

const BUILTINS: readonly Builtin[] = [
  { name: 'read-all', kind: 'rules', description: 'Pull every repository', rules: [ANYWHERE] },
  {
    name: 'write-all',
    kind: 'rules',
    description: 'Pull and push every repository',
    rules: [{ ...ANYWHERE, canPush: true }],
  },
  {
    name: 'delete-all',
    kind: 'rules',
    description: 'See and delete in every repository',
    rules: [{ ...ANYWHERE, canDelete: true }],
  },
  { name: 'auditor', kind: 'auditor', description: 'Read all events and the audit log', rules: [] },
  { name: 'admin', kind: 'admin', description: 'Everything', rules: [] },
];

const MAX_RULES = 200;
export const MAX_NAME_LENGTH = 64;

/** @throws {AppError} INVALID (field `name`). */
export function parseRoleName(text: string): string {
  const name = text.trim();
  if (/^[a-z0-9._-]{1,64}$/.test(name) && name !== '.' && name !== '..') return name;
  throw new AppError('INVALID', 'A role name consists of lower-case letters, digits and . _ - (at most 64).', {
    key: 'role.name_format',
    field: 'name',
  });
}

/** @throws {AppError} INVALID with the field that is wrong: `repository`, `address` or `actions`. */
export function parseRule(input: RuleInput): RuleInput {
  const repository = input.repository.trim();
  const address = input.address.trim();
  if (repository === '')
    throw invalid('repository', 'pattern.empty', 'A rule needs a repository pattern, such as team/**.');
  parseGlob(repository);
  parseAddressPattern(address);
  if (actionsOf(input).size === 0) throw invalid('actions', 'rule.no_action', 'A rule needs at least one action.');
  return { ...input, repository, address };
}

/** Everything that writes the tables `roles` and `rules`. */
export function createRoleStore(db: Database, now: () => number = Date.now) {
  async function listWhere(column?: 'id' | 'name', value?: number | string): Promise<Role[]> {
    let query = db.selectFrom('roles').select(['id', 'name', 'description', 'kind', 'builtin']);
    if (column !== undefined && value !== undefined) query = query.where(column, '=', value);
    const rows = await query.orderBy('builtin', 'desc').orderBy('name').execute();
    const rules = await rulesOf(
      db,
      rows.map((row) => row.id),
    );
    return rows.map((row) => ({ ...row, builtin: row.builtin === 1, rules: rules.get(row.id) ?? [] }));
  }
  async function get(id: number): Promise<Role | undefined> {
    return (await listWhere('id', id))[0];
  }
  return {
    /** Built-in roles first, then by name. */
    list: (): Promise<readonly Role[]> => listWhere(),
    find: async (name: string): Promise<Role | undefined> => (await listWhere('name', name))[0],
    get,
    /** @throws {AppError} CONFLICT when the name is taken, INVALID when it is malformed. */
    async add({ name, description }: { readonly name: string; readonly description: string }): Promise<Role> {
      const values = { name: parseRoleName(name), description: description.trim().slice(0, 500), created_at: now() };
      const id = await changeAccess(db, (transaction) => addRole(transaction, values));
      return { id, name: values.name, description: values.description, kind: 'rules', builtin: false, rules: [] };
    },
    /** Replaces all rules of the role. @throws {AppError} INVALID, NOT_FOUND, CONFLICT for a built-in role. */
    async setRules(id: number, rules: readonly RuleInput[]): Promise<void> {
      if (rules.length > MAX_RULES) throw invalid('rules', 'rule.too_many', `A role has at most ${MAX_RULES} rules.`);
      const parsed = rules.map(parseRule);
      await changeAccess(db, async (transaction) => {
        await refuseBuiltin(transaction, id);
        await writeRules(transaction, id, parsed);
      });
    },
    /** Takes it from everybody who holds it. @throws {AppError} NOT_FOUND, CONFLICT for a built-in role. */
    remove: (id: number): Promise<void> =>
      changeAccess(db, async (transaction) => {
        await refuseBuiltin(transaction, id);
        await removeRole(transaction, id);
      }),
    /** Adds the built-in roles that are missing; at every start. */
    ensureBuiltins: (): Promise<void> => ensureBuiltins(db, now()),
  };
}
export type RoleStore = ReturnType<typeof createRoleStore>;

async function rulesOf(db: Database, roleIds: readonly number[]): Promise<Map<number, RuleRow[]>> {
  const byRole = new Map<number, RuleRow[]>();
  if (roleIds.length === 0) return byRole;
  const rows = await db.selectFrom('rules').selectAll().where('role_id', 'in', roleIds).orderBy('position').execute();
  for (const row of rows) {
    const rules = byRole.get(row.role_id) ?? [];
    rules.push(toRule(row));
    byRole.set(row.role_id, rules);
  }
  return byRole;
}

export interface RuleColumns {
  readonly id: number;
  readonly repository: string;
  readonly address: string;
  readonly can_pull: 0 | 1;
  readonly can_push: 0 | 1;
  readonly can_delete: 0 | 1;
}

export function toRule(row: RuleColumns): RuleRow {
  return {
    id: row.id,
    repository: row.repository,
    address: row.address,
    canPull: row.can_pull === 1,
    canPush: row.can_push === 1,
    canDelete: row.can_delete === 1,
  };
}

interface RoleValues {
  readonly name: string;
  readonly description: string;
  readonly kind?: RoleKind;
  readonly builtin?: 0 | 1;
  readonly created_at: number;
}

/** Inserts a role and returns its id. @throws {AppError} CONFLICT (field `name`) when the name is taken. */
export async function addRole(transaction: AccessTransaction, values: RoleValues): Promise<number> {
  const row = await transaction
    .insertInto('roles')
    .values(values)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row !== undefined) return row.id;
  throw new AppError('CONFLICT', `There is already a role ${values.name}.`, {
    key: 'role.name_taken',
    params: { name: values.name },
    field: 'name',
  });
}

/** Replaces all rules of the role. Expects rules that `parseRule` has checked. */
export async function writeRules(
  transaction: AccessTransaction,
  id: number,
  rules: readonly RuleInput[],
): Promise<void> {
  await transaction.deleteFrom('rules').where('role_id', '=', id).execute();
  if (rules.length === 0) return;
  const rows = rules.map((rule, position) => ({
    role_id: id,
    position,
    repository: rule.repository,
    address: rule.address,
    can_pull: asFlag(rule.canPull),
    can_push: asFlag(rule.canPush),
    can_delete: asFlag(rule.canDelete),
  }));
  await transaction.insertInto('rules').values(rows).execute();
}

/** Deletes the role; its rules and grants go with it (`on delete cascade`). */
export async function removeRole(transaction: AccessTransaction, id: number): Promise<void> {
  await transaction.deleteFrom('roles').where('id', '=', id).execute();
}

/** The name, or with the first free number appended: `name-2`. */
export async function uniqueRoleName(transaction: AccessTransaction, name: string): Promise<string> {
  const rows = await transaction.selectFrom('roles').select('name').execute();
  const taken = new Set(rows.map((row) => row.name));
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}-${number}`;
  return free;
}

/** The roles that consist of exactly this rule, for any address; by name. */
export async function rolesOfRule(db: Database, { repository, ...wanted }: RuleInput) {
  const rows = await db
    .selectFrom('rules')
    .innerJoin('roles', 'roles.id', 'rules.role_id')
    .select(['roles.id', 'roles.name', 'roles.description'])
    .select(['rules.address', 'rules.can_pull', 'rules.can_push', 'rules.can_delete'])
    .where('rules.repository', '=', repository)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('rules as other')
            .select('other.id')
            .whereRef('other.role_id', '=', 'rules.role_id')
            .whereRef('other.id', '!=', 'rules.id'),
        ),
      ),
    )
    .orderBy('roles.name')
    .execute();
  const actions = [...actionsOf(wanted)].join();
  return rows.filter(
    (row) =>
      parseAddressPattern(row.address).kind === 'any' &&
      [...actionsOf(toRule({ ...row, repository }))].join() === actions,
  );
}

function asFlag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

async function refuseBuiltin(transaction: AccessTransaction, id: number): Promise<void> {
  const role = await transaction
    .selectFrom('roles')
    .select(['name', 'builtin'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (role === undefined) throw new AppError('NOT_FOUND', 'There is no such role.', { key: 'role.unknown' });
  if (role.builtin === 0) return;
  throw new AppError('CONFLICT', `The role ${role.name} is built in and stays as it is.`, {
    key: 'role.builtin',
    params: { name: role.name },
  });
}

async function ensureBuiltins(db: Database, at: number): Promise<void> {
  const present = await db.selectFrom('roles').select('name').where('builtin', '=', 1).execute();
  const names = new Set(present.map((role) => role.name));
  const missing = BUILTINS.filter((role) => !names.has(role.name));
  if (missing.length === 0) return;
  await changeAccess(db, async (transaction) => {
    for (const { name, kind, description, rules } of missing) {
      const id = await addRole(transaction, { name, kind, description, builtin: 1, created_at: at });
      await writeRules(transaction, id, rules);
    }
  });
}

function invalid(field: string, key: string, message: string): AppError {
  return new AppError('INVALID', message, { key, field, params: { most: MAX_RULES } });
}

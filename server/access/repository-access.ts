import { type ExpressionBuilder, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { likePattern } from '../storage/like.ts';
import type { RoleKind, Schema } from '../storage/schema.ts';
import type { Action } from './action.ts';
import { hasUserPlaceholder, matchesGlob, parseGlob, userAsWildcard } from './glob.ts';
import { type RuleColumns, toRule } from './roles.ts';
import { actionsOf } from './rule.ts';

/** A role with rules that match one repository. */
export interface MatchingRole {
  readonly id: number;
  readonly name: string;
  readonly kind: RoleKind;
  /** The matching rules; empty for `admin`, which may do everything. */
  readonly rules: readonly MatchingRule[];
  /** Number of enabled users who hold the role. */
  readonly users: number;
  readonly isForEverybody: boolean;
}

export interface MatchingRule {
  readonly repository: string;
  readonly address: string;
  readonly actions: ReadonlySet<Action>;
  /** With `${user}`: it applies only to the user whose name is part of the repository's. */
  readonly isPersonal: boolean;
}

export interface AccessQuery {
  readonly roles: readonly MatchingRole[];
  /** Part of the name. */
  readonly filter?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface AccessPage {
  readonly users: readonly { readonly id: number; readonly name: string }[];
  readonly next: string | undefined;
  readonly total: number;
}

/**
 * Who may have access to a repository: the roles with matching rules, and the users who hold them. What each of them
 * may do there is decided by `rightsOf`.
 */
export function createRepositoryAccess(db: Database) {
  return {
    rolesOf: (repository: string): Promise<readonly MatchingRole[]> => matchingRoles(db, repository),
    usersOf: (repository: string, query: AccessQuery): Promise<AccessPage> => matchingUsers(db, repository, query),
  };
}
export type RepositoryAccess = ReturnType<typeof createRepositoryAccess>;

async function matchingRoles(db: Database, repository: string): Promise<readonly MatchingRole[]> {
  const rows: readonly (RuleColumns & { role_id: number })[] = await db.selectFrom('rules').selectAll().execute();
  const rules = new Map<number, MatchingRule[]>();
  for (const row of rows) {
    if (!mayMatch(row.repository, repository)) continue;
    const rule = toRule(row);
    const reaching = {
      ...rule,
      actions: actionsOf(rule),
      isPersonal: hasUserPlaceholder(row.repository) && !mentionsSlug(row.repository),
    };
    rules.set(row.role_id, [...(rules.get(row.role_id) ?? []), reaching]);
  }
  const roles = await db
    .selectFrom('roles')
    .select(['id', 'name', 'kind'])
    .where(({ or, eb }) => or([eb('kind', '=', 'admin'), eb('id', 'in', [0, ...rules.keys()])]))
    .orderBy('name')
    .execute();
  const held = await holders(db);
  return roles.map((role) => ({
    ...role,
    rules: rules.get(role.id) ?? [],
    users: held.users.get(role.id) ?? 0,
    isForEverybody: held.everybody.has(role.id),
  }));
}

/** The slug of a user name may differ from the name, so the query cannot select by it; `rightsOf` decides. */
function mentionsSlug(pattern: string): boolean {
  return pattern.includes(':slug}');
}

/** User names have no slash, so a name matches only where a `*` in its place does. */
function mayMatch(pattern: string, repository: string): boolean {
  return matchesGlob(parseGlob(userAsWildcard(pattern)), repository);
}

async function holders(db: Database) {
  const rows = await db
    .selectFrom('grants')
    .leftJoin('users', (join) =>
      join.onRef('users.id', '=', 'grants.subject_id').on('grants.subject_kind', '=', 'user'),
    )
    .select(({ fn }) => ['grants.role_id', 'grants.subject_kind', fn.countAll<number>().as('count')])
    .where(({ or, eb }) => or([eb('grants.subject_kind', '=', 'anonymous'), eb('users.enabled', '=', 1)]))
    .groupBy(['grants.role_id', 'grants.subject_kind'])
    .execute();
  const of = (kind: string) => rows.filter((row) => row.subject_kind === kind);
  return {
    users: new Map(of('user').map((row) => [row.role_id, Number(row.count)])),
    everybody: new Set(of('anonymous').map((row) => row.role_id)),
  };
}

async function matchingUsers(db: Database, repository: string, query: AccessQuery): Promise<AccessPage> {
  const { after, limit } = query;
  const found = db.selectFrom('users').where((where) => reaches(where, repository, query));
  const rows = await found
    .select(['id', 'username'])
    .$if(after !== undefined, (page) => page.where('username', '>', after ?? ''))
    .orderBy('username')
    .limit(limit + 1)
    .execute();
  const { total } = await found.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const users = rows.slice(0, limit).map(({ id, username }) => ({ id, name: username }));
  return { users, next: rows.length > limit ? users.at(-1)?.name : undefined, total: Number(total) };
}

function reaches(where: ExpressionBuilder<Schema, 'users'>, repository: string, { roles, filter }: AccessQuery) {
  const general = roles.filter(({ kind, rules }) => kind === 'admin' || rules.some(({ isPersonal }) => !isPersonal));
  const personal = roles.filter((role) => !general.includes(role));
  const holds = (some: readonly MatchingRole[]) =>
    where.exists(
      where
        .selectFrom('grants')
        .select('grants.role_id')
        .where('grants.subject_kind', '=', 'user')
        .whereRef('grants.subject_id', '=', 'users.id')
        .where('grants.role_id', 'in', [0, ...some.map(({ id }) => id)]),
    );
  // A rule with `${user}` can only match for users whose name is part of the repository's.
  const isNamed = sql<boolean>`replace(${repository}, users.username, '') <> ${repository}`;
  const parts = [where('users.enabled', '=', 1), where.or([holds(general), where.and([isNamed, holds(personal)])])];
  if (filter) parts.push(sql<boolean>`users.username like ${likePattern(filter)} escape '\\'` as never);
  return where.and(parts);
}

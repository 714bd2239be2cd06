import { type ExpressionBuilder, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { likePattern } from '../storage/like.ts';
import type { RoleKind, Schema } from '../storage/schema.ts';
import type { Action } from './action.ts';
import { matchesGlob, mentionsUser, parseGlob, withAnyUser } from './glob.ts';
import { type RuleColumns, toRule } from './roles.ts';
import { actionsOf } from './rule.ts';

/** A role that says something about one repository. */
export interface ReachingRole {
  readonly id: number;
  readonly name: string;
  readonly kind: RoleKind;
  /** Those that match; none for `admin`, which reaches everything. */
  readonly rules: readonly ReachingRule[];
  /** Users who hold it, disabled ones left out. */
  readonly users: number;
  readonly isForEverybody: boolean;
}

export interface ReachingRule {
  readonly repository: string;
  readonly address: string;
  readonly actions: ReadonlySet<Action>;
  /** With `${user}`: it holds for the one whose name stands in the repository's. */
  readonly isPersonal: boolean;
}

export interface ReachQuery {
  readonly roles: readonly ReachingRole[];
  /** Part of the name. */
  readonly filter?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface ReachPage {
  readonly users: readonly { readonly id: number; readonly name: string }[];
  readonly next: string | undefined;
  readonly total: number;
}

/**
 * Who might have to do with a repository: the roles whose rules match it, and who holds them. What each of them may do is
 * said by the engine alone, with `rightsOf`.
 */
export function createReach(db: Database) {
  return {
    rolesOf: (repository: string): Promise<readonly ReachingRole[]> => reachingRoles(db, repository),
    usersOf: (repository: string, query: ReachQuery): Promise<ReachPage> => reachingUsers(db, repository, query),
  };
}
export type Reach = ReturnType<typeof createReach>;

async function reachingRoles(db: Database, repository: string): Promise<readonly ReachingRole[]> {
  const rows: readonly (RuleColumns & { role_id: number })[] = await db.selectFrom('rules').selectAll().execute();
  const rules = new Map<number, ReachingRule[]>();
  for (const row of rows) {
    if (!mayMatch(row.repository, repository)) continue;
    const rule = toRule(row);
    const reaching = {
      ...rule,
      actions: actionsOf(rule),
      isPersonal: mentionsUser(row.repository) && !mentionsSlug(row.repository),
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

/** A cleaned name need not stand in the repository's as it is: the engine alone tells whom such a rule is about. */
function mentionsSlug(pattern: string): boolean {
  return pattern.includes(':slug}');
}

/** A user's name has no slash: what a `*` in its place does not match, no name does. */
function mayMatch(pattern: string, repository: string): boolean {
  return matchesGlob(parseGlob(withAnyUser(pattern)), repository);
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

async function reachingUsers(db: Database, repository: string, query: ReachQuery): Promise<ReachPage> {
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

function reaches(where: ExpressionBuilder<Schema, 'users'>, repository: string, { roles, filter }: ReachQuery) {
  const general = roles.filter(({ kind, rules }) => kind === 'admin' || rules.some(({ isPersonal }) => !isPersonal));
  const personal = roles.filter((role) => !general.includes(role));
  const holds = (some: readonly ReachingRole[]) =>
    where.exists(
      where
        .selectFrom('grants')
        .select('grants.role_id')
        .where('grants.subject_kind', '=', 'user')
        .whereRef('grants.subject_id', '=', 'users.id')
        .where('grants.role_id', 'in', [0, ...some.map(({ id }) => id)]),
    );
  // A rule with `${user}` can only match for a name that stands in the repository's.
  const isNamed = sql<boolean>`replace(${repository}, users.username, '') <> ${repository}`;
  const parts = [where('users.enabled', '=', 1), where.or([holds(general), where.and([isNamed, holds(personal)])])];
  if (filter) parts.push(sql<boolean>`users.username like ${likePattern(filter)} escape '\\'` as never);
  return where.and(parts);
}

import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Database } from '../storage/database.ts';
import { type KnownQuery, knownQuery } from '../storage/known-query.ts';
import { hasUserPlaceholder } from './glob.ts';
import type { Rights, Subject } from './rights.ts';
import { type RuleColumns, toRule } from './roles.ts';
import { compileRule, type Rule } from './rule.ts';

/** An account as a credential check sees it at this moment. */
export interface Identity {
  readonly subject: Subject;
  readonly enabled: boolean;
  readonly passwordHash: string | undefined;
  readonly passwordVersion: number;
  readonly mustChangePassword: boolean;
  /** Passed to `rightsOf`, which then finds its cached answer without a query. */
  readonly accessVersion: number;
}

interface IdentityRow {
  readonly id: number;
  readonly username: string;
  readonly enabled: 0 | 1;
  readonly password_hash: string | null;
  readonly password_version: number;
  readonly must_change_password: 0 | 1;
  readonly access_version: number;
}

const MAX_CACHED = 2000;

function identityQuery(db: Database): KnownQuery<IdentityRow> {
  const query = sql<IdentityRow>`select id, username, enabled, password_hash, password_version, must_change_password,
    coalesce((select version from access_state where id = 1), 0) as access_version
    from users where username = ${''}`;
  return knownQuery(db, { compile: () => query.compile(db) });
}

/** The one engine that decides: every token, list, count and button asks the `Rights` that come from here. */
export function createAccess(db: Database) {
  const cache = new LRUCache<string, { readonly version: number; readonly rights: Rights }>({ max: MAX_CACHED });
  const identityOf = identityQuery(db);

  /**
   * One query. Called for every request, because disabling an account or changing its password takes effect at once.
   * `undefined`: no such account.
   */
  async function identify(username: string): Promise<Identity | undefined> {
    const row = await identityOf.first(username.toLowerCase());
    if (row === undefined) return undefined;
    return {
      subject: { kind: 'user', id: row.id, name: row.username },
      enabled: row.enabled === 1,
      passwordHash: row.password_hash ?? undefined,
      passwordVersion: row.password_version,
      mustChangePassword: row.must_change_password === 1,
      accessVersion: row.access_version,
    };
  }

  async function currentVersion(): Promise<number> {
    const row = await db.selectFrom('access_state').select('version').where('id', '=', 1).executeTakeFirst();
    return row?.version ?? 0;
  }

  /**
   * The subject's rights now, including those granted to everybody. A disabled account has no rights of its own.
   * @param accessVersion Of an `Identity` that was read for this same request.
   */
  async function rightsOf(subject: Subject, accessVersion?: number): Promise<Rights> {
    // Read before the rules: rights can then be newer than their version, never older.
    const version = accessVersion ?? (await currentVersion());
    const key = `${subject.kind}:${subject.id}`;
    const cached = cache.get(key);
    if (cached?.version === version) return cached.rights;
    const rights = await loadRights(db, subject);
    cache.set(key, { version, rights });
    return rights;
  }

  return {
    identify,
    rightsOf,
    /** Grows with every change of users, roles, rules and grants, whoever made it. */
    version: currentVersion,
  };
}
export type Access = ReturnType<typeof createAccess>;

async function loadRights(db: Database, subject: Subject): Promise<Rights> {
  const held = await heldRoles(db, subject);
  const kinds = new Set(held.map((role) => role.kind));
  const rules = await rulesFor(db, subject, held);
  const isAdmin = kinds.has('admin');
  return Object.freeze({ subject, isAdmin, isAuditor: isAdmin || kinds.has('auditor'), rules });
}

async function heldRoles(db: Database, subject: Subject) {
  return db
    .selectFrom('grants')
    .innerJoin('roles', 'roles.id', 'grants.role_id')
    .leftJoin('users', (join) =>
      join.onRef('users.id', '=', 'grants.subject_id').on('grants.subject_kind', '=', 'user'),
    )
    .select(['roles.id', 'roles.name', 'roles.kind', 'grants.subject_kind'])
    .where(({ or, and, eb }) =>
      or([
        eb('grants.subject_kind', '=', 'anonymous'),
        and([
          eb('grants.subject_kind', '=', subject.kind),
          eb('grants.subject_id', '=', subject.id),
          or([eb('grants.subject_kind', '!=', 'user'), eb('users.enabled', '=', 1)]),
        ]),
      ]),
    )
    .execute();
}

type HeldRoles = Awaited<ReturnType<typeof heldRoles>>;

async function rulesFor(db: Database, subject: Subject, held: HeldRoles): Promise<readonly Rule[]> {
  if (held.length === 0) return [];
  const own = new Set(held.filter((role) => role.subject_kind !== 'anonymous').map((role) => role.id));
  const names = new Map(held.map((role) => [role.id, role.name]));
  const rows: readonly (RuleColumns & { role_id: number })[] = await db
    .selectFrom('rules')
    .selectAll()
    .where('role_id', 'in', [...names.keys()])
    .execute();
  return (
    rows
      // A grant to everybody has no user name to fill in, so rules with `${user}` are left out.
      .filter((row) => own.has(row.role_id) || !hasUserPlaceholder(row.repository))
      .map((row) => {
        const role = { roleId: row.role_id, role: names.get(row.role_id) ?? '' };
        const source = { ...role, pattern: row.repository, isForEverybody: !own.has(row.role_id) };
        return compileRule(toRule(row), subject.name, source);
      })
  );
}

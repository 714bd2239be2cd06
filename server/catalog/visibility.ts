/**
 * Our index of what the registry holds: repositories, tags, manifests and their blobs. Pages read it and never call the
 * registry. Who may see what is decided in `access/` and only carried out here; what people delete belongs to
 * `housekeeping/`, the registry's events to `notifications/`.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Glob, matchesGlob, withUser } from '../access/glob.ts';
import type { Rights } from '../access/rights.ts';
import { pullPatterns } from '../access/rule.ts';
import type { Database } from '../storage/database.ts';

/** Which repositories a viewer may pull: all, or those that one of these patterns matches. */
export type Visibility = { readonly all: true } | { readonly all: false; readonly patternIds: readonly number[] };

export const EVERYTHING: Visibility = { all: true };
export const NOTHING: Visibility = { all: false, patternIds: [] };

/** Condition for `where`: the repository whose id stands in `column` may be seen. */
export function isVisible(visibility: Visibility, column = 'repositories.id'): RawBuilder<SqlBool> {
  if (visibility.all) return sql<SqlBool>`1 = 1`;
  if (visibility.patternIds.length === 0) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`exists (select 1 from pattern_repositories as seen
    where seen.repository_id = ${sql.ref(column)} and seen.pattern_id in (${sql.join(visibility.patternIds)}))`;
}

/** The same for a column that holds a repository's name. Names that the index never met stay hidden from all but admins. */
export function isVisibleName(visibility: Visibility, column: string): RawBuilder<SqlBool> {
  if (visibility.all) return sql<SqlBool>`1 = 1`;
  return sql<SqlBool>`exists (select 1 from repositories as named
    where named.name = ${sql.ref(column)} and ${isVisible(visibility, 'named.id')})`;
}

interface KnownPattern {
  readonly id: number;
  readonly glob: Glob;
}

/**
 * Keeps which repositories each held pattern matches, so that lists filter by a join. A pattern is worked out when its
 * first viewer comes; from then on each new repository is matched within its own insert.
 */
export function createVisibility(db: Database) {
  async function patternId(pattern: string): Promise<number> {
    const known = await db.selectFrom('patterns').select('id').where('pattern', '=', pattern).executeTakeFirst();
    return known?.id ?? (await materialise(db, pattern));
  }
  return {
    async of(rights: Rights, address: string): Promise<Visibility> {
      const patterns = rights.isAdmin ? 'all' : pullPatterns(rights, address);
      if (patterns === 'all' || patterns.includes('**')) return EVERYTHING;
      const patternIds: number[] = [];
      for (const pattern of new Set(patterns)) patternIds.push(await patternId(pattern));
      return { all: false, patternIds };
    },
  };
}
export type VisibilityStore = ReturnType<typeof createVisibility>;

/** `${user}` is filled in already, which may have made it longer than what a person may write. */
function compilePattern(pattern: string): Glob {
  return withUser(pattern, '');
}

async function materialise(db: Database, pattern: string): Promise<number> {
  const glob = compilePattern(pattern);
  return db.transaction().execute(async (trx) => {
    await trx
      .insertInto('patterns')
      .values({ pattern })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { id } = await trx
      .selectFrom('patterns')
      .select('id')
      .where('pattern', '=', pattern)
      .executeTakeFirstOrThrow();
    const repositories = await trx.selectFrom('repositories').select(['id', 'name']).execute();
    const rows = repositories
      .filter((repository) => matchesGlob(glob, repository.name))
      .map((repository) => ({ pattern_id: id, repository_id: repository.id }));
    await insertMatches(trx, rows);
    return id;
  });
}

/** For the transaction that inserts a repository. */
export async function matchNewRepository(trx: Database, repositoryId: number, name: string): Promise<void> {
  const patterns = await knownPatterns(trx);
  const rows = patterns
    .filter(({ glob }) => matchesGlob(glob, name))
    .map(({ id }) => ({ pattern_id: id, repository_id: repositoryId }));
  await insertMatches(trx, rows);
}

async function knownPatterns(trx: Database): Promise<readonly KnownPattern[]> {
  const rows = await trx.selectFrom('patterns').selectAll().execute();
  return rows.map(({ id, pattern }) => ({ id, glob: compilePattern(pattern) }));
}

// Well below the number of parameters that one statement may have.
const ROWS_AT_ONCE = 500;

async function insertMatches(
  trx: Database,
  rows: readonly { pattern_id: number; repository_id: number }[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await trx
      .insertInto('pattern_repositories')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { compileForUser, type Glob, matchesGlob } from '../../access/glob.ts';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { countByFolder, foldersAbove, parentOf } from '../base/folders.ts';
import { namesAfter } from '../base/repository-lookup.ts';

const EVERYTHING_ID = 1;
// Small enough that other requests get their turn in between.
const NAMES_AT_ONCE = 2000;
// Well below the number of parameters that one statement may have.
const ROWS_AT_ONCE = 500;
const MAX_COMPILED = 10_000;

export interface NewRepository {
  readonly id: number;
  readonly name: string;
}

/**
 * Finds or works out which repositories a set of patterns reaches. It takes turns with other requests; repositories that
 * come meanwhile join by `showRepositories`.
 *
 * @returns the id of the set.
 */
export async function buildVisibility(db: Database, patterns: readonly string[], at: number): Promise<number> {
  const patternIds = await ensurePatterns(db, patterns);
  const key = patternIds.join(',');
  const known = await db
    .selectFrom('visibilities')
    .select(['id', 'ready'])
    .where('patterns', '=', key)
    .executeTakeFirst();
  if (known?.ready === 1) {
    await db.updateTable('visibilities').set({ last_used_at: at }).where('id', '=', known.id).execute();
    return known.id;
  }
  const id = known?.id ?? (await insertVisibility(db, key, patternIds, at));
  for (const [prefix, globs] of byPrefix(patterns)) await matchAll(db, id, prefix, globs);
  await finish(db, id);
  return id;
}

async function ensurePatterns(db: Database, patterns: readonly string[]): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const pattern of patterns) {
    await db
      .insertInto('patterns')
      .values({ pattern })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await db.selectFrom('patterns').select('id').where('pattern', '=', pattern).executeTakeFirstOrThrow();
    ids.push(row.id);
  }
  return ids.sort((one, other) => one - other);
}

/** From here on new repositories join it. */
async function insertVisibility(db: Database, key: string, patternIds: readonly number[], at: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { id } = await trx
      .insertInto('visibilities')
      .values({ patterns: key, last_used_at: at })
      .onConflict((conflict) => conflict.column('patterns').doUpdateSet({ last_used_at: at }))
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('visibility_patterns')
      .values(patternIds.map((pattern_id) => ({ visibility_id: id, pattern_id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return id;
  });
}

/** Patterns that begin alike read the same names: once. */
function byPrefix(patterns: readonly string[]): ReadonlyMap<string, readonly Glob[]> {
  const groups = new Map<string, Glob[]>();
  for (const pattern of patterns) {
    const prefix = literalPrefix(pattern);
    groups.set(prefix, [...(groups.get(prefix) ?? []), compilePattern(pattern)]);
  }
  return groups;
}

async function matchAll(db: Database, id: number, prefix: string, globs: readonly Glob[]): Promise<void> {
  let after = '';
  for (;;) {
    const rows = await namesAfter(db, { prefix, after, limit: NAMES_AT_ONCE });
    const matching = rows.filter((row) => globs.some((glob) => matchesGlob(glob, row.name)));
    await insertVisible(
      db,
      matching.map((row) => ({ visibility_id: id, repository_id: row.id })),
    );
    const last = rows.at(-1);
    if (last === undefined || rows.length < NAMES_AT_ONCE) return;
    after = last.name;
    await nextTurn();
  }
}

/** What every match begins with: `team/a*` → `team/a`. */
function literalPrefix(pattern: string): string {
  return /^[^*?[{\\]*/.exec(pattern)?.[0] ?? '';
}

/** Everything that the visibility of this id shows. */
export async function namesShown(db: Database, visibilityId: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('visible_repositories')
    .innerJoin('repositories', 'repositories.id', 'visible_repositories.repository_id')
    .select('repositories.name')
    .where('visibility_id', '=', visibilityId)
    .execute();
  return rows.map((row) => row.name);
}

async function finish(db: Database, id: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const names = await namesShown(trx, id);
    await trx.deleteFrom('folders').where('visibility_id', '=', id).execute();
    await addToFolders(trx, id, names);
    await trx
      .updateTable('visibilities')
      .set({ ready: 1, repository_count: names.length })
      .where('id', '=', id)
      .execute();
  });
}

/** For the transaction that inserts repositories: everybody who may see them does so from now on. */
export async function showRepositories(trx: Database, repositories: readonly NewRepository[]): Promise<void> {
  if (repositories.length === 0) return;
  const reached = await visibilitiesReached(trx, repositories);
  reached.set(EVERYTHING_ID, repositories);
  for (const [id, seen] of reached) {
    if (id !== EVERYTHING_ID) {
      await insertVisible(
        trx,
        seen.map((repository) => ({ visibility_id: id, repository_id: repository.id })),
      );
    }
    await addToFolders(
      trx,
      id,
      seen.map((repository) => repository.name),
    );
    await trx
      .updateTable('visibilities')
      .set(({ eb }) => ({ repository_count: eb('repository_count', '+', seen.length) }))
      .where('id', '=', id)
      .execute();
  }
}

/** For the transaction that removes a repository: nobody sees it any more, nor a folder that held nothing else. */
export async function hideRepository(trx: Database, { id, name }: NewRepository): Promise<void> {
  const rows = await trx
    .selectFrom('visible_repositories')
    .select('visibility_id')
    .where('repository_id', '=', id)
    .execute();
  const ids = [EVERYTHING_ID, ...rows.map((row) => row.visibility_id)];
  const paths = foldersAbove(name);
  for (const visibilityId of new Set(ids)) await takeFromFolders(trx, visibilityId, paths);
  await trx.deleteFrom('visible_repositories').where('repository_id', '=', id).execute();
}

async function takeFromFolders(trx: Database, visibilityId: number, paths: readonly string[]): Promise<void> {
  await trx
    .updateTable('folders')
    .set(({ eb }) => ({ repository_count: eb('repository_count', '-', 1) }))
    .where('visibility_id', '=', visibilityId)
    .where('path', 'in', paths)
    .execute();
  await trx
    .deleteFrom('folders')
    .where('visibility_id', '=', visibilityId)
    .where('path', 'in', paths)
    .where('repository_count', '<=', 0)
    .execute();
  await trx
    .updateTable('visibilities')
    .set(({ eb }) => ({ repository_count: eb('repository_count', '-', 1) }))
    .where('id', '=', visibilityId)
    .where('ready', '=', 1)
    .execute();
}

async function visibilitiesReached(
  trx: Database,
  repositories: readonly NewRepository[],
): Promise<Map<number, readonly NewRepository[]>> {
  const sets = new Map<number, Set<NewRepository>>();
  const rows = await trx
    .selectFrom('visibility_patterns')
    .innerJoin('patterns', 'patterns.id', 'visibility_patterns.pattern_id')
    .select(['visibility_id', 'pattern'])
    .execute();
  const matches = new Map<string, readonly NewRepository[]>();
  for (const { visibility_id, pattern } of rows) {
    const matching =
      matches.get(pattern) ?? repositories.filter(({ name }) => matchesGlob(compilePattern(pattern), name));
    matches.set(pattern, matching);
    if (matching.length === 0) continue;
    const seen = sets.get(visibility_id) ?? new Set();
    for (const repository of matching) seen.add(repository);
    sets.set(visibility_id, seen);
  }
  return new Map([...sets].map(([id, seen]) => [id, [...seen]]));
}

const compiled = new LRUCache<string, Glob>({ max: MAX_COMPILED });

/** `${user}` is filled in already, which may have made it longer than what a person may write. */
function compilePattern(pattern: string): Glob {
  const kept = compiled.get(pattern);
  if (kept !== undefined) return kept;
  const glob = compileForUser(pattern, '');
  compiled.set(pattern, glob);
  return glob;
}

async function addToFolders(trx: Database, visibilityId: number, names: readonly string[]): Promise<void> {
  const rows = [...countByFolder(names)].map(([path, repository_count]) => ({
    visibility_id: visibilityId,
    path,
    parent: parentOf(path),
    repository_count,
  }));
  await insertFolders(trx, rows);
}

const insertFolders = createInsertion({
  into: 'folders',
  columns: ['visibility_id', 'path', 'parent', 'repository_count'],
  conflict: { on: ['visibility_id', 'path'], add: ['repository_count'] },
});

async function insertVisible(
  trx: Database,
  rows: readonly { visibility_id: number; repository_id: number }[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await trx
      .insertInto('visible_repositories')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Kept that long after its last viewer. */
const UNUSED_MS = 7 * 24 * 3600_000;

/** Forgets the sets that nobody used for a week, and patterns that stand in none. */
export async function pruneVisibilities(db: Database, now: number): Promise<void> {
  await db
    .deleteFrom('visibilities')
    .where('id', '<>', EVERYTHING_ID)
    .where('last_used_at', '<', now - UNUSED_MS)
    .execute();
  await db
    .deleteFrom('patterns')
    .where('id', 'not in', (held) => held.selectFrom('visibility_patterns').select('pattern_id'))
    .execute();
}

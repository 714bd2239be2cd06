/** Updates the repositories and folders of visibilities. For use in transactions. */
import { LRUCache } from 'lru-cache';
import { compileForUser, type Glob, matchesGlob } from '../../access/glob.ts';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { countByFolder, foldersAbove, parentOf } from '../base/folders.ts';

export const EVERYTHING_ID = 1;
// Well below the maximum number of parameters of a statement.
const ROWS_AT_ONCE = 500;
const MAX_COMPILED = 10_000;

export interface NewRepository {
  readonly id: number;
  readonly name: string;
}

/** For the transaction that inserts repositories: makes them visible to everybody who may see them. */
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

/**
 * For the transaction that removes a repository: removes it, and folders without other content, from all visibilities.
 */
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

/** `${user}` is already replaced, so the pattern may be longer than people may write. */
export function compilePattern(pattern: string): Glob {
  const kept = compiled.get(pattern);
  if (kept !== undefined) return kept;
  const glob = compileForUser(pattern, '');
  compiled.set(pattern, glob);
  return glob;
}

export async function addToFolders(trx: Database, visibilityId: number, names: readonly string[]): Promise<void> {
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

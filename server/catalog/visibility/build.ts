import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Glob, matchesGlob } from '../../access/glob.ts';
import type { Database } from '../../storage/database.ts';
import { namesAfter } from '../base/repository-lookup.ts';
import { addToFolders, compilePattern, EVERYTHING_ID, insertVisible } from './membership.ts';

// Small enough for other requests to get a turn in between.
const NAMES_AT_ONCE = 2000;

/**
 * Finds or computes the repositories that a set of patterns matches, yielding to other requests. Repositories that are
 * added meanwhile are included by `showRepositories`.
 * @returns the ID of the visibility.
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

/** From now on new repositories are added to it. */
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

/** Patterns with the same prefix share one read of the names. */
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

/** The literal prefix of all matches: `team/a*` → `team/a`. */
function literalPrefix(pattern: string): string {
  return /^[^*?[{\\]*/.exec(pattern)?.[0] ?? '';
}

/** Names of all repositories of a visibility. */
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

/** Deleted this long after its last use. */
const UNUSED_MS = 7 * 24 * 3600_000;

/** Deletes visibilities that were not used for a week, and unused patterns. */
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

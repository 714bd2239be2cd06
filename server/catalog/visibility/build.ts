import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Glob, matchesGlob } from '../../access/glob.ts';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { isPostgres } from '../../storage/engine.ts';
import { namesAfter } from '../base/repository-lookup.ts';
import { addToFolders, compilePattern, EVERYTHING_ID } from './membership.ts';

// Small enough for other requests to get a turn in between.
const NAMES_AT_ONCE = 2000;

/**
 * Finds or computes the repositories that a set of patterns matches, yielding to other requests. Repositories that are
 * added meanwhile are included by `showRepositories`.
 * @returns the ID of the visibility.
 */
export async function buildVisibility(db: Database, patterns: readonly string[], at: number): Promise<number> {
  const { id, isReady } = await db.transaction().execute((trx) => ensureVisibility(trx, patterns, at));
  if (isReady) return id;
  for (const [prefix, globs] of byPrefix(patterns)) await matchAll(db, id, prefix, globs);
  await finish(db, id);
  return id;
}

/** In one transaction, because unused patterns may be removed at any time. From now on new repositories are added to it. */
async function ensureVisibility(trx: Database, patterns: readonly string[], at: number) {
  const patternIds = await ensurePatterns(trx, patterns);
  const { id, ready } = await trx
    .insertInto('visibilities')
    .values({ patterns: patternIds.join(','), last_used_at: at })
    .onConflict((conflict) => conflict.column('patterns').doUpdateSet({ last_used_at: at }))
    .returning(['id', 'ready'])
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('visibility_patterns')
    .values(patternIds.map((pattern_id) => ({ visibility_id: id, pattern_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return { id, isReady: ready === 1 };
}

async function ensurePatterns(trx: Database, patterns: readonly string[]): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const pattern of patterns) {
    const row = await trx
      .insertInto('patterns')
      .values({ pattern })
      // Changes nothing, but locks the row until the transaction ends.
      .onConflict((conflict) => conflict.column('pattern').doUpdateSet({ pattern }))
      .returning('id')
      .executeTakeFirstOrThrow();
    ids.push(row.id);
  }
  return ids.sort((one, other) => one - other);
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
    await insertExisting(
      db,
      id,
      matching.map((row) => row.id),
    );
    const last = rows.at(-1);
    if (last === undefined || rows.length < NAMES_AT_ONCE) return;
    after = last.name;
    await nextTurn();
  }
}

/** Some of the repositories may have been removed since they were read. */
async function insertExisting(db: Database, visibilityId: number, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .insertInto('visible_repositories')
    .columns(['visibility_id', 'repository_id'])
    .expression((among) => {
      const rows = among
        .selectFrom('repositories')
        .select([sql<number>`cast(${visibilityId} as integer)`.as('visibility_id'), 'id'])
        .where(isAmong(db, sql`id`, ids));
      // SQLite has one writer at a time.
      return isPostgres(db) ? rows.forKeyShare() : rows;
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
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

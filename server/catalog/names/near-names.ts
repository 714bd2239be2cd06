/** Finds repositories with names similar to a typed one, for search and for pages that do not exist. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { escapeLike } from '../../storage/like.ts';
import { NOTHING, type Visibility } from '../visibility/visibility.ts';
import { editsIn, letterPairs, maxEditDistance } from './name-distance.ts';
import { foldCase } from './name-search.ts';

/** Maximum number of names that are read; larger registries are searched only in their first ones. */
export const MAX_READ = 10_000;
/** Maximum number of names compared letter by letter: those with most bigrams in common. */
const MAX_COMPARED = 200;
const MAX_PAIRS = 24;

/** Most similar names first; empty for words that are too short. @param most Maximum number of results. */
export async function nearNames(
  db: Database,
  visibility: Visibility,
  typed: string,
  most: number,
): Promise<readonly string[]> {
  const word = foldCase(typed);
  if (visibility.id === NOTHING.id || maxEditDistance(word) === 0) return [];
  const names = await withCommonLetters(db, visibleNames(visibility), word);
  const near = names.flatMap((name) => {
    const mistakes = editsIn(word, foldCase(name));
    return mistakes === undefined ? [] : [{ name, mistakes }];
  });
  return near
    .sort((left, right) => left.mistakes - right.mistakes || left.name.length - right.name.length)
    .slice(0, most)
    .map(({ name }) => name);
}

/**
 * Names with most bigrams in common with a word.
 * @param names Selects them as `name`.
 */
export async function withCommonLetters(
  db: Database,
  names: RawBuilder<unknown>,
  word: string,
): Promise<readonly string[]> {
  const pairs = letterPairs(word).slice(0, MAX_PAIRS);
  const common = sql.join(pairs.map(hasPair), sql` + `);
  const { rows } = await sql<{ name: string }>`
    select near.name as name, ${common} as common from (${names}) as near
    order by common desc, near.name limit ${MAX_COMPARED}`.execute(db);
  return rows.map(({ name }) => name);
}

function hasPair(pair: string): RawBuilder<unknown> {
  return sql`(case when near.name like ${`%${escapeLike(pair)}%`} escape '\\' then 1 else 0 end)`;
}

function visibleNames({ all, id }: Visibility): RawBuilder<unknown> {
  if (all) return sql`select name from repositories order by name limit ${MAX_READ}`;
  return sql`select home.name as name from visible_repositories as seen
    join repositories as home on home.id = seen.repository_id where seen.visibility_id = ${id} limit ${MAX_READ}`;
}

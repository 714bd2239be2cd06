/**
 * Parts of names, found by their trigrams instead of reading all names: the one thing for which SQLite and PostgreSQL
 * are asked differently.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { isPostgres } from '../storage/engine.ts';
import { escapeLike } from '../storage/like.ts';
import { globPattern, globSteps, longestLiteral, sqliteGlob } from './search-glob.ts';

export type NamedTable = 'repositories' | 'tags';

/** What a name has to be like; upper and lower case do not count. */
export type NameTest =
  | { readonly kind: 'part'; readonly text: string }
  | { readonly kind: 'whole'; readonly text: string }
  /** The whole name, with wildcards. */
  | { readonly kind: 'glob'; readonly text: string };

/** Shorter texts have no trigram. */
const SHORTEST = 3;
/** So many names that hold the longest literal part are compared with the whole test. */
const MOST_COMPARED = 4000;

/** SQLite and the "C" collation fold ASCII only, so we do, too. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Ids of the rows whose name passes.
 *
 * @param most No more than that are returned.
 * @returns undefined where no index can tell: short texts, and wildcards around parts that very many names have.
 */
export async function matchingIds(
  db: Database,
  table: NamedTable,
  test: NameTest,
  most: number,
): Promise<readonly number[] | undefined> {
  const literal = longestLiteral(stepsOf(test));
  if (literal.length < SHORTEST) return undefined;
  // Where the literal is the whole test, each name found is a match.
  const isWhole = test.kind === 'part' && literal === foldCase(test.text);
  const compared = isWhole ? most : Math.max(most, MOST_COMPARED) + 1;
  const passes = isWhole ? sql`1` : sql`case when ${passesName(db, sql`near.name`, test)} then 1 else 0 end`;
  const { rows } = await sql<{ id: number; passes: number }>`
    select near.id, ${passes} as passes from (${namesWith(db, table, literal, compared)}) as near`.execute(db);
  const ids = rows.filter((row) => Number(row.passes) === 1).map((row) => row.id);
  if (!isWhole && rows.length === compared && ids.length < most) return undefined;
  return ids.slice(0, most);
}

/** Of one search, which asks for the same names for repositories and for their images. */
export function createNameLookup(db: Database): NameLookup {
  const known = new Map<string, Promise<readonly number[] | undefined>>();
  return (table, test, most) => {
    const key = JSON.stringify([table, test.kind, test.text, most]);
    const found = known.get(key) ?? matchingIds(db, table, test, most);
    known.set(key, found);
    return found;
  };
}

export type NameLookup = (table: NamedTable, test: NameTest, most: number) => Promise<readonly number[] | undefined>;

/** For lists of repositories: `matchingIds` with a part of the name. */
export function matchingRepositoryIds(
  db: Database,
  text: string,
  most: number,
): Promise<readonly number[] | undefined> {
  return matchingIds(db, 'repositories', { kind: 'part', text }, most);
}

/** The same test as a condition on a row. */
export function passesName(db: Database, name: RawBuilder<unknown>, test: NameTest): RawBuilder<SqlBool> {
  if (test.kind === 'part') {
    return sql<SqlBool>`lower(${name}) like ${`%${escapeLike(foldCase(test.text))}%`} escape '\\'`;
  }
  if (test.kind === 'whole') return sql<SqlBool>`lower(${name}) = ${foldCase(test.text)}`;
  const steps = stepsOf(test);
  if (isPostgres(db)) return sql<SqlBool>`lower(${name}) ~ ${globPattern(steps)}`;
  return sql<SqlBool>`lower(${name}) glob ${sqliteGlob(steps)}`;
}

function stepsOf({ kind, text }: NameTest) {
  const folded = foldCase(text);
  return kind === 'glob'
    ? globSteps(folded)
    : [...folded].map((character) => ({ kind: 'char' as const, text: character }));
}

/**
 * The trigram table of SQLite reads its index for `like` only without an `escape` clause, so the literal holds none of
 * its wildcards.
 */
function namesWith(db: Database, table: NamedTable, literal: string, limit: number): RawBuilder<unknown> {
  const pattern = `%${literal}%`;
  if (isPostgres(db)) {
    return sql`select id, name from ${sql.table(table)} where lower(name) like ${pattern} limit ${limit}`;
  }
  return sql`select rowid as id, name from ${sql.table(`${table}_names`)} where name like ${pattern} limit ${limit}`;
}

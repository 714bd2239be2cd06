/** Finds parts of names by trigram indexes. The only place where SQLite and PostgreSQL are queried differently. */

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { isPostgres } from '../../storage/engine.ts';
import { escapeLike } from '../../storage/like.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { visibleCount } from '../visibility/visible-repositories.ts';
import { globPattern, globSteps, literals, longestLiteral, sqliteGlob } from './search-glob.ts';

export type NamedTable = 'repositories' | 'tags';

/** A test for names; ignores case. */
export type NameTest =
  | { readonly kind: 'part'; readonly text: string }
  | { readonly kind: 'whole'; readonly text: string }
  /** Matches the whole name, with wildcards. */
  | { readonly kind: 'glob'; readonly text: string };

/** Shorter texts have no trigram. */
const TRIGRAM_LENGTH = 3;
/** Maximum number of visible repository names that are read. */
const MAX_READ = 10_000;
/** The first trigrams of a long text are enough. */
const MAX_TRIGRAMS = 30;
/** Maximum number of names with the longest literal part that are compared completely. */
const MAX_COMPARED = 4000;

/** Lower case of ASCII letters only, as in SQLite and the "C" collation. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * IDs of rows whose name matches.
 * @param most Maximum number of results.
 * @returns undefined when no index helps: for short texts, and wildcards around parts that very many names contain.
 */
export async function matchingIds(
  db: Database,
  table: NamedTable,
  test: NameTest,
  most: number,
): Promise<readonly number[] | undefined> {
  const literal = longestLiteral(stepsOf(test));
  if (literal.length < TRIGRAM_LENGTH) return undefined;
  // If the literal is the whole test, every name that contains it matches.
  const isWhole = test.kind === 'part' && literal === foldCase(test.text);
  const compared = isWhole ? most : Math.max(most, MAX_COMPARED) + 1;
  const passes = isWhole ? sql`1` : sql`case when ${passesName(db, sql`near.name`, test)} then 1 else 0 end`;
  const { rows } = await sql<{ id: number; passes: number }>`
    select near.id, ${passes} as passes from (${namesWith(db, table, literal, compared)}) as near`.execute(db);
  const ids = rows.filter((row) => Number(row.passes) === 1).map((row) => row.id);
  if (!isWhole && rows.length === compared && ids.length < most) return undefined;
  return ids.slice(0, most);
}

/**
 * IDs of all rows whose name matches, reading about `most` names. Up to one in a hundred may be wrong: its name has the
 * trigrams, but not adjacent.
 * @returns undefined when no index helps, or there may be more.
 */
async function nearIds(
  db: Database,
  table: NamedTable,
  test: NameTest,
  most: number,
): Promise<readonly number[] | undefined> {
  if (isPostgres(db)) return atMost(await matchingIds(db, table, test, most + 1), most);
  const match = trigramQuery(test);
  if (match === '') return undefined;
  const names = sql.table(`${table}_names`);
  const { rows } = await sql<{ id: number }>`
    select rowid as id from ${names} where ${names} match ${match} limit ${most + 1}`.execute(db);
  return atMost(
    rows.map((row) => row.id),
    most,
  );
}

/** Without wrong ones: reads the names, which costs four times as much. */
async function tagIds(db: Database, test: NameTest, most: number): Promise<readonly number[] | undefined> {
  const near = await nearIds(db, 'tags', test, most);
  if (near === undefined || near.length === 0 || isPostgres(db)) return near;
  const { rows } = await sql<{ id: number }>`select id from tags
    where ${isAmong(db, sql`id`, near)} and ${passesName(db, sql`name`, test)}`.execute(db);
  return rows.map((row) => row.id);
}

/** Among visible repositories, if these are few enough to read all names. */
async function seenMatchingIds(
  db: Database,
  visibility: Visibility,
  test: NameTest,
  most: number,
): Promise<readonly number[] | undefined> {
  if ((await visibleCount(db, visibility)) > MAX_READ) return undefined;
  // A cross join, because SQLite keeps its order.
  const { rows } = await sql<{ id: number }>`
    select home.id as id from visible_repositories as allowed cross join repositories as home
    where allowed.visibility_id = ${visibility.id} and home.id = allowed.repository_id
      and ${passesName(db, sql`home.name`, test)} limit ${most + 1}`.execute(db);
  return atMost(
    rows.map((row) => row.id),
    most,
  );
}

function atMost(ids: readonly number[] | undefined, most: number): readonly number[] | undefined {
  return ids === undefined || ids.length > most ? undefined : ids;
}

/** For `match` on a trigram table: all trigrams that a name must contain; '' for none. */
function trigramQuery(test: NameTest): string {
  const trigrams = literals(stepsOf(test)).flatMap((literal) =>
    Array.from({ length: Math.max(0, literal.length - 2) }, (_, at) => literal.slice(at, at + TRIGRAM_LENGTH)),
  );
  const plain = trigrams.filter((trigram) => /^[\x20-\x7e]{3}$/.test(trigram));
  const distinct = [...new Set(plain)].slice(0, MAX_TRIGRAMS);
  return distinct.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}

/**
 * IDs of tags whose name matches; for repositories possibly a few more, because callers compare the names anyway. If
 * these are too many, only visible ones. One instance per search, which asks for the same names for repositories and
 * images.
 */
export type NameLookup = (table: NamedTable, test: NameTest, most: number) => Promise<readonly number[] | undefined>;

export function createNameLookup(db: Database, visibility: Visibility): NameLookup {
  const known = new Map<string, Promise<readonly number[] | undefined>>();
  async function find(table: NamedTable, test: NameTest, most: number): Promise<readonly number[] | undefined> {
    if (table === 'tags') return tagIds(db, test, most);
    const near = await nearIds(db, table, test, most);
    if (near !== undefined || visibility.all) return near;
    return seenMatchingIds(db, visibility, test, most);
  }
  return (table, test, most) => {
    const key = JSON.stringify([table, test.kind, test.text, most]);
    const found = known.get(key) ?? find(table, test, most);
    known.set(key, found);
    return found;
  };
}

/** `matchingIds` with a part of a repository's name. */
export function matchingRepositoryIds(
  db: Database,
  text: string,
  most: number,
): Promise<readonly number[] | undefined> {
  return matchingIds(db, 'repositories', { kind: 'part', text }, most);
}

/** The same test as an SQL condition. */
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
 * SQLite uses the trigram index for `like` only without an `escape` clause, so the literal must not contain wildcards.
 */
function namesWith(db: Database, table: NamedTable, literal: string, limit: number): RawBuilder<unknown> {
  const pattern = `%${literal}%`;
  if (isPostgres(db)) {
    return sql`select id, name from ${sql.table(table)} where lower(name) like ${pattern} limit ${limit}`;
  }
  return sql`select rowid as id, name from ${sql.table(`${table}_names`)} where name like ${pattern} limit ${limit}`;
}

/**
 * Parts of names, found by their trigrams instead of reading all names: the one thing for which SQLite and PostgreSQL
 * are asked differently.
 */

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { isPostgres } from '../../storage/engine.ts';
import { escapeLike } from '../../storage/like.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { visibleCount } from '../visibility/visible-repositories.ts';
import { globPattern, globSteps, literals, longestLiteral, sqliteGlob } from './search-glob.ts';

export type NamedTable = 'repositories' | 'tags';

/** What a name has to be like; upper and lower case do not count. */
export type NameTest =
  | { readonly kind: 'part'; readonly text: string }
  | { readonly kind: 'whole'; readonly text: string }
  /** The whole name, with wildcards. */
  | { readonly kind: 'glob'; readonly text: string };

/** Shorter texts have no trigram. */
const SHORTEST = 3;
/** So many names of repositories that somebody may see are read. */
const MAX_READ = 10_000;
/** Of a long text, the first are enough. */
const MAX_TRIGRAMS = 30;
/** So many names that hold the longest literal part are compared with the whole test. */
const MAX_COMPARED = 4000;

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
  const compared = isWhole ? most : Math.max(most, MAX_COMPARED) + 1;
  const passes = isWhole ? sql`1` : sql`case when ${passesName(db, sql`near.name`, test)} then 1 else 0 end`;
  const { rows } = await sql<{ id: number; passes: number }>`
    select near.id, ${passes} as passes from (${namesWith(db, table, literal, compared)}) as near`.execute(db);
  const ids = rows.filter((row) => Number(row.passes) === 1).map((row) => row.id);
  if (!isWhole && rows.length === compared && ids.length < most) return undefined;
  return ids.slice(0, most);
}

/**
 * Ids of all rows whose name passes, found without reading more than about `most` names. A few may be among them whose
 * names have the trigrams apart: hardly one in a hundred.
 *
 * @returns undefined where no index can tell, and where these may be more.
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

/** Without those few: reading the names themselves costs four times as much. */
async function tagIds(db: Database, test: NameTest, most: number): Promise<readonly number[] | undefined> {
  const near = await nearIds(db, 'tags', test, most);
  if (near === undefined || near.length === 0 || isPostgres(db)) return near;
  const { rows } = await sql<{ id: number }>`select id from tags
    where ${isAmong(db, sql`id`, near)} and ${passesName(db, sql`name`, test)}`.execute(db);
  return rows.map((row) => row.id);
}

/** Of the repositories that somebody may see, where these are not too many to read all their names. */
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

/** For `match` of a trigram table: all trigrams that a name has to have; '' for none. */
function trigramQuery(test: NameTest): string {
  const trigrams = literals(stepsOf(test)).flatMap((literal) =>
    Array.from({ length: Math.max(0, literal.length - 2) }, (_, at) => literal.slice(at, at + SHORTEST)),
  );
  const plain = trigrams.filter((trigram) => /^[\x20-\x7e]{3}$/.test(trigram));
  const distinct = [...new Set(plain)].slice(0, MAX_TRIGRAMS);
  return distinct.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}

/**
 * Ids of the tags whose names pass; of the repositories a few more, because whoever reads their rows compares the names
 * anyway. Where these are too many, only those that may be seen. Of one search, which asks for the same names for
 * repositories and for their images.
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

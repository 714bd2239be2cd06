import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { cappedTotal, exactTotal, MAX_COUNTED, type Total } from '../base/key-page.ts';
import { matchingRepositoryIds } from '../names/name-search.ts';
import { sumSource } from '../visibility/seen-sums.ts';
import type { Visibility } from '../visibility/visibility.ts';
import {
  filterRestrictions,
  folderRestriction,
  nameContains,
  type RepositoryQuery,
  type Restriction,
  visibleRestriction,
} from './repository-query.ts';

/**
 * Up to this number of candidates, rows are fetched one by one and sorted; beyond it, the index of the sort is read
 * until the page is full. At 100 000 repositories both cost about the same.
 */
export const MAX_FETCHED_SINGLY = 1500;
/** Where something else is asked of them, too, an index of the sort has to be read further. */
const MULTI_CONDITION_FACTOR = 5;
/** Maximum number of rows examined for the total. */
const MAX_EXAMINED = 10_000;

export interface RepositoryPlan {
  readonly from: RawBuilder<unknown>;
  readonly where: RawBuilder<SqlBool>;
  /** Computed on demand: once per page. */
  readonly total: () => Promise<Total>;
}

interface Weighed extends Restriction {
  /** Number of candidates: exact up to the limit, undefined when it cannot be determined cheaply. */
  readonly weight: number | undefined;
}

/**
 * Chooses the query plan, because database engines guess badly here: they know neither how many rows a filter leaves
 * nor that a page is enough.
 */
export async function planRepositories(
  db: Database,
  visibility: Visibility,
  query: RepositoryQuery,
  few = MAX_FETCHED_SINGLY,
): Promise<RepositoryPlan> {
  const asked = await restrictionsOf(db, visibility, query, few);
  const most = asked.length > 1 ? few * MULTI_CONDITION_FACTOR : few;
  const restrictions: Weighed[] = [];
  for (const restriction of asked) restrictions.push({ ...restriction, weight: await weigh(db, restriction, most) });
  const driver = lightest(restrictions, most);
  const conditions = restrictions.filter((each) => each !== driver).map((each) => each.condition);
  if (query.isDirect === true) conditions.push(sql<SqlBool>`repositories.folder = ${query.folder ?? ''}`);
  if (driver !== undefined) conditions.push(sql<SqlBool>`repositories.id = chosen.id`);
  const { join } = sumSource(visibility);
  const sums = query.sort === 'unique' ? join : undefined;
  const all = (each: readonly RawBuilder<SqlBool>[]) =>
    each.length === 0 ? sql<SqlBool>`1 = 1` : sql.join<SqlBool>(each, sql` and `);
  const counted = { from: sourceOf(driver, undefined), where: all(conditions) };
  const where = all(sums === undefined ? conditions : [...conditions, sums.on]);
  const from = sourceOf(driver, sums?.table);
  const total = () => countRows(db, visibility, query, { restrictions, driver, ...counted });
  return { from, where, total };
}

/** Cross joins, because SQLite keeps their order: first the few candidates, or the index of the sort. */
function sourceOf(driver: Weighed | undefined, sums: RawBuilder<unknown> | undefined): RawBuilder<unknown> {
  if (driver !== undefined) {
    const chosen = sql`(${driver.candidates}) as chosen cross join repositories`;
    return sums === undefined ? chosen : sql`${chosen} cross join ${sums}`;
  }
  return sums === undefined ? sql`repositories` : sql`${sums} cross join repositories`;
}

async function restrictionsOf(
  db: Database,
  visibility: Visibility,
  query: RepositoryQuery,
  few: number,
): Promise<readonly Restriction[]> {
  const found: Restriction[] = [];
  if (!visibility.all) found.push(visibleRestriction(visibility));
  if (query.isDirect !== true && query.folder) found.push(folderRestriction(query.folder, query.sort));
  found.push(...filterRestrictions(query, query.sort));
  const ids = query.filter ? await namedIds(db, query.filter, few + 1) : undefined;
  if (ids === undefined) return found;
  // Too many to help, but their number is known.
  if (ids.length > few) return found.map((each) => (each.isByName === true ? { ...each, count: ids.length } : each));
  const list = ids.length === 0 ? sql`null` : sql.join(ids);
  const chosen = sql`select id from repositories where id in (${list})`;
  return [...found, { condition: sql<SqlBool>`1 = 1`, candidates: chosen, count: ids.length }];
}

/** One or two letters are not indexed, but scanning only names is fast. */
async function namedIds(db: Database, text: string, most: number): Promise<readonly number[] | undefined> {
  const found = await matchingRepositoryIds(db, text, most);
  if (found !== undefined) return found;
  const { rows } = await sql<{ id: number }>`
    select id from repositories where ${nameContains(text)} limit ${most}`.execute(db);
  return rows.map(({ id }) => id);
}

async function weigh(db: Database, { candidates, count }: Restriction, most: number): Promise<number | undefined> {
  if (typeof count === 'number') return count;
  if (candidates === undefined) return undefined;
  const counted = count ?? sql`select count(*) as total from (${candidates} limit ${most + 1}) as bounded`;
  const { rows } = await sql<{ total: number }>`${counted}`.execute(db);
  return Number(rows[0]?.total ?? 0);
}

function lightest(restrictions: readonly Weighed[], most: number): Weighed | undefined {
  return restrictions
    .filter(({ candidates, weight }) => candidates !== undefined && weight !== undefined && weight <= most)
    .sort((one, other) => (one.weight ?? 0) - (other.weight ?? 0))[0];
}

interface Chosen extends Pick<RepositoryPlan, 'from' | 'where'> {
  readonly restrictions: readonly Weighed[];
  readonly driver: Weighed | undefined;
}

async function countRows(db: Database, visibility: Visibility, query: RepositoryQuery, plan: Chosen): Promise<Total> {
  const { restrictions, driver, from, where } = plan;
  if (filterRestrictions(query, query.sort).length === 0) return exactTotal(await countFolder(db, visibility, query));
  if (driver !== undefined) return cappedTotal(await countOf(db, sql`select 1 from ${from} where ${where}`));
  const [only, ...others] = restrictions;
  // More candidates than are counted.
  if ((only?.weight ?? 0) > MAX_COUNTED && others.length === 0) return { total: MAX_COUNTED, isExact: false };
  const some = sql`(select * from repositories order by id limit ${MAX_EXAMINED}) as repositories`;
  const found = await countOf(db, sql`select 1 from ${some} where ${where}`);
  const all = await countOf(db, sql`select 1 from repositories`, MAX_EXAMINED);
  return all <= MAX_EXAMINED ? cappedTotal(found) : { ...cappedTotal(found), isExact: false };
}

async function countOf(db: Database, rows: RawBuilder<unknown>, most = MAX_COUNTED): Promise<number> {
  const counted = await sql<{
    total: number;
  }>`select count(*) as total from (${rows} limit ${most + 1}) as bounded`.execute(db);
  return Number(counted.rows[0]?.total ?? 0);
}

/** The number is maintained with each change, so nothing is counted here. */
async function countFolder(
  db: Database,
  { id }: Visibility,
  { folder = '', isDirect = false }: Pick<RepositoryQuery, 'folder' | 'isDirect'>,
): Promise<number> {
  const own = await db
    .selectFrom('folders')
    .select('repository_count')
    .where('visibility_id', '=', id)
    .where('path', '=', folder)
    .executeTakeFirst();
  if (!isDirect) return own?.repository_count ?? 0;
  const below = await db
    .selectFrom('folders')
    .select(({ fn }) => fn.sum<number>('repository_count').as('total'))
    .where('visibility_id', '=', id)
    .where('parent', '=', folder)
    .executeTakeFirst();
  return Math.max(0, (own?.repository_count ?? 0) - Number(below?.total ?? 0));
}

/** Sorts and filters of repository lists, as SQL that matches the indexes. */
import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import { likePattern } from '../../storage/like.ts';
import type { RepositoriesTable } from '../../storage/schema.ts';
import type { AskedPage, Direction, KeyOrder } from '../base/key-page.ts';
import { type Comparison, comparisons, type ListFilters } from '../base/list-filters.ts';
import { sumSource } from '../visibility/seen-sums.ts';
import { EVERYTHING, NOTHING, type Visibility } from '../visibility/visibility.ts';

export const REPOSITORY_SORTS = [
  'name',
  'tags',
  'newest',
  'pushed',
  'by',
  'pulled',
  'pulls',
  'platforms',
  'size',
  'unique',
] as const;
export type RepositorySort = (typeof REPOSITORY_SORTS)[number];

export interface RepositoryFilters extends ListFilters {
  /** Part of the name. */
  readonly filter?: string | undefined;
  /** Without tags. */
  readonly isEmpty?: boolean | undefined;
}

export interface RepositoryQuery extends RepositoryFilters, AskedPage {
  /** Only repositories below this folder: `team`; '' is no restriction. */
  readonly folder?: string | undefined;
  /** Only repositories directly in `folder`; '' is the root. */
  readonly isDirect?: boolean | undefined;
  readonly sort: RepositorySort;
  readonly direction: Direction;
}

const NAME = sql<string>`repositories.name`;

// Must be identical to the expressions of the indexes.
const SORT_VALUE: Record<RepositorySort, RawBuilder<string | number>> = {
  name: NAME,
  tags: sql`tag_count`,
  newest: sql`newest_key`,
  // Without a known push the build time is used.
  pushed: sql`coalesce(last_pushed_at, newest_at)`,
  by: sql`coalesce(last_pushed_by, '')`,
  pulled: sql`coalesce(last_pulled_at, 0)`,
  pulls: sql`pull_count`,
  platforms: sql`platform_count`,
  size: sql`size_bytes`,
  // For viewers who see everything.
  unique: sql`unique_bytes`,
};

const TEXT_SORTS: ReadonlySet<RepositorySort> = new Set(['name', 'newest', 'by']);

export function repositoryOrder(sort: RepositorySort, direction: Direction, visibility: Visibility): KeyOrder {
  const value = sort === 'unique' ? sumSource(visibility).unique : SORT_VALUE[sort];
  return { value, key: NAME, direction, isText: TEXT_SORTS.has(sort) };
}

/** The value of `repositoryOrder` for a row, for cursors. */
export function sortValue(row: Selectable<RepositoriesTable>, sort: RepositorySort): string | number {
  const values: Record<RepositorySort, string | number> = {
    name: row.name,
    tags: row.tag_count,
    newest: row.newest_key,
    pushed: row.last_pushed_at ?? row.newest_at,
    by: row.last_pushed_by ?? '',
    pulled: row.last_pulled_at ?? 0,
    pulls: row.pull_count,
    platforms: row.platform_count,
    size: row.size_bytes,
    unique: row.unique_bytes,
  };
  return values[sort];
}

/** A condition, and a way to find its rows without reading the others. */
export interface Restriction {
  readonly condition: RawBuilder<SqlBool>;
  /** Selects repository IDs as `id`; undefined when no index supports it. */
  readonly candidates?: RawBuilder<unknown>;
  /** Their number, if it is stored. */
  readonly count?: RawBuilder<unknown> | number;
  /** About a part of the name. */
  readonly isByName?: boolean;
}

/**
 * Prevents the use of an index on this column (`+` or `|| ''`), so that rows are read in the order of the sort. Not
 * needed when the condition is about the sort value itself.
 */
const unindexed = (value: RawBuilder<unknown>) => sql`+${value}`;

export function visibleRestriction(visibility: Visibility): Restriction {
  if (visibility.id === NOTHING.id) {
    return { condition: sql`1 = 0`, candidates: sql`select id from repositories where 1 = 0` };
  }
  const { id } = visibility;
  return {
    condition: sql<SqlBool>`exists (select 1 from visible_repositories as seen
      where seen.visibility_id = ${id} and seen.repository_id = +repositories.id)`,
    candidates: sql`select repository_id as id from visible_repositories where visibility_id = ${id}`,
    count: sql`select repository_count as total from visibilities where id = ${id}`,
  };
}

/** Everything below a folder is a range of names: `0` is the character after `/`. */
export function folderRestriction(folder: string, sort: RepositorySort): Restriction {
  const name = sort === 'name' ? NAME : sql`(repositories.name || '')`;
  const [from, to] = [`${folder}/`, `${folder}0`];
  return {
    condition: sql<SqlBool>`${name} >= ${from} and ${name} < ${to}`,
    candidates: sql`select id from repositories where name >= ${from} and name < ${to}`,
    count: sql`select repository_count as total from folders
      where visibility_id = ${EVERYTHING.id} and path = ${folder}`,
  };
}

const COMPARED: Record<Comparison['of'], RepositorySort> = { age: 'pushed', size: 'size', pulled: 'pulled' };

export function filterRestrictions(filters: RepositoryFilters, sort: RepositorySort): readonly Restriction[] {
  const { filter, platform, kind } = filters;
  const found: Restriction[] = [];
  if (filter) found.push({ condition: nameContains(filter), isByName: true });
  if (platform) found.push(facetRestriction(`platform:${platform}`));
  if (kind) found.push(facetRestriction(`kind:${kind}`));
  for (const { of, operator, value } of comparisons(filters)) {
    found.push(compared(COMPARED[of], sort, sql`${sql.raw(operator)} ${value}`));
  }
  if (filters.isEmpty === true) found.push(compared('tags', sort, sql`= 0`));
  return found;
}

function compared(on: RepositorySort, sort: RepositorySort, test: RawBuilder<unknown>): Restriction {
  const column = sort === on ? SORT_VALUE[on] : unindexed(SORT_VALUE[on]);
  return {
    condition: sql<SqlBool>`${column} ${test}`,
    candidates: sql`select id from repositories where ${SORT_VALUE[on]} ${test}`,
  };
}

export function nameContains(text: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`repositories.name like ${likePattern(text)} escape '\\'`;
}

function facetRestriction(facet: string): Restriction {
  return {
    condition: sql<SqlBool>`exists (select 1 from repository_facets as held
      where held.facet = ${facet} and held.repository_id = +repositories.id)`,
    candidates: sql`select repository_id as id from repository_facets where facet = ${facet}`,
  };
}

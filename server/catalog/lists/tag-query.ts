/** Sorts and filters of lists of tags and images, as SQL. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { isPostgres } from '../../storage/engine.ts';
import { likePattern } from '../../storage/like.ts';
import type { HeldState } from '../../storage/schema.ts';
import type { AskedPage, Direction, KeyOrder } from '../base/key-page.ts';
import { type Comparison, comparisons, type ListFilters } from '../base/list-filters.ts';
import type { StoredHeld, StoredTag } from './tag-rows.ts';

export const TAG_SORTS = ['name', 'pushed', 'by', 'pulled', 'pulls', 'platforms', 'size', 'tags'] as const;
export type TagSort = (typeof TAG_SORTS)[number];

export interface TagFilters extends ListFilters {
  /** Part of a tag's name, or the beginning of a digest (`sha256:…`). */
  readonly filter?: string | undefined;
  /** Only this image. */
  readonly digest?: string | undefined;
}

export interface TagQuery extends TagFilters, AskedPage {
  readonly sort: TagSort;
  readonly direction: Direction;
}

/** State of the manifests; default: `tagged`. */
export interface GroupQuery extends TagQuery {
  readonly state?: Exclude<HeldState, 'child'> | undefined;
}

/** Whether any filter is set, so that stored totals do not apply. */
export function hasFilter(filters: TagFilters): boolean {
  const { filter, digest, platform, kind } = filters;
  return [filter, digest, platform, kind].some(Boolean) || comparisons(filters).length > 0;
}

interface Sorted<Row> {
  /** Suffix of the index's name after the name of the table. */
  readonly index: string;
  readonly value: RawBuilder<string | number>;
  readonly isText?: boolean;
  readonly of: (row: Row) => string | number;
}

// Must be identical to the expressions of the indexes.
const GROUP_SORTS: Record<TagSort, Sorted<StoredHeld>> = {
  name: { index: 'tag_key', value: sql`held.tag_key`, isText: true, of: (row) => row.tag_key },
  pushed: { index: 'aged_at', value: sql`held.aged_at`, of: (row) => row.aged_at },
  by: { index: 'pushed_by', value: sql`coalesce(held.pushed_by, '')`, isText: true, of: (row) => row.pushed_by ?? '' },
  pulled: { index: 'last_pulled_at', value: sql`held.last_pulled_at`, of: (row) => row.last_pulled_at },
  pulls: { index: 'pull_count', value: sql`held.pull_count`, of: (row) => row.pull_count },
  platforms: { index: 'platform_count', value: sql`held.platform_count`, of: (row) => row.platform_count },
  size: { index: 'size_bytes', value: sql`held.size_bytes`, of: (row) => row.size_bytes },
  tags: { index: 'tag_count', value: sql`held.tag_count`, of: (row) => row.tag_count },
};

const BY_NAME: Sorted<StoredTag> = {
  index: 'name_key',
  value: sql`tags.name_key`,
  isText: true,
  of: (row) => row.name_key,
};
const FLAT_SORTS: Record<TagSort, Sorted<StoredTag>> = {
  name: BY_NAME,
  // Meaningless here: each row is one tag.
  tags: BY_NAME,
  pushed: { index: 'aged_at', value: sql`tags.aged_at`, of: (row) => row.aged_at },
  by: { index: 'pushed_by', value: sql`coalesce(tags.pushed_by, '')`, isText: true, of: (row) => row.pushed_by ?? '' },
  pulled: {
    index: 'last_pulled_at',
    value: sql`coalesce(tags.last_pulled_at, 0)`,
    of: (row) => row.last_pulled_at ?? 0,
  },
  pulls: { index: 'pull_count', value: sql`tags.pull_count`, of: (row) => row.pull_count },
  platforms: { index: 'platform_count', value: sql`tags.platform_count`, of: (row) => row.platform_count },
  size: { index: 'size_bytes', value: sql`tags.size_bytes`, of: (row) => row.size_bytes },
};

export function groupOrder({ sort, direction }: TagQuery): KeyOrder {
  const { value, isText = false } = GROUP_SORTS[sort];
  return { value, key: sql`held.id`, direction, isText, isNumericKey: true };
}

export const groupPosition = (row: StoredHeld, sort: TagSort) => ({
  value: GROUP_SORTS[sort].of(row),
  key: String(row.id),
});

export function flatOrder({ sort, direction }: TagQuery): KeyOrder {
  const { value, isText = false } = FLAT_SORTS[sort];
  return { value, key: sql`tags.name`, direction, isText };
}

export const flatPosition = (row: StoredTag, sort: TagSort) => ({ value: FLAT_SORTS[sort].of(row), key: row.name });

/** Forces the index of the sort: SQLite assumes ten tags per repository and would sort them all. */
export function groupSource(db: Database, { sort }: TagQuery): RawBuilder<unknown> {
  return alongIndex(db, sql`held_manifests as held`, `held_manifests_by_${GROUP_SORTS[sort].index}`);
}

export function flatSource(db: Database, { sort }: TagQuery): RawBuilder<unknown> {
  return alongIndex(db, sql`tags`, `tags_by_${FLAT_SORTS[sort].index}`);
}

function alongIndex(db: Database, table: RawBuilder<unknown>, index: string): RawBuilder<unknown> {
  return isPostgres(db) ? table : sql`${table} indexed by ${sql.ref(index)}`;
}

const all = (conditions: readonly RawBuilder<SqlBool>[]) => sql.join<SqlBool>(conditions, sql` and `);

export function groupConditions(repositoryId: number, query: GroupQuery): RawBuilder<SqlBool> {
  const { state = 'tagged', filter, digest, platform, kind } = query;
  const conditions = [sql<SqlBool>`held.repository_id = ${repositoryId} and held.state = ${state}`];
  if (filter) conditions.push(groupMatches(repositoryId, filter));
  if (digest) conditions.push(sql`held.digest = ${digest}`);
  if (platform) conditions.push(hasPlatform(platform));
  if (kind) conditions.push(sql`held.kind = ${kind}`);
  conditions.push(
    ...measures(query, { age: sql`held.aged_at`, size: sql`held.size_bytes`, pulled: sql`held.last_pulled_at` }),
  );
  return all(conditions);
}

export function flatConditions(repositoryId: number, query: TagQuery): RawBuilder<SqlBool> {
  const { filter, digest, platform, kind } = query;
  // The condition of the partial indexes: tags of signatures and other referrers are not listed.
  const conditions = [sql<SqlBool>`tags.repository_id = ${repositoryId} and tags.subject_digest is null`];
  if (filter) conditions.push(isDigest(filter) ? beginsWith('tags.digest', filter) : nameContains(filter));
  if (digest) conditions.push(sql`tags.digest = ${digest}`);
  if (platform) conditions.push(pointsTo(repositoryId, hasPlatform(platform)));
  if (kind) conditions.push(pointsTo(repositoryId, sql`held.kind = ${kind}`));
  conditions.push(
    ...measures(query, {
      age: sql`tags.aged_at`,
      size: sql`tags.size_bytes`,
      pulled: sql`coalesce(tags.last_pulled_at, 0)`,
    }),
  );
  return all(conditions);
}

type Measured = Readonly<Record<Comparison['of'], RawBuilder<number>>>;

/** `+` prevents the use of an index on the column, so that rows are read in the order of the sort. */
function measures(query: TagFilters, columns: Measured): readonly RawBuilder<SqlBool>[] {
  return comparisons(query).map(
    ({ of, operator, value }) => sql<SqlBool>`+${columns[of]} ${sql.raw(operator)} ${value}`,
  );
}

const isDigest = (text: string) => /^sha\d+:/.test(text.toLowerCase());

/** A range, so that an index can be used; digests are in lower case, and `~` sorts after all of their characters. */
function beginsWith(column: string, text: string): RawBuilder<SqlBool> {
  const from = text.toLowerCase();
  return sql<SqlBool>`${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${`${from}~`}`;
}

function nameContains(text: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`lower(tags.name) like ${likePattern(text)} escape '\\'`;
}

function groupMatches(repositoryId: number, text: string): RawBuilder<SqlBool> {
  if (isDigest(text)) return beginsWith('held.digest', text);
  return sql<SqlBool>`held.digest in (select tags.digest from tags
    where tags.repository_id = ${repositoryId} and ${nameContains(text)})`;
}

function hasPlatform(platform: string): RawBuilder<SqlBool> {
  const quoted = likePattern(JSON.stringify(platform));
  return sql<SqlBool>`lower(held.platforms) like ${quoted} escape '\\'`;
}

/**
 * A subquery that is evaluated once, because looking up the image of each tag would cost more. `||` keeps the engine
 * from starting with it.
 */
function pointsTo(repositoryId: number, condition: RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  return sql<SqlBool>`(tags.digest || '') in (select held.digest from held_manifests as held
    where held.repository_id = ${repositoryId} and ${condition})`;
}

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { Position } from '../base/cursor.ts';
import { type AskedPage, type Direction, type KeyPage, type Reading, readKeyPage } from '../base/key-page.ts';
import { type SumSource, sumSource } from '../visibility/seen-sums.ts';
import { EVERYTHING, type Visibility } from '../visibility/visibility.ts';
import { visibleCount } from '../visibility/visible-repositories.ts';

export const SPACE_SORTS = ['size', 'name', 'logical', 'unique', 'shared', 'reclaimable', 'tags'] as const;
export type SpaceSort = (typeof SPACE_SORTS)[number];
/** What an area of the picture can represent. */
export type SpaceMeasure = Exclude<SpaceSort, 'name' | 'tags'>;

export interface SpaceQuery extends AskedPage {
  /** '' is the root. */
  readonly folder: string;
  readonly sort: SpaceSort;
  readonly direction: Direction;
}

export interface BiggestQuery {
  readonly folder: string;
  readonly measure: SpaceMeasure;
  readonly limit: number;
}

/** A sub-folder or a repository of the folder. */
export interface SpaceRow {
  readonly kind: 'folder' | 'repository';
  /** Whole name. */
  readonly path: string;
  /** 1 for a repository. */
  readonly repositoryCount: number;
  readonly tagCount: number;
  readonly logicalBytes: number;
  readonly sizeBytes: number;
  readonly uniqueBytes: number;
  /** Bytes of `sizeBytes` that are also used elsewhere. */
  readonly sharedBytes: number;
  readonly reclaimableBytes: number;
}

export interface SpacePage extends KeyPage<SpaceRow> {}

interface StoredRow {
  readonly path: string;
  readonly repository_count: number;
  readonly tag_count: number;
  readonly logical_bytes: number;
  readonly size_bytes: number;
  readonly unique_bytes: number;
  readonly reclaimable_bytes: number;
}

type Part = SpaceRow['kind'];
// The order for equal sort values.
const PARTS: readonly Part[] = ['folder', 'repository'];
/**
 * Up to this number a viewer's repositories are fetched one by one; beyond it, the index of the sort is read until the
 * page is full.
 */
const MAX_FETCHED_SINGLY = 1500;

// Must be identical to the expressions of the indexes.
function sortValues({ unique, reclaimable }: SumColumns): Record<Exclude<SpaceSort, 'name'>, RawBuilder<number>> {
  return {
    size: sql`size_bytes`,
    logical: sql`logical_bytes`,
    unique,
    shared: sql`(size_bytes - ${unique})`,
    reclaimable,
    tags: sql`tag_count`,
  };
}

type SumColumns = Pick<SumSource, 'unique' | 'reclaimable'>;
// A row of a folder belongs to one visibility, so it has its own totals.
const FOLDER_SUMS: SumColumns = sumSource(EVERYTHING);

export function listSpace(db: Database, visibility: Visibility, query: SpaceQuery): Promise<SpacePage> {
  return readKeyPage(
    query,
    (reading) => readBoth(db, visibility, query, reading),
    (row) => ({ value: sortValue(row, query.sort), key: row.path, part: row.kind }),
  );
}

export function listBiggest(db: Database, visibility: Visibility, query: BiggestQuery): Promise<readonly SpaceRow[]> {
  const { folder, measure, limit } = query;
  const reading = { position: undefined, isBackwards: false, limit };
  return readBoth(db, visibility, { folder, sort: measure, direction: 'desc' }, reading);
}

type ListQuery = Pick<SpaceQuery, 'folder' | 'sort' | 'direction'>;

/** Merges two indexes: each page costs the same. */
async function readBoth(
  db: Database,
  visibility: Visibility,
  query: ListQuery,
  reading: Reading,
): Promise<readonly SpaceRow[]> {
  const folders = await readFolders(db, visibility, query, reading);
  const repositories = await readRepositories(db, visibility, query, reading);
  const sign = (query.direction === 'asc') !== reading.isBackwards ? 1 : -1;
  return [...folders, ...repositories]
    .sort((one, other) => sign * compareRows(one, other, query.sort))
    .slice(0, reading.limit);
}

function compareRows(one: SpaceRow, other: SpaceRow, sort: SpaceSort): number {
  return (
    compare(sortValue(one, sort), sortValue(other, sort)) ||
    compare(PARTS.indexOf(one.kind), PARTS.indexOf(other.kind)) ||
    compare(one.path, other.path)
  );
}

function compare(one: string | number, other: string | number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

async function readFolders(
  db: Database,
  { id }: Visibility,
  query: ListQuery,
  reading: Reading,
): Promise<readonly SpaceRow[]> {
  const { behind, orderBy } = clauses({ part: 'folder', name: sql`path`, sums: FOLDER_SUMS }, query, reading);
  const found = await sql<StoredRow>`
    select path, repository_count, tag_count, logical_bytes, size_bytes, unique_bytes, reclaimable_bytes from folders
    where visibility_id = ${id} and parent = ${query.folder} and ${behind} and +repository_count > 0
    order by ${orderBy} limit ${reading.limit}`.execute(db);
  return found.rows.map((row) => toRow('folder', row));
}

async function readRepositories(
  db: Database,
  visibility: Visibility,
  query: ListQuery,
  reading: Reading,
): Promise<readonly SpaceRow[]> {
  const sums = sumSource(visibility);
  const { behind, orderBy } = clauses({ part: 'repository', name: sql`repositories.name`, sums }, query, reading);
  const { from, where } = await visibleSource(db, visibility, sums);
  const found = await sql<StoredRow>`
    select repositories.name as path, 1 as repository_count, tag_count, logical_bytes, size_bytes,
      ${sums.unique} as unique_bytes, ${sums.reclaimable} as reclaimable_bytes from ${from}
    where ${where} and repositories.folder = ${query.folder} and ${behind}
    order by ${orderBy} limit ${reading.limit}`.execute(db);
  return found.rows.map((row) => toRow('repository', row));
}

interface Source {
  readonly from: RawBuilder<unknown>;
  readonly where: RawBuilder<SqlBool>;
}

/** A repository with totals for this visibility is visible. */
async function visibleSource(db: Database, visibility: Visibility, { join }: SumSource): Promise<Source> {
  if (join === undefined) return { from: sql`repositories`, where: sql<SqlBool>`1 = 1` };
  // A cross join, because SQLite keeps its order.
  const isFew = (await visibleCount(db, visibility)) <= MAX_FETCHED_SINGLY;
  const from = isFew ? sql`${join.table} cross join repositories` : sql`repositories cross join ${join.table}`;
  return { from, where: join.on };
}

interface ListPart {
  readonly part: Part;
  readonly name: RawBuilder<string>;
  readonly sums: SumColumns;
}

function clauses(
  { part, name, sums }: ListPart,
  { sort, direction }: ListQuery,
  { position, isBackwards }: Reading,
): { readonly behind: RawBuilder<SqlBool>; readonly orderBy: RawBuilder<unknown> } {
  const isRising = (direction === 'asc') !== isBackwards;
  const way = sql.raw(isRising ? 'asc' : 'desc');
  const value = sort === 'name' ? name : sortValues(sums)[sort];
  // When sorted by name: naming it twice would prevent the use of the index.
  const orderBy = sort === 'name' ? sql`${name} ${way}` : sql`${value} ${way}, ${name} ${way}`;
  const isUsable = position !== undefined && (typeof position.value === 'string') === (sort === 'name');
  if (!isUsable) return { behind: sql<SqlBool>`1 = 1`, orderBy };
  return { behind: behindClause(part, { value, name, isByName: sort === 'name', isRising }, position), orderBy };
}

interface Way {
  readonly value: RawBuilder<string | number>;
  readonly name: RawBuilder<string>;
  readonly isByName: boolean;
  readonly isRising: boolean;
}

/** Rows with the same value follow if they are of a later kind, or of the same kind with a later name. */
function behindClause(part: Part, { value, name, isByName, isRising }: Way, position: Position): RawBuilder<SqlBool> {
  const beyond = sql.raw(isRising ? '>' : '<');
  const ahead = Math.sign(PARTS.indexOf(part) - PARTS.indexOf(position.part as Part)) * (isRising ? 1 : -1);
  if (ahead > 0) return sql<SqlBool>`${value} ${beyond}= ${position.value}`;
  if (ahead < 0 || isByName) return sql<SqlBool>`${value} ${beyond} ${position.value}`;
  return sql<SqlBool>`(${value}, ${name}) ${beyond} (${position.value}, ${position.key})`;
}

function sortValue(row: SpaceRow, sort: SpaceSort): string | number {
  const values: Record<SpaceSort, string | number> = {
    name: row.path,
    size: row.sizeBytes,
    logical: row.logicalBytes,
    unique: row.uniqueBytes,
    shared: row.sharedBytes,
    reclaimable: row.reclaimableBytes,
    tags: row.tagCount,
  };
  return values[sort];
}

function toRow(kind: Part, row: StoredRow): SpaceRow {
  return {
    kind,
    path: row.path,
    repositoryCount: row.repository_count,
    tagCount: row.tag_count,
    logicalBytes: row.logical_bytes,
    sizeBytes: row.size_bytes,
    uniqueBytes: row.unique_bytes,
    sharedBytes: row.size_bytes - row.unique_bytes,
    reclaimableBytes: row.reclaimable_bytes,
  };
}

/** Small queries on repositories. Which of them a viewer may see is decided in `visibility/`. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { RepositoriesTable } from '../../storage/schema.ts';

type Row = Selectable<RepositoriesTable>;
type Columns<Column extends keyof Row> = Pick<Row, Column>;

export async function repositoryId(db: Database, name: string): Promise<number | undefined> {
  return (await repositoryByName(db, name, ['id']))?.id;
}

export async function repositoryByName<Column extends keyof Row>(
  db: Database,
  name: string,
  columns: readonly Column[],
): Promise<Columns<Column> | undefined> {
  const row = await db.selectFrom('repositories').select(columns).where('name', '=', name).executeTakeFirst();
  return row === undefined ? undefined : asRow<Column>(row);
}

export async function repositoryById<Column extends keyof Row>(
  db: Database,
  id: number,
  columns: readonly Column[],
): Promise<Columns<Column> | undefined> {
  const row = await db.selectFrom('repositories').select(columns).where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : asRow<Column>(row);
}

/** In no particular order; unknown IDs are left out. */
export async function repositoriesById<Column extends keyof Row>(
  db: Database,
  ids: readonly number[],
  columns: readonly Column[],
): Promise<readonly Columns<Column>[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('repositories').select(columns).where('id', 'in', ids).execute();
  return rows.map(asRow<Column>);
}

/** In no particular order; unknown names are left out. */
export async function repositoriesByName<Column extends keyof Row>(
  db: Database,
  names: readonly string[],
  columns: readonly Column[],
): Promise<readonly Columns<Column>[]> {
  if (names.length === 0) return [];
  const rows = await db.selectFrom('repositories').select(columns).where('name', 'in', names).execute();
  return rows.map(asRow<Column>);
}

/** Those of these names that the index has. */
export async function knownNames(db: Database, names: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await repositoriesByName(db, names, ['name']);
  return new Set(rows.map(({ name }) => name));
}

export interface IdRange {
  /** The id before the first one. */
  readonly after: number;
  readonly limit: number;
  /** The last id. */
  readonly until?: number;
  /** Only those that this crawl has not read. */
  readonly unreadIn?: number;
  /** Only those that were read before, or never. */
  readonly isChecked?: boolean;
  /** Only those of which something could not be read. */
  readonly hasError?: true;
}

/** In ascending order of ID, for iterating over all. */
export async function repositoriesAfter<Column extends keyof Row>(
  db: Database,
  columns: readonly Column[],
  { after, limit, until, unreadIn, isChecked, hasError }: IdRange,
): Promise<readonly Columns<Column>[]> {
  const rows = await db
    .selectFrom('repositories')
    .select(columns)
    .where('id', '>', after)
    .$if(until !== undefined, (query) => query.where('id', '<=', until ?? 0))
    .$if(unreadIn !== undefined, (query) => query.where('crawl_id', '<>', unreadIn ?? 0))
    .$if(isChecked !== undefined, (query) => query.where('checked_at', isChecked ? 'is not' : 'is', null))
    .$if(hasError === true, (query) => query.where('error', 'is not', null))
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(asRow<Column>);
}

export interface NameRange {
  /** What they begin with; names are ASCII. */
  readonly prefix: string;
  /** The name before the first one. */
  readonly after: string;
  readonly limit: number;
}

/** By rising name. */
export async function namesAfter(
  db: Database,
  { prefix, after, limit }: NameRange,
): Promise<readonly Columns<'id' | 'name'>[]> {
  return db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where('name', '>=', prefix)
    .where('name', '>', after)
    .$if(prefix !== '', (names) => names.where('name', '<', `${prefix}\u{7f}`))
    .orderBy('name')
    .limit(limit)
    .execute();
}

export async function allNames(db: Database): Promise<readonly string[]> {
  const rows = await db.selectFrom('repositories').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}

/** @param readIn Only those that this crawl has read. */
export async function countRepositories(db: Database, readIn?: number): Promise<number> {
  const { total } = await db
    .selectFrom('repositories')
    .select(({ fn }) => fn.countAll().as('total'))
    .$if(readIn !== undefined, (query) => query.where('crawl_id', '=', readIn ?? 0))
    .executeTakeFirstOrThrow();
  return Number(total);
}

export async function lastRepositoryId(db: Database): Promise<number> {
  const { last } = await db
    .selectFrom('repositories')
    .select(({ fn }) => fn.max<number | null>('id').as('last'))
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
}

/** Repositories that were read without error and have no known tags, by name. */
export async function repositoriesWithoutTags(
  db: Database,
  after: string,
  limit: number,
): Promise<readonly Columns<'id' | 'name' | 'changed_at'>[]> {
  return db
    .selectFrom('repositories')
    .select(['id', 'name', 'changed_at'])
    .where('tag_count', '=', 0)
    .where('name', '>', after)
    .where('checked_at', 'is not', null)
    .where('error', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('tags').select('id').whereRef('tags.repository_id', '=', 'repositories.id'))),
    )
    .orderBy('name')
    .limit(limit)
    .execute();
}

/** The query builder cannot tell the type of a row whose columns are a type parameter. */
function asRow<Column extends keyof Row>(row: object): Columns<Column> {
  return row as Columns<Column>;
}

/** SQL expression: ID of the repository with this name, or null. */
export function idOf(name: string): RawBuilder<number> {
  return sql<number>`(select id from repositories where repositories.name = ${name})`;
}

/** SQL expression: name of the repository with this ID or ID column. */
export function nameOf(id: number | RawBuilder<unknown>): RawBuilder<string> {
  return sql<string>`(select repositories.name from repositories where repositories.id = ${id})`;
}

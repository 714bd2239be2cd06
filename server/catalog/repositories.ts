import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { RepositoriesTable } from '../storage/schema.ts';
import { decodeCursor, encodeCursor, likePattern, type Position, rowLimit } from './cursor.ts';
import { isVisible, type Visibility } from './visibility.ts';

export interface RepositoryRow {
  readonly id: number;
  readonly name: string;
  /** Tags that people use; those of signatures and other referrers are left out. */
  readonly tagCount: number;
  /** Every blob of everything tagged here, once. */
  readonly sizeBytes: number;
  readonly newestTag: string | null;
  /** `os/arch[/variant]`, sorted. */
  readonly platforms: readonly string[];
  readonly firstSeenAt: number;
  /** When the registry last confirmed what this row says; null: not read yet. */
  readonly checkedAt: number | null;
  readonly lastPushedAt: number | null;
  /** '' for anonymous; null: not known, or told by an event that anybody could have sent. */
  readonly lastPushedBy: string | null;
  readonly lastPushConfirmed: boolean;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
  /** Why it could not be read completely, an English sentence. */
  readonly error: string | null;
}

export type RepositorySort = 'name' | 'pushed' | 'tags' | 'size' | 'pulls';
export type Direction = 'asc' | 'desc';

export interface RepositoryQuery {
  /** Part of the name. */
  readonly filter?: string | undefined;
  /** Only what lies below this folder: `team`. */
  readonly folder?: string | undefined;
  readonly sort: RepositorySort;
  readonly direction: Direction;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  /** At most 100. */
  readonly limit: number;
}

export interface RepositoryPage {
  readonly rows: readonly RepositoryRow[];
  readonly next: string | undefined;
  /** Over all pages, with the filter. */
  readonly total: number;
}

export interface CatalogCounts {
  readonly repositories: number;
  readonly tags: number;
  readonly pulls: number;
  /** Every blob of the repositories counted, once. */
  readonly sizeBytes: number;
}

const SORT_VALUE: Record<RepositorySort, RawBuilder<string | number>> = {
  name: sql`repositories.name`,
  pushed: sql`coalesce(last_pushed_at, 0)`,
  tags: sql`tag_count`,
  size: sql`size_bytes`,
  pulls: sql`pull_count`,
};

function sortValue(row: RepositoryRow, sort: RepositorySort): string | number {
  const values = {
    name: row.name,
    pushed: row.lastPushedAt ?? 0,
    tags: row.tagCount,
    size: row.sizeBytes,
    pulls: row.pullCount,
  };
  return values[sort];
}

/** Reads the `repositories` table. A repository the viewer may not pull and a missing one look the same. */
export function createRepositoryStore(db: Database) {
  return {
    list: (visibility: Visibility, query: RepositoryQuery) => listRepositories(db, visibility, query),

    async find(visibility: Visibility, name: string): Promise<RepositoryRow | undefined> {
      const row = await db
        .selectFrom('repositories')
        .selectAll()
        .where('name', '=', name)
        .where(isVisible(visibility))
        .executeTakeFirst();
      return row && toRow(row);
    },

    /** How many there are: cheap enough for every page. */
    async total(visibility: Visibility): Promise<number> {
      const { total } = await db
        .selectFrom('repositories')
        .select(({ fn }) => fn.countAll<number>().as('total'))
        .where(isVisible(visibility))
        .executeTakeFirstOrThrow();
      return Number(total);
    },

    counts: (visibility: Visibility) => countAll(db, visibility),
  };
}
export type RepositoryStore = ReturnType<typeof createRepositoryStore>;

async function listRepositories(db: Database, visibility: Visibility, query: RepositoryQuery): Promise<RepositoryPage> {
  const limit = rowLimit(query.limit);
  const matching = db
    .selectFrom('repositories')
    .where(isVisible(visibility))
    .$if(Boolean(query.filter), (rows) => rows.where(nameContains(query.filter ?? '')))
    .$if(Boolean(query.folder), (rows) => rows.where(isBelow(query.folder ?? '')));
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const position = decodeCursor(query.after);
  const found = await matching
    .selectAll()
    .$if(position !== undefined, (rows) => rows.where(isBehind(query, position as Position)))
    .orderBy(SORT_VALUE[query.sort], query.direction)
    .orderBy('name', query.direction)
    .limit(limit + 1)
    .execute();
  const rows = found.slice(0, limit).map(toRow);
  const last = rows.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  const next = hasMore ? encodeCursor({ value: sortValue(last, query.sort), key: last.name }) : undefined;
  return { rows, next, total: Number(total) };
}

function nameContains(filter: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`repositories.name like ${likePattern(filter)} escape '\\'`;
}

// A range, so that the index on the name is used: `0` is the character after `/`.
function isBelow(folder: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`repositories.name >= ${`${folder}/`} and repositories.name < ${`${folder}0`}`;
}

function isBehind({ sort, direction }: RepositoryQuery, { value, key }: Position): RawBuilder<SqlBool> {
  const comparison = direction === 'asc' ? sql`>` : sql`<`;
  return sql<SqlBool>`(${SORT_VALUE[sort]}, repositories.name) ${comparison} (${value}, ${key})`;
}

async function countAll(db: Database, visibility: Visibility): Promise<CatalogCounts> {
  const sums = await db
    .selectFrom('repositories')
    .where(isVisible(visibility))
    .select(({ fn }) => [
      fn.countAll<number>().as('repositories'),
      fn.coalesce(fn.sum<number>('tag_count'), sql<number>`0`).as('tags'),
      fn.coalesce(fn.sum<number>('pull_count'), sql<number>`0`).as('pulls'),
    ])
    .executeTakeFirstOrThrow();
  const { repositories, tags, pulls } = sums;
  const sizeBytes = await distinctBytes(db, visibility);
  return { repositories: Number(repositories), tags: Number(tags), pulls: Number(pulls), sizeBytes };
}

/** Repositories share base layers, so their sizes cannot simply be added. */
async function distinctBytes(db: Database, visibility: Visibility): Promise<number> {
  const found = await sql<{ bytes: number | null }>`
    with recursive reachable(digest) as (
      select tags.digest from tags where ${isVisible(visibility, 'tags.repository_id')}
      union
      select child_digest from manifest_children join reachable on parent_digest = reachable.digest
    )
    select sum(size_bytes) as bytes from (
      select max(size_bytes) as size_bytes from manifest_blobs
      where digest in (select digest from reachable) group by blob_digest
    ) as blobs`.execute(db);
  return Number(found.rows[0]?.bytes ?? 0);
}

export function toRow(row: Selectable<RepositoriesTable>): RepositoryRow {
  return {
    id: row.id,
    name: row.name,
    tagCount: row.tag_count,
    sizeBytes: row.size_bytes,
    newestTag: row.newest_tag,
    platforms: JSON.parse(row.platforms) as string[],
    firstSeenAt: row.first_seen_at,
    checkedAt: row.checked_at,
    lastPushedAt: row.last_pushed_at,
    lastPushedBy: row.last_pushed_by,
    lastPushConfirmed: Boolean(row.last_push_confirmed),
    lastPulledAt: row.last_pulled_at,
    pullCount: row.pull_count,
    error: row.error,
  };
}

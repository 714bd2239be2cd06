import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { FoldersTable } from '../../storage/schema.ts';
import {
  type AskedPage,
  type Direction,
  exactTotal,
  type KeyOrder,
  type KeyPage,
  keyClauses,
  type Reading,
  readKeyPage,
  type Total,
} from '../base/key-page.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { REPOSITORY_SORTS, type RepositoryQuery, type RepositorySort, sortValue } from './repository-query.ts';
import { type RepositoryRow, type StoredRepository, toRows } from './repository-row.ts';

/** A folder with totals of everything below it that the viewer may see. */
export interface FolderRow {
  readonly path: string;
  /** The last path component. */
  readonly name: string;
  readonly repositoryCount: number;
  /** When the totals were computed, a few seconds behind changes; null: not yet, so they mean nothing. */
  readonly summedAt: number | null;
  readonly tagCount: number;
  readonly pullCount: number;
  readonly lastPushedAt: number | null;
  /** null: unknown. */
  readonly lastPushedBy: string | null;
  readonly lastPushConfirmed: boolean;
  /** Time of the newest tag below: pushed, else built. */
  readonly newestAt: number | null;
  /** Platforms of everything below, sorted. */
  readonly platforms: readonly string[];
  readonly lastPulledAt: number | null;
  readonly logicalBytes: number;
  /** Bytes of everything below, each blob once. */
  readonly sizeBytes: number;
  readonly uniqueBytes: number;
  readonly reclaimableBytes: number;
}

/** `newest`: by the newest tag below. `by`: by who pushed last. */
export const FOLDER_SORTS = ['name', 'repositories', ...REPOSITORY_SORTS.slice(1)] as const;
export type FolderSort = 'repositories' | RepositorySort;

export interface FolderQuery extends AskedPage {
  /** '' is the root. */
  readonly parent: string;
  readonly sort: FolderSort;
  readonly direction: Direction;
}

export interface FolderPage extends KeyPage<FolderRow> {}

export type FolderEntry =
  | { readonly folder: FolderRow; readonly repository?: undefined }
  | { readonly repository: RepositoryRow; readonly folder?: undefined };

/** `total`: number of repositories at any depth below. */
export interface FolderContents extends KeyPage<FolderEntry>, Total {}

type StoredFolder = Selectable<FoldersTable>;

const PATH = sql<string>`path`;
interface Sorted {
  /** As in the indexes. */
  readonly value: RawBuilder<string | number>;
  readonly of: (row: StoredFolder) => string | number;
}

const SORTS: Record<FolderSort, Sorted> = {
  name: { value: PATH, of: (row) => row.path },
  repositories: { value: sql`repository_count`, of: (row) => row.repository_count },
  tags: { value: sql`tag_count`, of: (row) => row.tag_count },
  newest: { value: sql`newest_at`, of: (row) => row.newest_at },
  pushed: {
    value: sql`case when last_pushed_at > 0 then last_pushed_at else newest_at end`,
    of: (row) => row.last_pushed_at || row.newest_at,
  },
  by: { value: sql`last_pushed_by`, of: (row) => row.last_pushed_by },
  pulled: { value: sql`last_pulled_at`, of: (row) => row.last_pulled_at },
  pulls: { value: sql`pull_count`, of: (row) => row.pull_count },
  platforms: { value: sql`platform_count`, of: (row) => row.platform_count },
  size: { value: sql`size_bytes`, of: (row) => row.size_bytes },
  unique: { value: sql`unique_bytes`, of: (row) => row.unique_bytes },
};

function folderOrder(sort: FolderSort, direction: Direction): KeyOrder {
  return { value: SORTS[sort].value, key: PATH, direction, isText: sort === 'name' || sort === 'by' };
}

const folderValue = (row: StoredFolder, sort: FolderSort): string | number => SORTS[sort].of(row);

/** The direct sub-folders of a folder that the viewer may see. */
export async function listFolders(db: Database, visibility: Visibility, query: FolderQuery): Promise<FolderPage> {
  const page = await readKeyPage(
    query,
    (reading) => readFolders(db, visibility, query, reading),
    (row) => ({ value: folderValue(row, query.sort), key: row.path }),
  );
  return { ...page, rows: page.rows.map(toFolder) };
}

async function readFolders(
  db: Database,
  { id }: Visibility,
  { parent, sort, direction }: FolderQuery,
  reading: Reading,
): Promise<readonly StoredFolder[]> {
  const { behind, orderBy } = keyClauses(folderOrder(sort, direction), reading);
  const found = await sql<StoredFolder>`
    select * from folders where visibility_id = ${id} and parent = ${parent} and ${behind} and +repository_count > 0
    order by ${orderBy} limit ${reading.limit}`.execute(db);
  return found.rows;
}

type Entry =
  | { readonly folder: StoredFolder; readonly repository?: undefined }
  | { readonly repository: StoredRepository; readonly folder?: undefined };

export type ReadDirect = (
  query: Omit<RepositoryQuery, keyof AskedPage>,
  reading: Reading,
) => Promise<readonly StoredRepository[]>;

/**
 * Reads folders and repositories as one list: a page may begin in the folders and end in the repositories, in both
 * directions.
 */
export async function listFolderContents(
  db: Database,
  visibility: Visibility,
  query: FolderQuery,
  readDirect: ReadDirect,
): Promise<FolderContents> {
  const sort = query.sort === 'repositories' ? 'name' : query.sort;
  const direct = { folder: query.parent, isDirect: true, sort, direction: query.direction } as const;
  const parts = {
    folders: async (reading: Reading): Promise<readonly Entry[]> =>
      (await readFolders(db, visibility, query, reading)).map((folder) => ({ folder })),
    repositories: async (reading: Reading): Promise<readonly Entry[]> =>
      (await readDirect(direct, reading)).map((repository) => ({ repository })),
  };
  const page = await readKeyPage(
    query,
    (reading) => readBoth(parts, reading),
    (entry) =>
      entry.folder !== undefined
        ? { value: folderValue(entry.folder, query.sort), key: entry.folder.path, part: 'folders' }
        : { value: sortValue(entry.repository, sort), key: entry.repository.name, part: 'repositories' },
  );
  const folders = page.rows.flatMap(({ folder }) => (folder === undefined ? [] : [{ folder: toFolder(folder) }]));
  const found = page.rows.flatMap(({ repository }) => (repository === undefined ? [] : [repository]));
  const rows = [...folders, ...(await toRows(db, visibility, found)).map((repository) => ({ repository }))];
  return { ...page, rows, ...exactTotal(await countBelow(db, visibility, query.parent)) };
}

async function readBoth(
  parts: Readonly<Record<'folders' | 'repositories', (reading: Reading) => Promise<readonly Entry[]>>>,
  { position, isBackwards, limit }: Reading,
): Promise<readonly Entry[]> {
  const [first, second] = isBackwards ? [parts.repositories, parts.folders] : [parts.folders, parts.repositories];
  const isInSecond = position?.part === (isBackwards ? 'folders' : 'repositories');
  if (isInSecond) return second({ position, isBackwards, limit });
  const found = await first({ position, isBackwards, limit });
  if (found.length >= limit) return found;
  return [...found, ...(await second({ position: undefined, isBackwards, limit: limit - found.length }))];
}

async function countBelow(db: Database, { id }: Visibility, path: string): Promise<number> {
  const row = await db
    .selectFrom('folders')
    .select('repository_count')
    .where('visibility_id', '=', id)
    .where('path', '=', path)
    .executeTakeFirst();
  return row?.repository_count ?? 0;
}

const orNull = (ms: number): number | null => (ms === 0 ? null : ms);

function toFolder(row: StoredFolder): FolderRow {
  return {
    path: row.path,
    name: row.path.slice(row.path.lastIndexOf('/') + 1),
    repositoryCount: row.repository_count,
    summedAt: orNull(row.summed_at),
    tagCount: row.tag_count,
    pullCount: row.pull_count,
    lastPushedAt: orNull(row.last_pushed_at),
    lastPushedBy: row.last_pushed_by === '' ? null : row.last_pushed_by,
    lastPushConfirmed: Boolean(row.last_push_confirmed),
    newestAt: orNull(row.newest_at),
    platforms: JSON.parse(row.platforms) as string[],
    lastPulledAt: orNull(row.last_pulled_at),
    logicalBytes: row.logical_bytes,
    sizeBytes: row.size_bytes,
    uniqueBytes: row.unique_bytes,
    reclaimableBytes: row.reclaimable_bytes,
  };
}

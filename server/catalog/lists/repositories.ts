import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { type KeyPage, keyClauses, type Reading, readKeyPage, type Total } from '../base/key-page.ts';
import { withSeenSums } from '../visibility/seen-sums.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';
import { createFacets } from './facets.ts';
import { type FolderPage, type FolderQuery, listFolderContents, listFolders } from './folder-list.ts';
import { MAX_FETCHED_SINGLY, planRepositories, type RepositoryPlan } from './repository-plan.ts';
import { type RepositoryQuery, repositoryOrder, sortValue } from './repository-query.ts';
import { type RepositoryRow, type StoredRepository, toRows } from './repository-row.ts';

export type { Direction } from '../base/key-page.ts';
export type { Facets } from './facets.ts';
export type { FolderContents, FolderEntry, FolderPage, FolderQuery, FolderRow, FolderSort } from './folder-list.ts';
export { FOLDER_SORTS } from './folder-list.ts';
export type { RepositoryFilters, RepositoryQuery, RepositorySort } from './repository-query.ts';
export { REPOSITORY_SORTS } from './repository-query.ts';
export type { RepositoryRow } from './repository-row.ts';

/** `total` counts all pages, with the filters. */
export interface RepositoryPage extends KeyPage<RepositoryRow>, Total {}

/**
 * Lists repositories. Missing repositories and those that the viewer may not pull look the same.
 * @param few For tests: maximum number of candidates that are fetched one by one.
 */
export function createRepositoryStore(db: Database, few = MAX_FETCHED_SINGLY) {
  return {
    async list(visibility: Visibility, query: RepositoryQuery): Promise<RepositoryPage> {
      return listRepositories(db, visibility, query, await planRepositories(db, visibility, query, few));
    },

    folders: (visibility: Visibility, query: FolderQuery): Promise<FolderPage> => listFolders(db, visibility, query),

    /** Sub-folders of a folder, followed by its repositories: one list with one cursor. */
    contents: (visibility: Visibility, query: FolderQuery) =>
      listFolderContents(db, visibility, query, async (direct, reading) =>
        readPlanned(
          db,
          visibility,
          await planRepositories(db, visibility, { ...direct, limit: 1 }, few),
          direct,
          reading,
        ),
      ),

    async find(visibility: Visibility, name: string): Promise<RepositoryRow | undefined> {
      const row = await db
        .selectFrom('repositories')
        .selectAll()
        .where('name', '=', name)
        .where(isVisible(visibility))
        .executeTakeFirst();
      return row && (await toRows(db, visibility, [row]))[0];
    },

    /** Number of visible repositories; cheap enough for every page. */
    total: async (visibility: Visibility): Promise<number> => (await rootFolder(db, visibility))?.repository_count ?? 0,

    /** Options of the filters for this viewer. */
    facets: createFacets(db),
  };
}
export type RepositoryStore = ReturnType<typeof createRepositoryStore>;

function rootFolder(db: Database, { id }: Visibility) {
  return db.selectFrom('folders').selectAll().where('visibility_id', '=', id).where('path', '=', '').executeTakeFirst();
}

async function listRepositories(
  db: Database,
  visibility: Visibility,
  query: RepositoryQuery,
  plan: RepositoryPlan,
): Promise<RepositoryPage> {
  const page = await readKeyPage(
    query,
    (reading) => readPlanned(db, visibility, plan, query, reading),
    (row) => ({ value: sortValue(row, query.sort), key: row.name }),
  );
  const { total, isExact } = await plan.total();
  // Only a part was counted, so this is a lower bound.
  return { ...page, rows: await toRows(db, visibility, page.rows), total: Math.max(total, page.rows.length), isExact };
}

async function readPlanned(
  db: Database,
  visibility: Visibility,
  plan: Pick<RepositoryPlan, 'from' | 'where'>,
  { sort, direction }: Pick<RepositoryQuery, 'sort' | 'direction'>,
  reading: Reading,
): Promise<readonly StoredRepository[]> {
  const { behind, orderBy } = keyClauses(repositoryOrder(sort, direction, visibility), reading);
  const found = await sql<StoredRepository>`
    select repositories.* from ${plan.from} where ${plan.where} and ${behind}
    order by ${orderBy} limit ${reading.limit}`.execute(db);
  // The position depends on what the viewer sees, too.
  return sort === 'unique' ? withSeenSums(db, visibility, found.rows) : found.rows;
}

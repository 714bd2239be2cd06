/** State of a repository as a whole, and questions about it by name. */

import type { Database } from '../../storage/database.ts';
import { repositoryByName } from '../base/repository-lookup.ts';
import { lockRepository, setColumnsByName } from '../base/repository-writes.ts';
import { tagNames } from '../base/tag-lookup.ts';
import { changeRepository, type RepositoryChange } from './repository-change.ts';
import type { TagState } from './write-looks.ts';

/** Known tags that the registry's list lacks. */
export async function unlistedTags(
  db: Database,
  repository: string,
  listed: readonly string[],
): Promise<readonly string[]> {
  const present = new Set(listed);
  return (await tagNames(db, repository)).filter((name) => !present.has(name));
}

/** Tags that were present when last checked and whose manifests are complete; none for a repository with an error. */
export async function completeTags(db: Database, repository: string): Promise<ReadonlySet<string>> {
  const home = await repositoryByName(db, repository, ['id', 'error']);
  if (home === undefined || home.error !== null) return new Set();
  const rows = await db
    .selectFrom('tags')
    .innerJoin('manifests', 'manifests.digest', 'tags.digest')
    .select('tags.name')
    .where('tags.repository_id', '=', home.id)
    .where('tags.missing_since', 'is', null)
    .where(({ or, eb }) => or([eb('manifests.error', 'is', null), eb('manifests.kind', '=', 'unknown')]))
    .execute();
  return new Set(rows.map((row) => row.name));
}

/** An English sentence with the first unreadable tags; null when all were read. */
export function problemOf(states: ReadonlyMap<string, TagState>): string | null {
  const unread = [...states].filter(([, state]) => state === 'unknown' || state === 'unreadable').map(([name]) => name);
  if (unread.length === 0) return null;
  return `${unread.length} of its tags could not be read: ${unread.slice(0, 5).join(', ')}`;
}

/** The crawl's ID is only set if every tag got a clear answer. */
export function checkedColumns(
  states: ReadonlyMap<string, TagState>,
  at: number,
  crawlId: number | undefined,
): CheckedColumns {
  const isRead = crawlId !== undefined && ![...states.values()].includes('unknown');
  return { checked_at: at, error: problemOf(states), ...(isRead ? { crawl_id: crawlId } : {}) };
}

interface CheckedColumns {
  readonly checked_at: number;
  readonly error: string | null;
  readonly crawl_id?: number;
}

export async function recordCheck(db: Database, repository: string, columns: CheckedColumns): Promise<void> {
  await setColumnsByName(db, repository, columns);
}

export async function recordProblem(db: Database, repository: string, error: string): Promise<void> {
  await setColumnsByName(db, repository, { error });
}

/** Changes a repository in its own transaction; does nothing when the index does not know it. */
export async function changeKnownRepository(
  db: Database,
  repository: string,
  change: RepositoryChange,
  at: number,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const id = await lockRepository(trx, repository);
    if (id !== undefined) await changeRepository(trx, id, change, at);
  });
}

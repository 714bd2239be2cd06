/** What the index notes of a repository as a whole, and asks about it by name. */
import type { Database } from '../../storage/database.ts';
import { changeRepository, type RepositoryChange } from './repository-change.ts';
import { lockRepository } from './tag-writes.ts';
import type { TagState } from './write-looks.ts';

export async function repositoryId(db: Database, name: string): Promise<number | undefined> {
  const row = await db.selectFrom('repositories').select('id').where('name', '=', name).executeTakeFirst();
  return row?.id;
}

export async function tagsBeyond(
  db: Database,
  repository: string,
  listed: readonly string[],
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select('tags.name')
    .where('repositories.name', '=', repository)
    .execute();
  const present = new Set(listed);
  return rows.map((row) => row.name).filter((name) => !present.has(name));
}

/** Tags that were found at their last look, and of whose manifest nothing is missing; none where something went wrong. */
export async function settledTags(db: Database, repository: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .innerJoin('manifests', 'manifests.digest', 'tags.digest')
    .select('tags.name')
    .where('repositories.name', '=', repository)
    .where('repositories.error', 'is', null)
    .where('tags.missing_since', 'is', null)
    .where(({ or, eb }) => or([eb('manifests.error', 'is', null), eb('manifests.kind', '=', 'unknown')]))
    .execute();
  return new Set(rows.map((row) => row.name));
}

export function problemOf(states: ReadonlyMap<string, TagState>): string | null {
  const unread = [...states].filter(([, state]) => state === 'unknown' || state === 'unreadable').map(([name]) => name);
  if (unread.length === 0) return null;
  return `${unread.length} of its tags could not be read: ${unread.slice(0, 5).join(', ')}`;
}

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

export async function noteChecked(db: Database, repository: string, columns: CheckedColumns): Promise<void> {
  await db.updateTable('repositories').set(columns).where('name', '=', repository).execute();
}

export async function noteProblem(db: Database, repository: string, error: string): Promise<void> {
  await db.updateTable('repositories').set({ error }).where('name', '=', repository).execute();
}

export async function changeKnown(
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

export async function tagsOn(db: Database, repository: string, digest: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select('tags.name')
    .where('repositories.name', '=', repository)
    .where('tags.digest', '=', digest)
    .execute();
  return rows.map((row) => row.name);
}

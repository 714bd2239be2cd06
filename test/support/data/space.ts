/** Rows of the catalog as sums see them: repositories, and which of them holds which blob. */
import { folderOf } from '../../../server/catalog/base/folders.ts';
import { showRepositories } from '../../../server/catalog/visibility/membership.ts';
import type { Database } from '../../../server/storage/database.ts';

export interface Held {
  readonly repository: string;
  /** Index into the sizes. */
  readonly blob: number;
  readonly tagged: number;
  readonly untagged: number;
}

export async function insertRepositories(db: Database, names: readonly string[], at = 1): Promise<void> {
  const nothing = { last_pushed_at: null, last_pushed_by: null, last_pulled_at: null, newest_tag: null, error: null };
  const rows = await db
    .insertInto('repositories')
    .values(names.map((name) => ({ name, folder: folderOf(name), first_seen_at: at, checked_at: at, ...nothing })))
    .returning(['id', 'name'])
    .execute();
  await showRepositories(db, rows);
}

/** These holdings instead of those of before. */
export async function hold(db: Database, held: readonly Held[], sizes: readonly number[]): Promise<void> {
  await db.deleteFrom('repository_blobs').execute();
  await db.deleteFrom('blobs').execute();
  const blobs = sizes.map((size_bytes, index) => ({ id: index + 1, digest: `sha256:${index}`, size_bytes }));
  await db.insertInto('blobs').values(blobs).execute();
  const repositories = await db.selectFrom('repositories').select(['id', 'name']).execute();
  const ids = new Map(repositories.map(({ id, name }) => [name, id]));
  const rows = held.map(({ repository, blob, tagged, untagged }) => ({
    repository_id: ids.get(repository) ?? 0,
    blob_id: blob + 1,
    tagged_count: tagged,
    untagged_count: untagged,
  }));
  if (rows.length > 0) await db.insertInto('repository_blobs').values(rows).execute();
}

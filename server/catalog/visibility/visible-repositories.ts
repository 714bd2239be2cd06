/** Small queries on visible repositories. */
import { sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { isVisible, type Visibility } from './visibility.ts';

/** Undefined when it does not exist or is not visible. */
export async function visibleRepositoryId(
  db: Database,
  visibility: Visibility,
  name: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('repositories')
    .select('id')
    .where('name', '=', name)
    .where(isVisible(visibility))
    .executeTakeFirst();
  return row?.id;
}

/** Those of these names that are visible. */
export async function visibleNames(
  db: Database,
  visibility: Visibility,
  names: readonly string[],
): Promise<readonly string[]> {
  if (visibility.all || names.length === 0) return names;
  const rows = await db
    .selectFrom('repositories')
    .select('name')
    .where('name', 'in', names)
    .where(isVisible(visibility))
    .execute();
  return rows.map((row) => row.name);
}

/** Names of those of these repositories that exist and are visible. */
export async function visibleNamesById(
  db: Database,
  visibility: Visibility,
  ids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where(isAmong(db, sql.ref('id'), ids))
    .where(isVisible(visibility))
    .execute();
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** Number of visible repositories; stored, so it reads one row. */
export async function visibleCount(db: Database, { id }: Visibility): Promise<number> {
  const row = await db.selectFrom('visibilities').select('repository_count').where('id', '=', id).executeTakeFirst();
  return row?.repository_count ?? 0;
}

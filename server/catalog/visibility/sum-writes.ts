/** Writes the totals of `space/` for each visibility. Each statement is a transaction of its own. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { FoldersTable } from '../../storage/schema.ts';
import type { SpaceSums } from '../base/repository-writes.ts';

export async function setSeenSums(db: Database, visibilityId: number, rows: readonly SpaceSums[]): Promise<void> {
  const values = rows.map((row) => sql`(${whole(row.id)}, ${whole(row.unique)}, ${whole(row.reclaimable)})`);
  await sql`with fresh(id, unique_bytes, reclaimable_bytes) as (values ${sql.join(values)})
    update visible_repositories set unique_bytes = fresh.unique_bytes, reclaimable_bytes = fresh.reclaimable_bytes
    from fresh where visible_repositories.visibility_id = ${visibilityId}
      and visible_repositories.repository_id = fresh.id`.execute(db);
}

const NUMBERS = [
  'tag_count',
  'pull_count',
  'last_pushed_at',
  'last_push_confirmed',
  'last_pulled_at',
  'newest_at',
  'platform_count',
  'logical_bytes',
  'size_bytes',
  'unique_bytes',
  'reclaimable_bytes',
] as const;
const TEXTS = ['last_pushed_by', 'platforms'] as const;
export const FOLDER_SUMS = [...NUMBERS, ...TEXTS] as const;

export type FolderSums = Pick<Selectable<FoldersTable>, 'path' | (typeof FOLDER_SUMS)[number]>;

/** Updates existing folders only; their rows are added and removed in `membership.ts`. */
export async function setFolderSums(
  db: Database,
  visibilityId: number,
  at: number,
  rows: readonly FolderSums[],
): Promise<void> {
  const values = rows.map((row) => {
    const parts = [...NUMBERS.map((name) => whole(row[name])), ...TEXTS.map((name) => text(row[name]))];
    return sql`(${text(row.path)}, ${sql.join(parts)})`;
  });
  const names = sql.join(FOLDER_SUMS.map((name) => sql.ref(name)));
  const assignments = sql.join(FOLDER_SUMS.map((name) => sql`${sql.ref(name)} = ${sql.ref(`fresh.${name}`)}`));
  await sql`with fresh(path, ${names}) as (values ${sql.join(values)})
    update folders set ${assignments}, summed_at = ${at}
    from fresh where folders.visibility_id = ${visibilityId} and folders.path = fresh.path`.execute(db);
}

/** PostgreSQL treats a bare parameter in `values` as text. */
function whole(value: number): RawBuilder<number> {
  return sql<number>`cast(${value} as bigint)`;
}

function text(value: string): RawBuilder<string> {
  return sql<string>`cast(${value} as text)`;
}

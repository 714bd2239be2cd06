/** Unique and reclaimable bytes of a repository, over the repositories that a viewer sees. */
import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { RepositoriesTable } from '../../storage/schema.ts';
import type { Visibility } from './visibility.ts';

type Sums = Pick<Selectable<RepositoriesTable>, 'id' | 'unique_bytes' | 'reclaimable_bytes'>;

/**
 * Replaces the totals in `repositories`, which count all repositories: other viewers would learn from them whether a
 * hidden one has the same content.
 */
export async function withSeenSums<Row extends Sums>(
  db: Database,
  visibility: Visibility,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  if (visibility.all || rows.length === 0) return rows;
  const seen = await db
    .selectFrom('visible_repositories')
    .select(['repository_id', 'unique_bytes', 'reclaimable_bytes'])
    .where('visibility_id', '=', visibility.id)
    .where(
      'repository_id',
      'in',
      rows.map((row) => row.id),
    )
    .execute();
  const sums = new Map(seen.map(({ repository_id, ...values }) => [repository_id, values]));
  return rows.map((row) => ({ ...row, ...(sums.get(row.id) ?? { unique_bytes: 0, reclaimable_bytes: 0 }) }));
}

export interface SumSource {
  readonly unique: RawBuilder<number>;
  readonly reclaimable: RawBuilder<number>;
  /** Table to join with `repositories`; undefined when its own columns are used. */
  readonly join: { readonly table: RawBuilder<unknown>; readonly on: RawBuilder<SqlBool> } | undefined;
}

/** The same totals as columns, for sorting. */
export function sumSource(visibility: Visibility): SumSource {
  if (visibility.all) return { unique: sql`unique_bytes`, reclaimable: sql`reclaimable_bytes`, join: undefined };
  return {
    unique: sql`sums.unique_bytes`,
    reclaimable: sql`sums.reclaimable_bytes`,
    join: {
      table: sql`visible_repositories as sums`,
      on: sql<SqlBool>`sums.visibility_id = ${visibility.id} and sums.repository_id = repositories.id`,
    },
  };
}

/**
 * Everything that writes the table of repositories; the thread of the index alone does. Each function is for a
 * transaction: what else has to change with a row is known to who calls it.
 */
import { type Insertable, type RawBuilder, sql, type Updateable } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { RepositoriesTable } from '../../storage/schema.ts';

/** Those that are there already stay as they are. @returns the new ones. */
export function insertRepositories(
  trx: Database,
  rows: readonly Insertable<RepositoriesTable>[],
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  return trx
    .insertInto('repositories')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id', 'name'])
    .execute();
}

/** Deletes only the row; the caller deletes what refers to it. */
export async function deleteRepository(trx: Database, id: number): Promise<void> {
  await trx.deleteFrom('repositories').where('id', '=', id).execute();
}

/** @returns its id, for changes: until the transaction ends nobody else changes this repository. */
export async function lockRepository(trx: Database, name: string): Promise<number | undefined> {
  const row = await locking(trx).where('name', '=', name).returning('id').executeTakeFirst();
  return row?.id;
}

/** Until the end of the transaction nobody else can change this repository. */
export async function lockRepositoryId(trx: Database, id: number): Promise<void> {
  await locking(trx).where('id', '=', id).execute();
}

/** Locks those of which nothing is known: never read, without rows of the index, and not remembered from before. */
export async function lockUnknown(trx: Database, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await locking(trx)
    .where('id', 'in', ids)
    .where('checked_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('tags').select('id').whereRef('tags.repository_id', '=', 'repositories.id'))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('held_manifests').select('id').whereRef('held_manifests.repository_id', '=', 'repositories.id'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(selectFrom('tag_history').select('digest').whereRef('tag_history.repository', '=', 'repositories.name')),
      ),
    )
    .returning('id')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Nobody saw a change. */
function locking(trx: Database) {
  return trx.updateTable('repositories').set(({ ref }) => ({ changed_at: ref('changed_at') }));
}

export type RepositoryColumns = Omit<Updateable<RepositoriesTable>, 'id' | 'name'>;

export async function setColumns(trx: Database, id: number, columns: RepositoryColumns): Promise<void> {
  await trx.updateTable('repositories').set(columns).where('id', '=', id).execute();
}

export async function setColumnsByName(trx: Database, name: string, columns: RepositoryColumns): Promise<void> {
  await trx.updateTable('repositories').set(columns).where('name', '=', name).execute();
}

const ADDED = ['tag_count', 'image_count', 'untagged_count', 'logical_bytes', 'size_bytes'] as const;

/** @param added what the sums grow by. */
export async function addSums(
  trx: Database,
  id: number,
  added: Readonly<Record<(typeof ADDED)[number], number>>,
  { at, ...columns }: RepositoryColumns & { readonly at: number },
): Promise<void> {
  await trx
    .updateTable('repositories')
    .set(({ eb }) => ({
      tag_count: eb('tag_count', '+', added.tag_count),
      image_count: eb('image_count', '+', added.image_count),
      untagged_count: eb('untagged_count', '+', added.untagged_count),
      logical_bytes: eb('logical_bytes', '+', added.logical_bytes),
      size_bytes: eb('size_bytes', '+', added.size_bytes),
      changed_at: notBefore(at),
    }))
    .set(columns)
    .where('id', '=', id)
    .execute();
}

/** @param ids a query of them. */
export async function addBytes(trx: Database, ids: RawBuilder<unknown>, bytes: number): Promise<void> {
  await sql`update repositories set size_bytes = size_bytes + ${bytes} where id in (${ids})`.execute(trx);
}

/** Adds one pull. @param at Epoch milliseconds; an earlier last pull stays. */
export async function addPull(trx: Database, id: number, at: number): Promise<void> {
  await trx
    .updateTable('repositories')
    .set({ ...pulledAt(at), changed_at: notBefore(at) })
    .where('id', '=', id)
    .execute();
}

/** Columns of a pull, which tags and manifests have too. */
export function pulledAt(at: number) {
  return {
    pull_count: sql<number>`pull_count + 1`,
    last_pulled_at: sql<number>`case when coalesce(last_pulled_at, 0) < ${at} then ${at} else last_pulled_at end`,
  };
}

function notBefore(at: number): RawBuilder<number> {
  return sql<number>`case when changed_at < ${at} then ${at} else changed_at end`;
}

export interface LastPush {
  readonly pushed_at: number;
  readonly pushed_by: string | null;
  readonly push_confirmed: 0 | 1;
}

const EVENT_DELAY_MS = 2 * 60_000;

/** Unless a later one is known. */
export async function setLastPush(trx: Database, id: number, push: LastPush): Promise<void> {
  await trx
    .updateTable('repositories')
    .set({
      last_pushed_at: push.pushed_at,
      last_pushed_by: push.pushed_by,
      last_push_confirmed: push.push_confirmed,
    })
    .where('id', '=', id)
    .where((where) => {
      const isLater = where.or([where('last_pushed_at', 'is', null), where('last_pushed_at', '<', push.pushed_at)]);
      if (push.push_confirmed === 0) return isLater;
      // We saw the change ourselves; its event comes a little later and tells who made it.
      const isSameUnproven = [
        where('last_push_confirmed', '=', 0),
        where('last_pushed_at', '<', push.pushed_at + EVENT_DELAY_MS),
      ];
      return where.or([isLater, where.and(isSameUnproven)]);
    })
    .execute();
}

export interface SpaceSums {
  readonly id: number;
  readonly unique: number;
  readonly reclaimable: number;
}

export async function setSpaceSums(db: Database, rows: readonly SpaceSums[]): Promise<void> {
  // PostgreSQL takes a bare parameter in `values` for text.
  const whole = (value: number) => sql`cast(${value} as bigint)`;
  const values = rows.map((row) => sql`(${whole(row.id)}, ${whole(row.unique)}, ${whole(row.reclaimable)})`);
  await sql`with fresh(id, unique_bytes, reclaimable_bytes) as (values ${sql.join(values)})
    update repositories set unique_bytes = fresh.unique_bytes, reclaimable_bytes = fresh.reclaimable_bytes
    from fresh where repositories.id = fresh.id`.execute(db);
}

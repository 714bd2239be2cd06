/**
 * Table `tag_history`: pushes and pulls by (repository, tag, digest). Rows of the index are deleted with a tag; these
 * rows stay, so that a tag that comes back has its history.
 */

import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { nameOf, repositoryById } from '../base/repository-lookup.ts';

export interface PushColumns {
  readonly pushed_at: number | null;
  readonly pushed_by: string | null;
  readonly push_confirmed: 0 | 1;
}

export interface PullColumns {
  readonly pull_count: number;
  readonly last_pulled_at: number | null;
}

/** History of one tag: all its pulls, and the push of each digest. */
export interface TagHistory extends PullColumns {
  readonly pushes: ReadonlyMap<string, PushColumns>;
}

const KEEP_MS = 400 * 24 * 60 * 60 * 1000;
const NO_PULLS: PullColumns = { pull_count: 0, last_pulled_at: null };
export const NO_HISTORY: TagHistory = { ...NO_PULLS, pushes: new Map() };

/** By tag name; tags without history are left out. */
export async function historyOfTags(
  db: Database,
  repositoryId: number,
  tags: readonly string[],
): Promise<ReadonlyMap<string, TagHistory>> {
  const pasts = new Map<string, TagHistory>();
  if (tags.length === 0) return pasts;
  const rows = await db
    .selectFrom('tag_history')
    .selectAll()
    .where('repository', '=', nameOf(repositoryId))
    .where('tag', 'in', tags)
    .execute();
  for (const { tag, digest, pushed_at, pushed_by, push_confirmed, ...pulls } of rows) {
    const before = pasts.get(tag) ?? NO_HISTORY;
    const pushes = new Map(before.pushes);
    if (pushed_at !== null) pushes.set(digest, { pushed_at, pushed_by, push_confirmed });
    pasts.set(tag, { ...added(before, pulls), pushes });
  }
  return pasts;
}

/** Pulls of these digests under any tag; those never pulled are left out. */
export async function pullsOfManifests(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, PullColumns>> {
  if (digests.length === 0) return new Map();
  const rows = await db
    .selectFrom('tag_history')
    .select(({ fn }) => ['digest', fn.sum<number>('pull_count').as('pulls'), fn.max('last_pulled_at').as('last')])
    .where('repository', '=', nameOf(repositoryId))
    .where('digest', 'in', digests)
    .where('pull_count', '>', 0)
    .groupBy('digest')
    .execute();
  return new Map(rows.map((row) => [row.digest, { pull_count: Number(row.pulls), last_pulled_at: row.last }]));
}

export interface RepositoryHistory extends PullColumns, PushColumns {}

/** All pulls and the last push of each repository; those without history are left out. */
export async function historyOfRepositories(
  db: Database,
  names: readonly string[],
): Promise<ReadonlyMap<string, RepositoryHistory>> {
  const pasts = new Map<string, RepositoryHistory>();
  if (names.length === 0) return pasts;
  const rows = await db
    .selectFrom('tag_history')
    .select(({ fn }) => [
      'repository',
      fn.sum<number>('pull_count').as('pulls'),
      fn.max('last_pulled_at').as('pulled'),
      fn.max('pushed_at').as('pushed'),
    ])
    .where('repository', 'in', names)
    .groupBy('repository')
    .execute();
  for (const { repository, pulls, pulled, pushed } of rows) {
    const push = pushed === null ? undefined : await pushAt(db, repository, pushed);
    const pushColumns = push ?? { pushed_at: null, pushed_by: null, push_confirmed: 0 as const };
    pasts.set(repository, { pull_count: Number(pulls), last_pulled_at: pulled, ...pushColumns });
  }
  return pasts;
}

function pushAt(db: Database, repository: string, at: number): Promise<PushColumns | undefined> {
  return db
    .selectFrom('tag_history')
    .select(['pushed_at', 'pushed_by', 'push_confirmed'])
    .where('repository', '=', repository)
    .where('pushed_at', '=', at)
    .orderBy('push_confirmed', 'desc')
    .limit(1)
    .executeTakeFirst();
}

const PUSH = ['pushed_at', 'pushed_by', 'push_confirmed', 'changed_at'] as const;
const storePushes = createInsertion({
  into: 'tag_history',
  columns: ['repository', 'tag', 'digest', ...PUSH],
  conflict: { on: ['repository', 'tag', 'digest'], set: PUSH },
});

/** For use in a transaction. Skips rows without a push. */
export async function recordPushes(
  trx: Database,
  repositoryId: number,
  tags: readonly (PushColumns & { readonly name: string; readonly digest: string })[],
  at: number,
): Promise<void> {
  const pushed = tags.filter((tag) => tag.pushed_at !== null);
  if (pushed.length === 0) return;
  const repository = await nameOfLocked(trx, repositoryId);
  const rows = pushed.map(({ name, digest, pushed_at, pushed_by, push_confirmed }) => ({
    ...{ repository, tag: name, digest, pushed_at, pushed_by, push_confirmed },
    changed_at: at,
  }));
  await storePushes(trx, rows);
}

async function nameOfLocked(trx: Database, repositoryId: number): Promise<string> {
  const row = await repositoryById(trx, repositoryId, ['name']);
  if (row === undefined) throw new Error(`There is no repository ${repositoryId}`);
  return row.name;
}

/** For use in a transaction. @param pull '' for an unknown tag or digest. */
export async function recordPull(
  trx: Database,
  pull: { readonly repository: string; readonly tag: string; readonly digest: string; readonly at: number },
): Promise<void> {
  const { at, ...key } = pull;
  await trx
    .insertInto('tag_history')
    .values({ ...key, pull_count: 1, pushed_at: null, pushed_by: null, last_pulled_at: at, changed_at: at })
    .onConflict((conflict) =>
      conflict.columns(['repository', 'tag', 'digest']).doUpdateSet({
        pull_count: sql`tag_history.pull_count + 1`,
        last_pulled_at: sql`case when coalesce(tag_history.last_pulled_at, 0) < ${at} then ${at}
          else tag_history.last_pulled_at end`,
        changed_at: at,
      }),
    )
    .execute();
}

/** Deletes history of removed tags that is older than 400 days. */
export async function pruneTagHistory(db: Database, now: number): Promise<void> {
  await sql`delete from tag_history where changed_at < ${now - KEEP_MS} and not exists (
    select 1 from repositories where repositories.name = tag_history.repository and (tag_history.tag = '' or exists (
      select 1 from tags where tags.repository_id = repositories.id and tags.name = tag_history.tag)))`.execute(db);
}

function added(one: PullColumns, other: PullColumns): PullColumns {
  const last = Math.max(one.last_pulled_at ?? 0, other.last_pulled_at ?? 0);
  return { pull_count: one.pull_count + other.pull_count, last_pulled_at: last === 0 ? null : last };
}

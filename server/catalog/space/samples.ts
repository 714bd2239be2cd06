import type { Selectable } from 'kysely';
import { DAY_MS } from '../../storage/calendar.ts';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import type { RepositorySamplesTable } from '../../storage/schema.ts';
import { repositoriesAfter } from '../base/repository-lookup.ts';
import type { Yield } from '../base/yield.ts';
import { activeVisibilities } from '../visibility/active.ts';
import { EVERYTHING, type Visibility } from '../visibility/visibility.ts';

const KEPT_DAYS = 400;
const ROWS_AT_ONCE = 100;
// Depth of sampled folders.
const MAX_DEPTH = 2;

export interface RepositorySample {
  /** Midnight UTC. */
  readonly dayAt: number;
  readonly tagCount: number;
  readonly logicalBytes: number;
  readonly sizeBytes: number;
  /** null, like the next field: unknown, or counted over repositories that the viewer may not see. */
  readonly uniqueBytes: number | null;
  readonly reclaimableBytes: number | null;
}

/** Of a folder. */
export interface Sample extends RepositorySample {
  readonly repositoryCount: number;
}

const SUMS = ['tag_count', 'logical_bytes', 'size_bytes', 'unique_bytes', 'reclaimable_bytes'] as const;
const FOLDER_SUMS = ['repository_count', ...SUMS] as const;

export interface SeriesQuery {
  readonly visibilityId: number;
  readonly path: string;
  readonly since: number;
}

/** Midnight UTC. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/** Samples of a folder, oldest first; a day without a row has the values of the day before. */
export async function readSeries(db: Database, query: SeriesQuery): Promise<readonly Sample[]> {
  const rows = await db
    .selectFrom('folder_samples')
    .selectAll()
    .where('visibility_id', '=', query.visibilityId)
    .where('path', '=', query.path)
    .where('day_at', '>=', query.since)
    .orderBy('day_at')
    .limit(KEPT_DAYS + 1)
    .execute();
  return rows.map((row) => ({ ...toSample(row), repositoryCount: row.repository_count }));
}

/**
 * Oldest first; a day without a row has the values of the day before. The caller has checked that the viewer may see
 * the repository. Unique bytes of past days are stored only for viewers who see everything: a row per viewer and day
 * would be too many.
 */
export async function readRepositorySeries(
  db: Database,
  visibility: Visibility,
  repositoryId: number,
  since: number,
): Promise<readonly RepositorySample[]> {
  const rows = await db
    .selectFrom('repository_samples')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('day_at', '>=', since)
    .orderBy('day_at')
    .limit(KEPT_DAYS + 1)
    .execute();
  const samples = rows.map(toSample);
  if (visibility.all) return samples;
  return samples.map((sample) => ({ ...sample, uniqueBytes: null, reclaimableBytes: null }));
}

function toSample(row: Omit<Selectable<RepositorySamplesTable>, 'repository_id'>): RepositorySample {
  return {
    dayAt: row.day_at,
    tagCount: row.tag_count,
    logicalBytes: row.logical_bytes,
    sizeBytes: row.size_bytes,
    uniqueBytes: row.unique_bytes < 0 ? null : row.unique_bytes,
    reclaimableBytes: row.reclaimable_bytes < 0 ? null : row.reclaimable_bytes,
  };
}

/**
 * Stores today's totals of the upper folders and of changed repositories. Unchanged ones get no row, except for the
 * roots and on the first day of a month, so that series keep their beginning when old days are deleted. A second run on
 * a day replaces the first.
 */
export async function takeSamples(db: Database, at: number, yieldTurn: Yield): Promise<void> {
  const day = dayOf(at);
  for (const id of await activeVisibilities(db, at)) {
    await sampleFolders(db, { id, day, since: await sampledBefore(db, id, day) }, yieldTurn);
  }
}

interface Sampling {
  /** ID of the visibility. */
  readonly id: number;
  readonly day: number;
  /** Sample what changed since then; 0: everything. */
  readonly since: number;
}

async function sampledBefore(db: Database, id: number, day: number): Promise<number> {
  const last = await db
    .selectFrom('folder_samples')
    .select('day_at')
    .where('visibility_id', '=', id)
    .where('path', '=', '')
    // If the clock was ahead for a while, the days until then must still be sampled.
    .where('day_at', '<', day)
    .orderBy('day_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const isSameMonth = last !== undefined && new Date(last.day_at).getUTCMonth() === new Date(day).getUTCMonth();
  return isSameMonth ? last.day_at : 0;
}

async function sampleFolders(db: Database, sampling: Sampling, yieldTurn: Yield): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const rows = await db
      .selectFrom('folders')
      .selectAll()
      .where('visibility_id', '=', sampling.id)
      .$if(after !== undefined, (folders) => folders.where('path', '>', after ?? ''))
      .orderBy('path')
      .limit(ROWS_AT_ONCE)
      .execute();
    const upper = rows.filter((row) => row.summed_at > 0 && depthOf(row.path) <= MAX_DEPTH);
    await pruneFolders(
      db,
      sampling,
      upper.map((row) => row.path),
    );
    const fresh = upper.filter((row) => row.path === '' || row.summed_at >= sampling.since);
    const samples = fresh.map((row) => ({ ...row, day_at: sampling.day }));
    await db.transaction().execute((trx) => insertFolderSamples(trx, samples));
    after = rows.at(-1)?.path;
    if (after === undefined || rows.length < ROWS_AT_ONCE) break;
    await yieldTurn();
  }
  if (sampling.id === EVERYTHING.id) await sampleRepositories(db, sampling, yieldTurn);
}

function depthOf(path: string): number {
  return path === '' ? 0 : path.split('/').length;
}

async function pruneFolders(db: Database, { id, day }: Sampling, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  await db
    .deleteFrom('folder_samples')
    .where('visibility_id', '=', id)
    .where('path', 'in', paths)
    .where('day_at', '<', day - KEPT_DAYS * DAY_MS)
    .execute();
}

// In a transaction, because single statements would each wait for a sync.
const insertFolderSamples = createInsertion({
  into: 'folder_samples',
  columns: ['visibility_id', 'path', 'day_at', ...FOLDER_SUMS],
  conflict: { on: ['visibility_id', 'path', 'day_at'], set: FOLDER_SUMS },
});

async function sampleRepositories(db: Database, { day, since }: Sampling, yieldTurn: Yield): Promise<void> {
  let after = 0;
  for (;;) {
    const rows = await repositoriesAfter(db, ['id', 'changed_at', ...SUMS], { after, limit: ROWS_AT_ONCE });
    await pruneRepositories(
      db,
      rows.map((row) => row.id),
      day,
    );
    const fresh = rows.filter((row) => since === 0 || row.changed_at >= since);
    const samples = fresh.map((row) => ({ ...row, repository_id: row.id, day_at: day }));
    await db.transaction().execute((trx) => insertRepositorySamples(trx, samples));
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    after = last.id;
    await yieldTurn();
  }
}

async function pruneRepositories(db: Database, ids: readonly number[], day: number): Promise<void> {
  if (ids.length === 0) return;
  await db
    .deleteFrom('repository_samples')
    .where('repository_id', 'in', ids)
    .where('day_at', '<', day - KEPT_DAYS * DAY_MS)
    .execute();
}

const insertRepositorySamples = createInsertion({
  into: 'repository_samples',
  columns: ['repository_id', 'day_at', ...SUMS],
  conflict: { on: ['repository_id', 'day_at'], set: SUMS },
});

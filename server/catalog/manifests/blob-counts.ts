/**
 * Counts how many manifests of a repository list a blob, updated with each change. Each function is for use in a
 * transaction.
 */
import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { addBytes } from '../base/repository-writes.ts';
import { groupBy } from '../base/rows.ts';

export interface KnownBlob {
  readonly id: number;
  readonly size_bytes: number;
}

/** A manifest that was added, removed, or whose state changed between kept by tags and not. */
export interface BlobMove {
  readonly digest: string;
  /** How it was counted before; null: not at all. */
  readonly before: 'tagged' | 'untagged' | null;
  readonly after: 'tagged' | 'untagged' | null;
}

export interface HeldDigest {
  readonly digest: string;
  readonly reached: 0 | 1;
}

/** How the blobs of a manifest are counted; null without a row. */
export function countedAs(row: Pick<HeldDigest, 'reached'> | undefined): 'tagged' | 'untagged' | null {
  if (row === undefined) return null;
  return row.reached === 1 ? 'tagged' : 'untagged';
}

interface Change {
  readonly size: number;
  tagged: number;
  untagged: number;
}

/** @returns the change in bytes of everything that tags keep in this repository. */
export async function moveBlobs(trx: Database, repositoryId: number, moves: readonly BlobMove[]): Promise<number> {
  const real = moves.filter(({ before, after }) => before !== after);
  if (real.length === 0) return 0;
  const listed = await listedBlobs(
    trx,
    real.map((move) => move.digest),
  );
  const byDigest = new Map(real.map((move) => [move.digest, move]));
  const changes = new Map<number, Change>();
  for (const blob of listed) {
    const move = byDigest.get(blob.digest);
    const change = changes.get(blob.id) ?? { size: blob.size_bytes, tagged: 0, untagged: 0 };
    if (move?.before) change[move.before] -= 1;
    if (move?.after) change[move.after] += 1;
    changes.set(blob.id, change);
  }
  return changeCounts(trx, repositoryId, changes);
}

/**
 * Counts the blobs of new repositories.
 * @returns the bytes of everything that tags keep, by repository.
 */
export async function countFirstBlobs(
  trx: Database,
  held: ReadonlyMap<number, readonly HeldDigest[]>,
): Promise<ReadonlyMap<number, number>> {
  const digests = [...new Set([...held.values()].flatMap((rows) => rows.map((row) => row.digest)))];
  const listed = groupBy(digests.length === 0 ? [] : await listedBlobs(trx, digests), (blob) => blob.digest);
  const counts = [...held].map(([repositoryId, rows]) => ({ repositoryId, changes: firstCounts(rows, listed) }));
  await storeCounts(
    trx,
    counts.flatMap(({ repositoryId, changes }) =>
      [...changes].map(([blob_id, { tagged, untagged }]) => ({
        ...{ repository_id: repositoryId, blob_id },
        ...{ tagged_count: tagged, untagged_count: untagged },
      })),
    ),
  );
  return new Map(counts.map(({ repositoryId, changes }) => [repositoryId, taggedBytes(changes)]));
}

function firstCounts(
  rows: readonly HeldDigest[],
  listed: ReadonlyMap<string, readonly KnownBlob[]>,
): ReadonlyMap<number, Change> {
  const changes = new Map<number, Change>();
  for (const row of rows) {
    for (const { id, size_bytes } of listed.get(row.digest) ?? []) {
      const change = changes.get(id) ?? { size: size_bytes, tagged: 0, untagged: 0 };
      change[row.reached === 1 ? 'tagged' : 'untagged'] += 1;
      changes.set(id, change);
    }
  }
  return changes;
}

function taggedBytes(changes: ReadonlyMap<number, Change>): number {
  return [...changes.values()].reduce((sum, { size, tagged }) => sum + (tagged > 0 ? size : 0), 0);
}

/**
 * To be called before manifests are read again, because they may list other blobs then; `recomputeDerived` counts them
 * again.
 */
export async function uncountBlobs(trx: Database, repositoryId: number, rows: readonly HeldDigest[]): Promise<void> {
  const moves = rows.map((row) => ({ digest: row.digest, before: countedAs(row), after: null }));
  const bytes = await moveBlobs(trx, repositoryId, moves);
  if (bytes !== 0) await addBytes(trx, sql`${repositoryId}`, bytes);
}

/**
 * The blobs of each manifest, each once. Without foreign layers: the registry never checks those, so anybody may name a
 * digest, and its size must not reveal that others have it here.
 */
async function listedBlobs(trx: Database, digests: readonly string[]) {
  return trx
    .selectFrom('manifest_blobs')
    .innerJoin('blobs', 'blobs.digest', 'manifest_blobs.blob_digest')
    .select(['manifest_blobs.digest', 'blobs.id', 'blobs.size_bytes'])
    .distinct()
    .where('manifest_blobs.digest', 'in', digests)
    .where('kept_at', '=', '')
    .execute();
}

/** @returns the change in bytes of what tags keep. */
async function changeCounts(
  trx: Database,
  repositoryId: number,
  changes: ReadonlyMap<number, Change>,
): Promise<number> {
  const real = [...changes].filter(([, { tagged, untagged }]) => tagged !== 0 || untagged !== 0);
  if (real.length === 0) return 0;
  const known = await knownCounts(
    trx,
    repositoryId,
    real.map(([id]) => id),
  );
  const rows = [];
  const gone: number[] = [];
  let bytes = 0;
  for (const [blob_id, { size, tagged, untagged }] of real) {
    const before = known.get(blob_id);
    const tagged_count = (before?.tagged_count ?? 0) + tagged;
    const untagged_count = (before?.untagged_count ?? 0) + untagged;
    bytes += size * (Number(tagged_count > 0) - Number((before?.tagged_count ?? 0) > 0));
    if (tagged_count > 0 || untagged_count > 0) {
      rows.push({ repository_id: repositoryId, blob_id, tagged_count, untagged_count });
    } else gone.push(blob_id);
  }
  await storeCounts(trx, rows);
  await dropCounts(trx, repositoryId, gone);
  return bytes;
}

async function knownCounts(trx: Database, repositoryId: number, ids: readonly number[]) {
  const rows = await trx
    .selectFrom('repository_blobs')
    .select(['blob_id', 'tagged_count', 'untagged_count'])
    .where('repository_id', '=', repositoryId)
    .where('blob_id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.blob_id, row]));
}

const storeCounts = createInsertion({
  into: 'repository_blobs',
  columns: ['repository_id', 'blob_id', 'tagged_count', 'untagged_count'],
  conflict: { on: ['repository_id', 'blob_id'], set: ['tagged_count', 'untagged_count'] },
});

async function dropCounts(trx: Database, repositoryId: number, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .deleteFrom('repository_blobs')
    .where('repository_id', '=', repositoryId)
    .where('blob_id', 'in', ids)
    .execute();
}

const insertBlobs = createInsertion({ into: 'blobs', columns: ['digest', 'size_bytes'], conflict: 'stays' });

/** Adds rows for blobs that are listed for the first time. Sizes that were too small are corrected in all totals. */
export async function ensureBlobs(trx: Database, sizes: ReadonlyMap<string, number>): Promise<void> {
  // In a fixed order, which prevents deadlocks between replicas.
  const digests = [...sizes.keys()].sort();
  if (digests.length === 0) return;
  const rows = await trx
    .selectFrom('blobs')
    .select(['id', 'digest', 'size_bytes'])
    .where('digest', 'in', digests)
    .execute();
  const known = new Map(rows.map((row) => [row.digest, row]));
  const news = digests.filter((digest) => !known.has(digest));
  await insertBlobs(
    trx,
    news.map((digest) => ({ digest, size_bytes: sizes.get(digest) ?? 0 })),
  );
  for (const row of rows) await growBlob(trx, row, sizes.get(row.digest) ?? 0);
}

/** Manifests of schema 1 contain no sizes. */
async function growBlob(trx: Database, { id, size_bytes }: KnownBlob, size: number): Promise<void> {
  if (size <= size_bytes) return;
  await trx.updateTable('blobs').set({ size_bytes: size }).where('id', '=', id).execute();
  const holders = sql`select repository_id from repository_blobs where blob_id = ${id} and tagged_count > 0`;
  await addBytes(trx, holders, size - size_bytes);
}

/** Counts all blobs of a repository again, as if nothing in it had a tag. */
export async function recountBlobs(trx: Database, repositoryId: number): Promise<void> {
  await trx.deleteFrom('repository_blobs').where('repository_id', '=', repositoryId).execute();
  await sql`insert into repository_blobs (repository_id, blob_id, tagged_count, untagged_count)
    select held.repository_id, blobs.id, 0, count(distinct held.digest)
    from held_manifests as held
      join manifest_blobs on manifest_blobs.digest = held.digest
      join blobs on blobs.digest = manifest_blobs.blob_digest
    where held.repository_id = ${repositoryId}
    group by held.repository_id, blobs.id`.execute(trx);
}

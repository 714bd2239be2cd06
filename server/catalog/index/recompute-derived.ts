/**
 * Updates everything derived from tags and manifests, at a cost proportional to the change. For use in transactions.
 */
import type { Database } from '../../storage/database.ts';
import { tagKey } from '../base/tag-key.ts';
import { type BlobMove, countedAs, moveBlobs } from '../manifests/blob-counts.ts';
import { type AffectedManifests, type HeldRow, readAffectedManifests } from './affected-manifests.ts';
import { heldAfter, type WantedManifests } from './held-rows.ts';
import { deleteHeld, HELD_COLUMNS, insertHeld } from './held-writes.ts';
import { withOwnSums } from './index-sums.ts';
import { updateRollups } from './rollups.ts';
import { type PullColumns, pullsOfManifests } from './tag-history.ts';
import { storeTags, type TagRow, tagsOnDigests } from './tag-writes.ts';

export interface Changes extends WantedManifests {
  /** Digests whose tags or content changed: those that tags pointed to before and point to now. */
  readonly digests: Iterable<string>;
  /** Tag rows to write: new, moved, or pushed again. */
  readonly tags?: readonly TagRow[];
  /** Present before, but read again: their blobs are not counted yet. */
  readonly uncounted?: ReadonlySet<string>;
  /** Tags were removed. */
  readonly isDropped?: boolean;
}

export interface Recomputed {
  /** Whether anything visible changed. */
  readonly isChanged: boolean;
  /** All digests that were updated. */
  readonly digests: ReadonlySet<string>;
}

/** Expects the repository's row to be locked. @param at Epoch milliseconds. */
export async function recomputeDerived(
  trx: Database,
  repositoryId: number,
  touched: Changes,
  at: number,
): Promise<Recomputed> {
  const roots = new Set([...touched.digests, ...touched.linked, ...touched.unlinked]);
  if (roots.size === 0) return { isChanged: false, digests: roots };
  const around = await readAffectedManifests(trx, repositoryId, [...roots]);
  const stored = await tagsOnDigests(trx, repositoryId, [...around.digests]);
  const tags = withPending(stored, touched.tags ?? [], around);
  const keyed = tags.map((tag) => ({ ...tag, name_key: tagKey(tag.name) }));
  const held = heldAfter(around, keyed, touched, { repository_id: repositoryId, first_seen_at: at });
  const rows = await withOwnSums(trx, around, held);
  const news = changedTags(tags, keyed, touched.tags ?? [], rows);
  await storeTags(trx, news);
  await storeHeld(trx, repositoryId, around, rows);
  const bytes = await moveBlobs(trx, repositoryId, blobMoves(around, rows, touched.uncounted));
  const isChanged = news.length > 0 || touched.isDropped === true || hasChanged(around, rows);
  if (isChanged || bytes !== 0) await updateRollups(trx, repositoryId, { before: around.held, after: rows, bytes, at });
  return { isChanged, digests: around.digests };
}

/** The tags after the change: pending rows replace stored ones of the same name. */
function withPending(
  stored: readonly TagRow[],
  pending: readonly TagRow[],
  { digests }: AffectedManifests,
): readonly TagRow[] {
  if (pending.length === 0) return stored;
  const names = new Set(pending.map((tag) => tag.name));
  return [...stored.filter((tag) => !names.has(tag.name)), ...pending.filter((tag) => digests.has(tag.digest))];
}

/** Tags to write, and tags whose image changed; with the columns that lists show of the image. */
function changedTags(
  tags: readonly TagRow[],
  keyed: readonly TagRow[],
  pending: readonly TagRow[],
  rows: ReadonlyMap<string, HeldRow>,
): readonly TagRow[] {
  const written = new Set(pending);
  return keyed
    .map((tag) => withImage(tag, rows.get(tag.digest)))
    .filter((after, index) => {
      const before = tags[index];
      return before === undefined || written.has(before) || differs(before, after, TAG_COLUMNS);
    });
}

const TAG_COLUMNS = ['name_key', 'size_bytes', 'platform_count', 'aged_at'] as const;

/** The tag with the columns that lists show of its image. */
export function withImage(tag: TagRow, row: HeldRow | undefined): TagRow {
  return {
    ...tag,
    size_bytes: row?.size_bytes ?? 0,
    platform_count: row?.platform_count ?? 0,
    aged_at: tag.pushed_at ?? row?.created_at ?? 0,
  };
}

function differs<Row>(one: Row, other: Row, columns: readonly (keyof Row)[]): boolean {
  return columns.some((column) => one[column] !== other[column]);
}

function hasChanged({ held }: AffectedManifests, rows: ReadonlyMap<string, HeldRow>): boolean {
  return held.size !== rows.size || [...rows].some(([digest, row]) => isDifferent(held.get(digest), row));
}

function isDifferent(before: HeldRow | undefined, after: HeldRow): boolean {
  return before === undefined || differs(before, after, HELD_COLUMNS);
}

async function storeHeld(
  trx: Database,
  repositoryId: number,
  { held }: AffectedManifests,
  rows: ReadonlyMap<string, HeldRow>,
): Promise<void> {
  const news = [...rows.values()].filter((row) => isDifferent(held.get(row.digest), row));
  const fresh = news.filter((row) => !held.has(row.digest)).map((row) => row.digest);
  const pulls = await pullsOfManifests(trx, repositoryId, fresh);
  await insertHeld(
    trx,
    news.map((row) => withPulls(row, pulls.get(row.digest))),
  );
  await deleteHeld(
    trx,
    repositoryId,
    [...held.keys()].filter((digest) => !rows.has(digest)),
  );
}

/** A manifest that is added again gets its earlier pulls. */
function withPulls(row: HeldRow, pulls: PullColumns | undefined): HeldRow {
  if (pulls === undefined) return row;
  return { ...row, pull_count: pulls.pull_count, last_pulled_at: pulls.last_pulled_at ?? 0 };
}

function blobMoves(
  { held }: AffectedManifests,
  rows: ReadonlyMap<string, HeldRow>,
  uncounted: ReadonlySet<string> = new Set(),
): readonly BlobMove[] {
  return [...new Set([...held.keys(), ...rows.keys()])].map((digest) => ({
    digest,
    before: uncounted.has(digest) ? null : countedAs(held.get(digest)),
    after: countedAs(rows.get(digest)),
  }));
}

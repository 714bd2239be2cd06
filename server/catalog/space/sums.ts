import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { Yield } from '../base/yield.ts';
import { activeVisibilities } from '../visibility/active.ts';
import { EVERYTHING } from '../visibility/visibility.ts';
import { type FolderSnapshot, readFolderSnapshot } from './folder-snapshot.ts';
import { createTally, type Tally } from './tally.ts';
import { writeFolderSums, writeRepositorySums, writeSeenSums } from './write.ts';

// A chunk takes a few milliseconds, for which a request may have to wait.
const ROWS_AT_ONCE = 1000;
const VISIBLE_AT_ONCE = 2000;
// One bit each.
const MAX_AT_ONCE = 31;
// Limits of totals in memory: about 30 MB for folders, and as much for repositories.
const MAX_SLOTS = 400_000;
const MAX_PLACES = 2_000_000;

/**
 * Computes the totals of all repositories, and of the folders of every visibility used within a day. Reads in chunks
 * while others write: concurrent changes may be included or not, and cause another run.
 * @returns the IDs of the visibilities whose folders are up to date.
 */
export async function sumSpace(db: Database, at: number, yieldTurn: Yield): Promise<readonly number[]> {
  const snapshot = await readFolderSnapshot(db, yieldTurn);
  const ids = await activeVisibilities(db, at);
  const width = batchWidth(snapshot);
  for (let start = 0; start < ids.length; start += width) {
    const some = ids.slice(start, start + width);
    const tally = createTally(snapshot, await readMasks(db, snapshot, some, yieldTurn), some.length);
    await countRepositories(snapshot, tally, yieldTurn);
    await countBlobs(db, snapshot, tally, yieldTurn);
    if (start === 0) await writeRepositorySums(db, snapshot, tally, yieldTurn);
    await writeSeenSums(db, { ids: some, snapshot, tally, at }, yieldTurn);
    await writeFolderSums(db, { ids: some, snapshot, tally, at }, yieldTurn);
  }
  return ids;
}

/** Number of visibilities per pass. */
function batchWidth({ tree, ids }: FolderSnapshot): number {
  const fitting = Math.min(MAX_SLOTS / tree.parents.length, MAX_PLACES / Math.max(1, ids.length));
  return Math.max(1, Math.min(MAX_AT_ONCE, Math.floor(fitting)));
}

async function readMasks(
  db: Database,
  snapshot: FolderSnapshot,
  ids: readonly number[],
  yieldTurn: Yield,
): Promise<Int32Array> {
  const masks = new Int32Array(snapshot.ids.length);
  for (const [bit, id] of ids.entries()) {
    if (id === EVERYTHING.id) {
      for (let place = 0; place < masks.length; place += 1) masks[place] = (masks[place] ?? 0) | (1 << bit);
    } else {
      await readVisible(db, id, yieldTurn, (repositoryId) => {
        const place = snapshot.places.get(repositoryId);
        if (place !== undefined) masks[place] = (masks[place] ?? 0) | (1 << bit);
      });
    }
  }
  return masks;
}

/** All repositories of a visibility, by ID. */
export async function readVisible(
  db: Database,
  id: number,
  yieldTurn: Yield,
  note: (repositoryId: number) => void,
): Promise<void> {
  let after = 0;
  for (;;) {
    const rows = await db
      .selectFrom('visible_repositories')
      .select('repository_id')
      .where('visibility_id', '=', id)
      .where('repository_id', '>', after)
      .orderBy('repository_id')
      .limit(VISIBLE_AT_ONCE)
      .execute();
    for (const row of rows) note(row.repository_id);
    const last = rows.at(-1);
    if (last === undefined || rows.length < VISIBLE_AT_ONCE) return;
    after = last.repository_id;
    await yieldTurn();
  }
}

async function countRepositories(snapshot: FolderSnapshot, tally: Tally, yieldTurn: Yield): Promise<void> {
  for (let place = 0; place < snapshot.ids.length; place += 1) {
    tally.addRepository(place);
    if (place % VISIBLE_AT_ONCE === VISIBLE_AT_ONCE - 1) await yieldTurn();
  }
}

async function countBlobs(db: Database, snapshot: FolderSnapshot, tally: Tally, yieldTurn: Yield): Promise<void> {
  let [blobId, repositoryId] = [0, 0];
  let counted = 0;
  for (;;) {
    const rows = await readHolders(db, blobId, repositoryId);
    for (const row of rows) {
      if (row.blob_id !== counted) tally.begin(row.size_bytes ?? 0);
      counted = row.blob_id;
      const isTagged = row.tagged_count > 0;
      if (isTagged || row.untagged_count > 0) tally.hold(snapshot.places.get(row.repository_id), isTagged);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return tally.end();
    [blobId, repositoryId] = [last.blob_id, last.repository_id];
    await yieldTurn();
  }
}

/** A left join fixes the order of reading: along the index, whatever the engine estimates. */
function readHolders(db: Database, blobId: number, repositoryId: number) {
  return db
    .selectFrom('repository_blobs')
    .leftJoin('blobs', 'blobs.id', 'repository_blobs.blob_id')
    .select(['blob_id', 'repository_id', 'tagged_count', 'untagged_count', 'blobs.size_bytes'])
    .where(sql<boolean>`(blob_id, repository_id) > (${blobId}, ${repositoryId})`)
    .orderBy('blob_id')
    .orderBy('repository_id')
    .limit(ROWS_AT_ONCE)
    .execute();
}

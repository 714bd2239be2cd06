import type { Database } from '../../storage/database.ts';
import { setSpaceSums } from '../base/repository-writes.ts';
import type { Yield } from '../base/yield.ts';
import { FOLDER_SUMS, type FolderSums, setFolderSums, setSeenSums } from '../visibility/sum-writes.ts';
import { EVERYTHING } from '../visibility/visibility.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import { NO_PLATFORMS } from './platform-sets.ts';
import type { Tally } from './tally.ts';

// Each statement is a transaction of its own, so that other writers wait only a few milliseconds.
const REPOSITORIES_AT_ONCE = 100;
const FOLDERS_AT_ONCE = 50;
const SEEN_AT_ONCE = 100;
const FOLDERS_READ_AT_ONCE = 500;

/** Totals for viewers who see everything, which come first in the tally. */
export async function writeRepositorySums(
  db: Database,
  snapshot: FolderSnapshot,
  tally: Tally,
  yieldTurn: Yield,
): Promise<void> {
  let changed: number[] = [];
  for (let place = 0; place < snapshot.ids.length; place += 1) {
    const isSame =
      snapshot.unique[place] === tally.unique[place] && snapshot.reclaimable[place] === tally.reclaimable[place];
    if (!isSame) changed.push(place);
    if (changed.length < REPOSITORIES_AT_ONCE) continue;
    await updateRepositories(db, snapshot, tally, changed);
    changed = [];
    await yieldTurn();
  }
  if (changed.length > 0) await updateRepositories(db, snapshot, tally, changed);
}

async function updateRepositories(
  db: Database,
  snapshot: FolderSnapshot,
  tally: Tally,
  places: readonly number[],
): Promise<void> {
  const at = (values: ArrayLike<number>, place: number) => values[place] ?? 0;
  const rows = places.map((place) => ({
    id: at(snapshot.ids, place),
    unique: at(tally.unique, place),
    reclaimable: at(tally.reclaimable, place),
  }));
  await setSpaceSums(db, rows);
}

/** The same for other visibilities, over their repositories. */
export async function writeSeenSums(
  db: Database,
  { ids, snapshot, tally }: SumsWrite,
  yieldTurn: Yield,
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    if (id === EVERYTHING.id) continue;
    let after = 0;
    for (;;) {
      const rows = await readSeen(db, id, after);
      const changed = rows.flatMap((row) => {
        const place = snapshot.places.get(row.repository_id);
        if (place === undefined) return [];
        const slot = index * snapshot.ids.length + place;
        const [unique, reclaimable] = [tally.unique[slot] ?? 0, tally.reclaimable[slot] ?? 0];
        const isSame = row.unique_bytes === unique && row.reclaimable_bytes === reclaimable;
        return isSame ? [] : [{ id: row.repository_id, unique, reclaimable }];
      });
      if (changed.length > 0) await setSeenSums(db, id, changed);
      await yieldTurn();
      const last = rows.at(-1);
      if (last === undefined || rows.length < SEEN_AT_ONCE) break;
      after = last.repository_id;
    }
  }
}

function readSeen(db: Database, id: number, after: number) {
  return db
    .selectFrom('visible_repositories')
    .select(['repository_id', 'unique_bytes', 'reclaimable_bytes'])
    .where('visibility_id', '=', id)
    .where('repository_id', '>', after)
    .orderBy('repository_id')
    .limit(SEEN_AT_ONCE)
    .execute();
}

export interface SumsWrite {
  /** IDs of the visibilities, in the order of the tally. */
  readonly ids: readonly number[];
  readonly snapshot: FolderSnapshot;
  readonly tally: Tally;
  readonly at: number;
}

/** Updates existing rows only; rows of folders are added and removed elsewhere. */
export async function writeFolderSums(db: Database, write: SumsWrite, yieldTurn: Yield): Promise<void> {
  for (const [index, id] of write.ids.entries()) {
    let changed: FolderSums[] = [];
    await readFolders(db, id, yieldTurn, async (row) => {
      const values = valuesOf(write, index, row.path);
      // The root is always written: it has the time of the totals.
      if (row.path !== '' && row.summed_at > 0 && isSame(row, values)) return;
      changed.push(values);
      if (changed.length < FOLDERS_AT_ONCE) return;
      await setFolderSums(db, id, write.at, changed);
      changed = [];
      await yieldTurn();
    });
    if (changed.length > 0) await setFolderSums(db, id, write.at, changed);
  }
}

function valuesOf({ snapshot, tally: { sums } }: SumsWrite, index: number, path: string): FolderSums {
  const { tree, platformSets } = snapshot;
  const folder = tree.numbers.get(path);
  const slot = folder === undefined ? -1 : index * tree.parents.length + folder;
  const lastPushed = (sums.lastPushed[slot] ?? 0) - 1;
  const platforms = sums.platforms[slot] ?? NO_PLATFORMS;
  return {
    path,
    tag_count: sums.tags[slot] ?? 0,
    pull_count: sums.pulls[slot] ?? 0,
    last_pushed_at: sums.pushedAt[slot] ?? 0,
    last_pushed_by: snapshot.pushedBy[lastPushed] ?? '',
    last_push_confirmed: snapshot.isConfirmed[lastPushed] === 1 ? 1 : 0,
    last_pulled_at: sums.pulledAt[slot] ?? 0,
    newest_at: sums.newestAt[slot] ?? 0,
    platforms: platformSets.text(platforms),
    platform_count: platformSets.size(platforms),
    logical_bytes: sums.logical[slot] ?? 0,
    size_bytes: sums.size[slot] ?? 0,
    unique_bytes: sums.unique[slot] ?? 0,
    reclaimable_bytes: sums.reclaimable[slot] ?? 0,
  };
}

function isSame(row: FolderSums, values: FolderSums): boolean {
  return FOLDER_SUMS.every((name) => row[name] === values[name]);
}

async function readFolders(
  db: Database,
  id: number,
  yieldTurn: Yield,
  visit: (row: FolderSums & { readonly summed_at: number }) => Promise<void>,
): Promise<void> {
  // undefined, because the root has the path ''.
  let after: string | undefined;
  for (;;) {
    const rows = await db
      .selectFrom('folders')
      .select(['path', 'summed_at', ...FOLDER_SUMS])
      .where('visibility_id', '=', id)
      .$if(after !== undefined, (folders) => folders.where('path', '>', after ?? ''))
      .orderBy('path')
      .limit(FOLDERS_READ_AT_ONCE)
      .execute();
    for (const row of rows) await visit(row);
    after = rows.at(-1)?.path;
    if (after === undefined || rows.length < FOLDERS_READ_AT_ONCE) return;
    await yieldTurn();
  }
}

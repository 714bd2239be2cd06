import type { Selectable } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { RepositoriesTable } from '../../storage/schema.ts';
import { foldersAbove, parentOf } from '../base/folders.ts';
import { countRepositories, lastRepositoryId, repositoriesAfter } from '../base/repository-lookup.ts';
import type { Yield } from '../base/yield.ts';
import { createPlatformSets, type PlatformSets } from './platform-sets.ts';

// Small enough for other requests to get a turn in between.
const ROWS_AT_ONCE = 1000;

/** Numbers of folders; the root is 0, and a parent has a smaller number than its children. */
export interface FolderTree {
  readonly parents: number[];
  readonly depths: number[];
  readonly numbers: Map<string, number>;
}

/** The columns of all repositories that the totals need, as arrays, because there are many. */
export interface FolderSnapshot {
  /** Repository ID → index in the columns. */
  readonly places: Map<number, number>;
  readonly ids: Float64Array;
  readonly folders: Int32Array;
  readonly tree: FolderTree;
  readonly tags: Float64Array;
  readonly pulls: Float64Array;
  readonly pushedAt: Float64Array;
  readonly pulledAt: Float64Array;
  /** Who pushed last; '' for unknown. */
  readonly pushedBy: string[];
  readonly isConfirmed: Uint8Array;
  /** Pushed, else built. */
  readonly newestAt: Float64Array;
  readonly platforms: Int32Array;
  readonly platformSets: PlatformSets;
  readonly logical: Float64Array;
  /** Stored values, so that only changes are written. */
  readonly unique: Float64Array;
  readonly reclaimable: Float64Array;
}

/** Repositories added meanwhile are left for the next run. */
export async function readFolderSnapshot(db: Database, yieldTurn: Yield): Promise<FolderSnapshot> {
  // Two queries: each is answered without reading all rows.
  const snapshot = emptySnapshot(await countRepositories(db));
  const until = await lastRepositoryId(db);
  let after = 0;
  for (;;) {
    const rows = await repositoriesAfter(db, COLUMNS, { after, until, limit: ROWS_AT_ONCE });
    for (const row of rows) place(snapshot, row);
    const end = rows.at(-1);
    if (end === undefined || rows.length < ROWS_AT_ONCE) return snapshot;
    after = end.id;
    await yieldTurn();
  }
}

const COLUMNS = [
  ...(['id', 'folder', 'tag_count', 'pull_count', 'last_pulled_at', 'newest_at', 'platforms'] as const),
  ...(['last_pushed_at', 'last_pushed_by', 'last_push_confirmed'] as const),
  ...(['logical_bytes', 'unique_bytes', 'reclaimable_bytes'] as const),
];

type RepositoryValues = Pick<Selectable<RepositoriesTable>, (typeof COLUMNS)[number]>;

function emptySnapshot(size: number): FolderSnapshot {
  const column = () => new Float64Array(size);
  return {
    places: new Map(),
    ids: column(),
    folders: new Int32Array(size),
    tree: { parents: [-1], depths: [0], numbers: new Map([['', 0]]) },
    tags: column(),
    pulls: column(),
    pushedAt: column(),
    pulledAt: column(),
    pushedBy: [],
    isConfirmed: new Uint8Array(size),
    newestAt: column(),
    platforms: new Int32Array(size),
    platformSets: createPlatformSets(),
    logical: column(),
    unique: column(),
    reclaimable: column(),
  };
}

function place(snapshot: FolderSnapshot, row: RepositoryValues): void {
  const at = snapshot.places.size;
  snapshot.places.set(row.id, at);
  snapshot.ids[at] = row.id;
  snapshot.folders[at] = folderNumber(snapshot.tree, row.folder);
  snapshot.tags[at] = row.tag_count;
  snapshot.pulls[at] = row.pull_count;
  snapshot.pushedAt[at] = row.last_pushed_at ?? 0;
  snapshot.pulledAt[at] = row.last_pulled_at ?? 0;
  snapshot.pushedBy[at] = row.last_pushed_by ?? '';
  snapshot.isConfirmed[at] = row.last_push_confirmed;
  snapshot.newestAt[at] = row.last_pushed_at ?? row.newest_at;
  snapshot.platforms[at] = snapshot.platformSets.of(row.platforms);
  snapshot.logical[at] = row.logical_bytes;
  snapshot.unique[at] = row.unique_bytes;
  snapshot.reclaimable[at] = row.reclaimable_bytes;
}

function folderNumber({ numbers, parents, depths }: FolderTree, path: string): number {
  const known = numbers.get(path);
  if (known !== undefined) return known;
  for (const folder of [...foldersAbove(path), path]) {
    if (numbers.has(folder)) continue;
    const parent = numbers.get(parentOf(folder) ?? '') ?? 0;
    numbers.set(folder, parents.length);
    depths.push((depths[parent] ?? 0) + 1);
    parents.push(parent);
  }
  return parents.length - 1;
}

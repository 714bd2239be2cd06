import type { Selectable } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { RepositoriesTable } from '../../storage/schema.ts';
import { foldersAbove, parentOf } from '../base/folders.ts';
import { countRepositories, lastRepositoryId, repositoriesAfter } from '../base/repository-lookup.ts';
import type { Rest } from '../base/rest.ts';
import { createPlatformSets, type PlatformSets } from './platform-sets.ts';

// Small enough that other requests get their turn in between.
const ROWS_AT_ONCE = 1000;

/** Every folder as a small number; the root is 0, and a parent has a smaller number than what stands below it. */
export interface FolderTree {
  readonly parents: number[];
  readonly depths: number[];
  readonly numbers: Map<string, number>;
}

/** What the sums need to know of the repositories, in columns: a registry has many. */
export interface Ground {
  /** Repository id → its place in the columns. */
  readonly places: Map<number, number>;
  readonly ids: Float64Array;
  readonly folders: Int32Array;
  readonly tree: FolderTree;
  readonly tags: Float64Array;
  readonly pulls: Float64Array;
  readonly pushedAt: Float64Array;
  readonly pulledAt: Float64Array;
  /** Who made the last push; '' for nobody known. */
  readonly pushedBy: string[];
  readonly isConfirmed: Uint8Array;
  /** Pushed, else built. */
  readonly newestAt: Float64Array;
  readonly platforms: Int32Array;
  readonly platformSets: PlatformSets;
  readonly logical: Float64Array;
  /** What the rows say now, so that only changes are written. */
  readonly unique: Float64Array;
  readonly reclaimable: Float64Array;
}

/** Repositories that come while it reads are for the next run. */
export async function readGround(db: Database, rest: Rest): Promise<Ground> {
  // Two questions: either alone is answered without reading all rows.
  const ground = emptyGround(await countRepositories(db));
  const until = await lastRepositoryId(db);
  let after = 0;
  for (;;) {
    const rows = await repositoriesAfter(db, COLUMNS, { after, until, limit: ROWS_AT_ONCE });
    for (const row of rows) place(ground, row);
    const end = rows.at(-1);
    if (end === undefined || rows.length < ROWS_AT_ONCE) return ground;
    after = end.id;
    await rest();
  }
}

const COLUMNS = [
  ...(['id', 'folder', 'tag_count', 'pull_count', 'last_pulled_at', 'newest_at', 'platforms'] as const),
  ...(['last_pushed_at', 'last_pushed_by', 'last_push_confirmed'] as const),
  ...(['logical_bytes', 'unique_bytes', 'reclaimable_bytes'] as const),
];

type RepositoryValues = Pick<Selectable<RepositoriesTable>, (typeof COLUMNS)[number]>;

function emptyGround(size: number): Ground {
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

function place(ground: Ground, row: RepositoryValues): void {
  const at = ground.places.size;
  ground.places.set(row.id, at);
  ground.ids[at] = row.id;
  ground.folders[at] = folderNumber(ground.tree, row.folder);
  ground.tags[at] = row.tag_count;
  ground.pulls[at] = row.pull_count;
  ground.pushedAt[at] = row.last_pushed_at ?? 0;
  ground.pulledAt[at] = row.last_pulled_at ?? 0;
  ground.pushedBy[at] = row.last_pushed_by ?? '';
  ground.isConfirmed[at] = row.last_push_confirmed;
  ground.newestAt[at] = row.last_pushed_at ?? row.newest_at;
  ground.platforms[at] = ground.platformSets.of(row.platforms);
  ground.logical[at] = row.logical_bytes;
  ground.unique[at] = row.unique_bytes;
  ground.reclaimable[at] = row.reclaimable_bytes;
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

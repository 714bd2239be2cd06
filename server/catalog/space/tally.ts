import type { FolderSnapshot } from './folder-snapshot.ts';
import { NO_PLATFORMS } from './platform-sets.ts';

/** Index of a number: visibility × number of folders + folder. */
export interface FolderSumColumns {
  readonly tags: Float64Array;
  readonly pulls: Float64Array;
  readonly pushedAt: Float64Array;
  /** Index of the repository with the last push, plus one; 0: none. */
  readonly lastPushed: Int32Array;
  readonly pulledAt: Float64Array;
  readonly newestAt: Float64Array;
  readonly platforms: Int32Array;
  readonly logical: Float64Array;
  readonly size: Float64Array;
  readonly unique: Float64Array;
  readonly reclaimable: Float64Array;
}

export interface Tally {
  readonly sums: FolderSumColumns;
  /** Per repository: visibility × number of repositories + place. */
  readonly unique: Float64Array;
  readonly reclaimable: Float64Array;
  /** Adds tags, pulls and times of a repository. */
  readonly addRepository: (place: number) => void;
  /** Begins a blob; its holders have to follow. */
  readonly begin: (sizeBytes: number) => void;
  /** @param place Index of the repository; undefined for one that was added meanwhile: the next run counts it. */
  readonly hold: (place: number | undefined, isTagged: boolean) => void;
  readonly end: () => void;
}

/**
 * Counts blobs into folders, each once per folder and visibility, ignoring repositories that a visibility does not
 * include: otherwise a total would reveal whether they have a blob. The walk from a repository to the root ends at the
 * first folder that already has the blob for all visibilities concerned, so common layers are cheap.
 * @param masks For each repository: a bit per visibility that includes it.
 * @param width Number of visibilities, at most 31.
 */
export function createTally(snapshot: FolderSnapshot, masks: Int32Array, width: number): Tally {
  const { parents, depths } = snapshot.tree;
  const folderCount = parents.length;
  const sums = emptySums(folderCount * width);
  const repositoryCount = snapshot.ids.length;
  const unique = new Float64Array(repositoryCount * width);
  const reclaimable = new Float64Array(repositoryCount * width);
  const seenFor = new Int32Array(folderCount);
  const seenMask = new Int32Array(folderCount);
  // For each visibility: its first holder, and the lowest folder that contains all its holders.
  const firstHolder = new Int32Array(width);
  const common = new Int32Array(width);
  let turn = 0;
  let bytes = 0;
  // Visibilities with at least one holder, at least two, holders in different top-level folders, and a tagged holder.
  let heldMask = 0;
  let sharedMask = 0;
  let rootMask = 0;
  let taggedMask = 0;
  let untagged: number[] = [];

  function addRepository(place: number): void {
    const mask = masks[place] ?? 0;
    for (let at = snapshot.folders[place] ?? 0; at >= 0; at = parents[at] ?? -1) {
      for (let rest = mask; rest !== 0; rest &= rest - 1) addValues(place, lowestBit(rest) * folderCount + at);
    }
  }

  function addValues(place: number, slot: number): void {
    add(sums.tags, slot, snapshot.tags[place] ?? 0);
    add(sums.pulls, slot, snapshot.pulls[place] ?? 0);
    add(sums.logical, slot, snapshot.logical[place] ?? 0);
    if ((snapshot.pushedAt[place] ?? 0) > (sums.pushedAt[slot] ?? 0)) {
      sums.pushedAt[slot] = snapshot.pushedAt[place] ?? 0;
      sums.lastPushed[slot] = place + 1;
    }
    sums.pulledAt[slot] = Math.max(sums.pulledAt[slot] ?? 0, snapshot.pulledAt[place] ?? 0);
    sums.newestAt[slot] = Math.max(sums.newestAt[slot] ?? 0, snapshot.newestAt[place] ?? 0);
    const platforms = snapshot.platforms[place] ?? NO_PLATFORMS;
    sums.platforms[slot] = snapshot.platformSets.union(sums.platforms[slot] ?? NO_PLATFORMS, platforms);
  }

  function addFor(column: Float64Array, folder: number, mask: number): void {
    for (let rest = mask; rest !== 0; rest &= rest - 1) add(column, lowestBit(rest) * folderCount + folder, bytes);
  }

  function countUpwards(column: Float64Array, place: number, mask: number): void {
    let fresh = mask;
    for (let at = snapshot.folders[place] ?? 0; at >= 0; at = parents[at] ?? -1) {
      const seen = seenFor[at] === turn ? (seenMask[at] ?? 0) : 0;
      fresh &= ~seen;
      if (fresh === 0) return;
      seenFor[at] = turn;
      seenMask[at] = seen | fresh;
      addFor(column, at, fresh);
    }
  }

  function meet(one: number, other: number): number {
    let [a, b] = [one, other];
    while (a !== b) {
      if ((depths[a] ?? 0) >= (depths[b] ?? 0)) a = parents[a] ?? 0;
      else b = parents[b] ?? 0;
    }
    return a;
  }

  function noteHolder(place: number, mask: number): void {
    const folder = snapshot.folders[place] ?? 0;
    for (let rest = mask & ~rootMask; rest !== 0; rest &= rest - 1) {
      const index = lowestBit(rest);
      const isFirst = (heldMask & (1 << index)) === 0;
      if (isFirst) firstHolder[index] = place;
      const lowest = isFirst ? folder : meet(common[index] ?? 0, folder);
      common[index] = lowest;
      if (lowest === 0) rootMask |= 1 << index;
    }
    sharedMask |= heldMask & mask;
    heldMask |= mask;
  }

  function end(): void {
    for (let rest = taggedMask; rest !== 0; rest &= rest - 1) {
      const index = lowestBit(rest);
      for (let at = common[index] ?? 0; at >= 0; at = parents[at] ?? -1) {
        add(sums.unique, index * folderCount + at, bytes);
      }
      const isShared = (sharedMask & (1 << index)) !== 0;
      if (!isShared) add(unique, index * repositoryCount + (firstHolder[index] ?? 0), bytes);
    }
    for (const place of untagged) {
      const mask = (masks[place] ?? 0) & ~taggedMask;
      for (let rest = mask; rest !== 0; rest &= rest - 1) {
        add(reclaimable, lowestBit(rest) * repositoryCount + place, bytes);
      }
      countUpwards(sums.reclaimable, place, mask);
    }
  }

  return {
    sums,
    unique,
    reclaimable,
    addRepository,
    end,
    begin(sizeBytes) {
      end();
      turn += 1;
      bytes = sizeBytes;
      heldMask = 0;
      sharedMask = 0;
      rootMask = 0;
      taggedMask = 0;
      untagged = [];
    },
    hold(place, isTagged) {
      const mask = place === undefined ? 0 : (masks[place] ?? 0);
      if (place === undefined || mask === 0) return;
      noteHolder(place, mask);
      if (isTagged) {
        taggedMask |= mask;
        countUpwards(sums.size, place, mask);
      } else if ((mask & ~taggedMask) !== 0) untagged.push(place);
    },
  };
}

function add(column: Float64Array, slot: number, value: number): void {
  column[slot] = (column[slot] ?? 0) + value;
}

function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

function emptySums(size: number): FolderSumColumns {
  const column = () => new Float64Array(size);
  return {
    tags: column(),
    pulls: column(),
    pushedAt: column(),
    lastPushed: new Int32Array(size),
    pulledAt: column(),
    newestAt: column(),
    platforms: new Int32Array(size),
    logical: column(),
    size: column(),
    unique: column(),
    reclaimable: column(),
  };
}

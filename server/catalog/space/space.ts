import type { Database } from '../../storage/database.ts';
import { uniqueBytes } from '../manifests/sharing.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { type BiggestQuery, listBiggest, listSpace, type SpacePage, type SpaceQuery, type SpaceRow } from './list.ts';
import { readRepositorySeries, readSeries, type Sample } from './samples.ts';

export interface SpaceDeps {
  readonly db: Database;
  /** Somebody looks at the sums of this set of patterns: where they are made they have to be kept for it, too. */
  readonly onUse?: (visibilityId: number) => void;
}

/** Everything below a folder, as far as the viewer sees it. */
export interface SpaceSums {
  readonly path: string;
  /** Exact at all times; the others are as of `summedAt`. */
  readonly repositoryCount: number;
  readonly tagCount: number;
  readonly pullCount: number;
  /** As if nothing was shared. */
  readonly logicalBytes: number;
  /** Each blob of what is tagged once. */
  readonly sizeBytes: number;
  /** Of these, what nothing outside of the folder has that the viewer sees. */
  readonly uniqueBytes: number;
  /** Beside them: what only untagged manifests use. */
  readonly reclaimableBytes: number;
  /** null: not summed up yet, the sums say nothing. */
  readonly summedAt: number | null;
}

export interface SpaceOverview extends SpacePage {
  /** undefined: the viewer sees nothing there. */
  readonly sums: SpaceSums | undefined;
}

/** Who uses how much space, as `space-sums.ts` summed it up. */
export function createSpace({ db, onUse }: SpaceDeps) {
  return {
    /** Of all that the viewer sees: one row, cheap enough for every page. */
    async total(visibility: Visibility): Promise<SpaceSums> {
      onUse?.(visibility.id);
      return (await readSums(db, visibility, '')) ?? { ...NO_SUMS, path: '' };
    },

    async overview(visibility: Visibility, query: SpaceQuery): Promise<SpaceOverview> {
      onUse?.(visibility.id);
      const sums = await readSums(db, visibility, query.folder);
      if (sums === undefined) return { sums, rows: [], next: undefined, previous: undefined };
      return { sums, ...(await listSpace(db, visibility, query)) };
    },

    /** The biggest of a folder, for the picture. */
    biggest: (visibility: Visibility, query: BiggestQuery): Promise<readonly SpaceRow[]> =>
      listBiggest(db, visibility, query),

    /** Oldest first; days without a row were as the day before. Empty below the second level of folders. */
    series: (visibility: Visibility, path: string, since: number): Promise<readonly Sample[]> =>
      readSeries(db, { visibilityId: visibility.id, path, since }),

    /** The same of one repository, which the viewer may see. */
    repositorySeries: (visibility: Visibility, repositoryId: number, since: number) =>
      readRepositorySeries(db, visibility, repositoryId, since),

    /** For each image what nothing else has that the viewer may see: what goes with it. */
    async uniqueOf(
      visibility: Visibility,
      repositoryId: number,
      digests: readonly string[],
    ): Promise<ReadonlyMap<string, number>> {
      const found = new Map<string, number>();
      for (const digest of digests) found.set(digest, await uniqueBytes(db, visibility, repositoryId, digest));
      return found;
    },
  };
}
export type SpaceStore = ReturnType<typeof createSpace>;

const NO_SUMS = {
  repositoryCount: 0,
  tagCount: 0,
  pullCount: 0,
  logicalBytes: 0,
  sizeBytes: 0,
  uniqueBytes: 0,
  reclaimableBytes: 0,
  summedAt: null,
} as const;

async function readSums(db: Database, { id }: Visibility, path: string): Promise<SpaceSums | undefined> {
  const row = await db
    .selectFrom('folders')
    .selectAll()
    .where('visibility_id', '=', id)
    .where('path', '=', path)
    .executeTakeFirst();
  if (row === undefined || row.repository_count === 0) return undefined;
  return {
    path: row.path,
    repositoryCount: row.repository_count,
    tagCount: row.tag_count,
    pullCount: row.pull_count,
    logicalBytes: row.logical_bytes,
    sizeBytes: row.size_bytes,
    uniqueBytes: row.unique_bytes,
    reclaimableBytes: row.reclaimable_bytes,
    summedAt: row.summed_at === 0 ? null : row.summed_at,
  };
}

import type { Database } from '../../storage/database.ts';
import { uniqueBytes } from '../manifests/sharing.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { type BiggestQuery, listBiggest, listSpace, type SpacePage, type SpaceQuery, type SpaceRow } from './list.ts';
import { readRepositorySeries, readSeries, type Sample } from './samples.ts';

export interface SpaceDeps {
  readonly db: Database;
  /** Called when the totals of a visibility are used, so that they are kept up to date. */
  readonly onUse?: (visibilityId: number) => void;
}

/** Totals of everything below a folder that the viewer may see. */
export interface SpaceSums {
  readonly path: string;
  /** Always exact; the other fields are as of `summedAt`. */
  readonly repositoryCount: number;
  readonly tagCount: number;
  readonly pullCount: number;
  /** Bytes with shared blobs counted for each image. */
  readonly logicalBytes: number;
  /** Bytes of everything tagged, each blob once. */
  readonly sizeBytes: number;
  /** Bytes that nothing visible outside of the folder uses. */
  readonly uniqueBytes: number;
  /** Additional bytes that only untagged manifests use. */
  readonly reclaimableBytes: number;
  /** null: not computed yet, so the totals mean nothing. */
  readonly summedAt: number | null;
}

export interface SpaceOverview extends SpacePage {
  /** undefined when the viewer sees nothing there. */
  readonly sums: SpaceSums | undefined;
}

/** Reads the totals that `space-sums.ts` computed. */
export function createSpace({ db, onUse }: SpaceDeps) {
  return {
    /** Totals of everything visible: one row, cheap enough for every page. */
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

    /** The largest entries of a folder, for the picture. */
    biggest: (visibility: Visibility, query: BiggestQuery): Promise<readonly SpaceRow[]> =>
      listBiggest(db, visibility, query),

    /** Oldest first; a day without a row has the values of the day before. Empty below the second level of folders. */
    series: (visibility: Visibility, path: string, since: number): Promise<readonly Sample[]> =>
      readSeries(db, { visibilityId: visibility.id, path, since }),

    /** The same for one repository. The caller has checked that the viewer may see it. */
    repositorySeries: (visibility: Visibility, repositoryId: number, since: number) =>
      readRepositorySeries(db, visibility, repositoryId, since),

    /** For each image the bytes that nothing else visible uses. */
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

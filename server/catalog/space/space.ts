import { performance } from 'node:perf_hooks';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { createRest } from '../base/rest.ts';
import { uniqueBytes } from '../manifests/sharing.ts';
import { EVERYTHING, NOTHING, type Visibility } from '../visibility/visibility.ts';
import { type BiggestQuery, listBiggest, listSpace, type SpacePage, type SpaceQuery, type SpaceRow } from './list.ts';
import { dayOf, readRepositorySeries, readSeries, type Sample, takeSamples } from './samples.ts';
import { sumSpace } from './sums.ts';

const SOONEST_MS = 500;
/** So that sums take less than a tenth of a core, however many there are. */
const PAUSE_PER_RUN = 10;

export interface SpaceDeps {
  readonly db: Database;
  readonly now: () => number;
  readonly log: Logger;
  /** Whether all of the registry was read: before that a day's sample would show growth that is none. */
  readonly isComplete?: () => Promise<boolean>;
  /** Somebody looks at the sums of this set of patterns. Where they are made by another thread, that thread has to know. */
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

/**
 * Who uses how much space. The sums follow the index in the background: soon where there is little, seldom enough to cost
 * next to nothing where there is much.
 */
export function createSpace({ db, now, log, isComplete = async () => true, ...deps }: SpaceDeps) {
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isStarted = false;
  let isStale = false;
  let endedAt = Number.NEGATIVE_INFINITY;
  let lastMs = 0;
  let summed: ReadonlySet<number> = new Set();

  async function run(): Promise<void> {
    closing.signal.throwIfAborted();
    const begunAt = performance.now();
    isStale = false;
    try {
      summed = new Set(await sumSpace(db, now(), createRest(closing.signal)));
    } finally {
      endedAt = performance.now();
      lastMs = endedAt - begunAt;
    }
  }

  /** One at a time; what changed before it began is in it. */
  async function sum(): Promise<void> {
    while (running !== undefined) await running.catch(() => undefined);
    running = run().finally(() => {
      running = undefined;
    });
    await running;
  }

  async function runInBackground(): Promise<void> {
    try {
      await sum();
      await sampleIfMissing();
    } catch (error) {
      if (!closing.signal.aborted) log.warn({ error }, 'space not summed up');
      isStale = true;
    }
    schedule();
  }

  function schedule(): void {
    if (!isStarted || !isStale || timer !== undefined || closing.signal.aborted) return;
    const earliest = endedAt + Math.max(SOONEST_MS, PAUSE_PER_RUN * lastMs);
    const wait = Math.max(SOONEST_MS, earliest - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      void runInBackground();
    }, wait).unref();
  }

  function changed(): void {
    isStale = true;
    // A run that is under way looks for itself when it has ended.
    if (running === undefined) schedule();
  }

  async function sample(): Promise<void> {
    await untilClosed(takeSamples(db, now(), createRest(closing.signal)));
  }

  /** What closing interrupts has not failed. */
  async function untilClosed(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });
  }

  async function sampleIfMissing(): Promise<void> {
    const today = dayOf(now());
    const kept = await readSeries(db, { visibilityId: EVERYTHING.id, path: '', since: today });
    if (kept.some(({ dayAt }) => dayAt === today) || !(await isComplete())) return;
    await sample();
  }

  /** Nobody used this set of patterns when the sums were made last. */
  function noteUse(visibilityId: number): void {
    if (visibilityId !== NOTHING.id && !summed.has(visibilityId)) changed();
  }

  return {
    sum: () => untilClosed(sum()),
    sample,
    changed,
    noteUse,

    start(): void {
      isStarted = true;
      changed();
    },

    /** What runs is left as it is: the values of before stay. */
    async close(): Promise<void> {
      closing.abort();
      clearTimeout(timer);
      await running?.catch(() => undefined);
    },

    /** Of all that the viewer sees: one row, cheap enough for every page. */
    async total(visibility: Visibility): Promise<SpaceSums> {
      (deps.onUse ?? noteUse)(visibility.id);
      return (await readSums(db, visibility, '')) ?? { ...NO_SUMS, path: '' };
    },

    async overview(visibility: Visibility, query: SpaceQuery): Promise<SpaceOverview> {
      (deps.onUse ?? noteUse)(visibility.id);
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

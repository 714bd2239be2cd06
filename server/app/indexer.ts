/** The index and its updates: crawls at start, after outages and by schedule, and cleaning up. */

import type { Bus } from '../bus/bus.ts';
import { rebuildOldCatalog } from '../catalog/rebuild/rebuild.ts';
import type { CrawlDepth, CrawlProgress } from '../catalog/sync/crawl.ts';
import { createIndexer, type IndexerDeps } from '../catalog/sync/indexer.ts';
import { createOutageTracker } from '../catalog/sync/outage-tracker.ts';
import { pruneVisibilities } from '../catalog/visibility/build.ts';
import type { Config } from '../config/config.ts';
import { createJobRuns } from '../jobs/job-runs.ts';
import { createScheduler } from '../jobs/scheduler.ts';
import type { Silence } from '../notifications/silence.ts';

export interface CrawlState {
  readonly crawl: CrawlProgress | undefined;
  /** A crawl was completed at least once, so a repository that is not listed does not exist. */
  readonly isComplete: boolean;
}

export interface IndexSideOptions
  extends Pick<
    IndexerDeps,
    'db' | 'reader' | 'client' | 'now' | 'log' | 'onGone' | 'isQuiet' | 'retryDelaysMs' | 'storageFolder'
  > {
  readonly config: Pick<Config, 'catalog'>;
  readonly silence: Pick<Silence, 'check' | 'isSilent'>;
  readonly bus: Pick<Bus, 'publish'>;
  /** Monotonic milliseconds; replaced in tests. */
  readonly clock?: () => number;
}

const CRAWL_STATE_MS = 1000;

export type IndexSide = ReturnType<typeof createIndexSide>;

export function createIndexSide(options: IndexSideOptions) {
  const { config, db, now, log, silence, bus, clock = () => performance.now() } = options;
  const indexer = createIndexer({ ...options, clock });
  const jobs = createScheduler({ now, clock, log, runs: createJobRuns(db) });
  const gap = createOutageTracker(clock);
  // State of the index for pages, cached so that pages need no query for it.
  let crawlState: CrawlState = { crawl: undefined, isComplete: false };
  let watch: NodeJS.Timeout | undefined;
  let listedAt = 0;

  jobs.add({
    name: 'crawl',
    schedule: config.catalog.crawl_schedule,
    lane: 'registry',
    run: () => indexer.crawl('schedule', depth()),
  });
  jobs.add({ name: 'retry', schedule: '*/5 * * * *', lane: 'registry', run: indexer.retry });
  jobs.add({ name: 'hold', schedule: '* * * * *', lane: 'hold', run: indexer.watchHold });
  jobs.add({ name: 'vanished', schedule: '25 * * * *', lane: 'registry', run: indexer.removeVanished });
  jobs.add({ name: 'verify', schedule: '* * * * *', lane: 'registry', run: indexer.verifySome });
  if ((options.storageFolder ?? null) !== null) {
    jobs.add({
      name: 'untagged',
      schedule: '50 3 * * *',
      lane: 'registry',
      run: indexer.findUntagged,
      isCaughtUp: true,
    });
  }
  jobs.add({ name: 'discover', schedule: '* * * * *', lane: 'registry', run: discover });
  jobs.add({
    name: 'visibility',
    schedule: '20 4 * * *',
    lane: 'index',
    run: () => pruneVisibilities(db, now()),
    isCaughtUp: true,
  });

  /**
   * With events a light crawl is enough: they report changed tags, and the registry keeps events that it could not
   * deliver.
   */
  function depth(): CrawlDepth {
    return silence.isSilent() ? 'everything' : 'lists';
  }

  /** With events nothing has to be discovered. */
  async function discover(): Promise<void> {
    await silence.check();
    if (!silence.isSilent() || !(await indexer.findNewRepositories())) return;
    listedAt = now();
    bus.publish({ kind: 'catalog-read' });
  }

  async function readCrawlState(): Promise<void> {
    const isComplete = crawlState.isComplete || (await indexer.hasCrawled());
    const before = phaseOf(crawlState);
    crawlState = { crawl: await indexer.progress(), isComplete };
    if (phaseOf(crawlState) !== before) bus.publish({ kind: 'index-state-changed' });
  }

  function background(work: Promise<unknown>): void {
    work.catch((error: unknown) => log.warn({ error }, 'background work failed'));
  }

  async function bringUpToDate(): Promise<void> {
    try {
      if (await rebuildOldCatalog(db, undefined, options.reader)) log.info('index rebuilt');
    } catch (error) {
      log.error({ error }, 'index of an older version not rebuilt; the next start tries again');
    }
    await indexer.crawl('start', depth());
  }

  return {
    indexer,
    jobs,
    crawlState: () => crawlState,
    /** Without events: when the catalog was last read; null: not yet. Undefined: events arrive. */
    listedAt: (): number | null | undefined =>
      silence.isSilent() ? Math.max(listedAt, crawlState.crawl?.finishedAt ?? 0) || null : undefined,
    /** Somebody opened this repository. Returns at once; reading happens in the background. */
    opened: (repository: string): void => background(indexer.opened(repository)),
    /** To be called when the registry becomes reachable or unreachable. */
    setReachable(isReachable: boolean): void {
      if (!isReachable) gap.markDown();
      else if (gap.markUp()) background(indexer.crawl('gap'));
      else if (indexer.isInterrupted()) background(indexer.crawl('retry', 'lists'));
    },
    /** The registry accepts our tokens again: continues a crawl that it refused. */
    handleTokensAccepted(): void {
      if (indexer.isInterrupted()) background(indexer.crawl('retry', 'lists'));
    },
    /** Starts publishing the state of the index. */
    async watch(): Promise<void> {
      await indexer.loadHold();
      await silence.check();
      await readCrawlState();
      clearInterval(watch);
      watch = setInterval(() => background(readCrawlState()), CRAWL_STATE_MS).unref();
    },
    start(): void {
      background(bringUpToDate());
      background(jobs.restore().then(jobs.start));
    },
    async stop(): Promise<void> {
      clearInterval(watch);
      const jobsEnd = jobs.stop();
      await indexer.close();
      await jobsEnd;
    },
  };
}

function phaseOf({ crawl, isComplete }: CrawlState): string {
  return `${isComplete} ${crawl?.isRunning} ${crawl?.finishedAt}`;
}

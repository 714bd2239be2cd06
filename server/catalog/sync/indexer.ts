import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import { type Bus, createBus } from '../../bus/bus.ts';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { createGroupCommit } from '../../storage/group-commit.ts';
import { createSettings } from '../../storage/settings.ts';
import { createPulls } from '../activity/pulls.ts';
import { knownNames, repositoryByName } from '../base/repository-lookup.ts';
import { taggedDigests } from '../base/tag-lookup.ts';
import { type FirstIndexRun, indexFromDisk } from '../disk/first-index.ts';
import { readUntagged } from '../disk/untagged.ts';
import type { DroppedTag } from '../index/tag-writes.ts';
import { heldIn } from '../manifests/stored-manifests.ts';
import { createApplyEvent } from './apply-event.ts';
import { createCrawl } from './crawl.ts';
import { LOSS_ACCEPTED } from './crawl-journal.ts';
import { createGate } from './gate.ts';
import { MISSING_GRACE_MS } from './grace-period.ts';
import { createInstances } from './instances.ts';
import { createLossGuard, type LossHold } from './loss-guard.ts';
import { createOpenedRefresh } from './opened-refresh.ts';
import { createPace } from './pace.ts';
import { createRefresh, createShared, type RegistryReader, type TagState } from './refresh.ts';
import { createRepeatedRefresh } from './repeated-refresh.ts';
import { createRetry } from './retry.ts';
import { createVanishedRemoval } from './vanished.ts';
import { createVerification } from './verification.ts';

export type { CatalogEvent } from './apply-event.ts';
export type { CrawlProgress } from './crawl.ts';
export type { RegistryReader } from './refresh.ts';

export interface IndexerDeps {
  readonly db: Database;
  readonly client: RegistryReader;
  readonly now: () => number;
  /** Monotonic milliseconds, for measuring durations. */
  readonly clock?: () => number;
  readonly log: Logger;
  readonly reader?: ContentReader;
  /**
   * Changes of the index, repositories read because somebody opened them, and holds are published here. Left out:
   * nothing is published.
   */
  readonly bus?: Pick<Bus, 'publish'>;
  /** Tags were removed from the index because the registry no longer has them; also after our own deletions. */
  readonly onGone?: (repository: string, tags: readonly DroppedTag[]) => void;
  /** No recent event, so opened repositories are read from the registry. Left out: events arrive. */
  readonly isQuiet?: () => boolean;
  /** Root directory of the registry's file system driver on this machine, for the first crawl; null: unknown. */
  readonly storageFolder?: string | null;
  /** For tests: delays of the repeated refresh after a push token. */
  readonly lookAgainDelaysMs?: readonly number[];
  readonly retryDelaysMs?: readonly number[];
}

/**
 * Keeps the index consistent with the registry: by events, by refreshes, and by crawls that repair what those missed.
 */
export function createIndexer(deps: IndexerDeps) {
  const { db, now, log, bus = createBus(deps.log), onGone = () => undefined } = deps;
  const onChanged = (repository: string) => bus.publish({ kind: 'repository-changed', repository });
  const clock = deps.clock ?? (() => performance.now());
  const pace = createPace({ clock });
  const gate = createGate({ client: deps.client, pace, clock, ...retries(deps.retryDelaysMs) });
  const shared = createShared(clock);
  const { reader = createContentReader() } = deps;
  const guard = createLossGuard({ db, client: gate.reader('now'), now, clock, log, bus });
  const writing = { db, now, log, reader, onChanged, onGone, isHeld: guard.isHeld };
  const refresh = createRefresh({ ...writing, client: gate.reader('now') }, shared);
  const transact = createGroupCommit(db);
  const patient = createRefresh({ ...writing, client: gate.reader('crawl'), transact }, shared);
  const instances = createInstances(createSettings(db));
  const crawler = createCrawl({
    ...{ db, now, clock, log, pace, refresh: patient, client: gate.reader('crawl') },
    onMissing: confirmMissing,
    isHeld: async () => (await guard.isStillHeld()) && guard.current() !== undefined,
    readDisk: readDisk(deps.storageFolder ?? null),
    ...retries(deps.retryDelaysMs),
  });
  const vanished = createVanishedRemoval({ db, client: gate.reader('crawl'), now, clock, log, onChanged });
  const retry = createRetry({ db, crawler, refresh: patient, limit: pace.limit, clock, log });
  const verification = createVerification({
    ...{ db, refresh: patient, now, clock, log },
    isAway: () => pace.failuresInRow() > 0,
    onMissing: confirmMissing,
  });
  const watch = createRepeatedRefresh({ look: lookForPush, log, ...delays(deps.lookAgainDelaysMs) });
  const missing = createRepeatedRefresh({ look: reread, log, delaysMs: [MISSING_GRACE_MS + 10_000] });
  const openedLooks = createOpenedRefresh({ look: lookForViewer, isQuiet, clock, log, bus });
  const events = createApplyEvent({
    db,
    refresh,
    pulls: createPulls(db),
    now,
    log,
    onChanged,
    onConfirmed: watch.stop,
    onUnconfirmed: watch.start,
    ...retries(deps.retryDelaysMs),
  });

  const closing = new AbortController();

  function readDisk(folder: string | null) {
    if (folder === null) return undefined;
    const disk = {
      db,
      client: gate.reader('crawl'),
      folder,
      transact: createGroupCommit(db, { gatherMs: 0 }),
      now,
      log,
      onChanged,
    };
    return (run: FirstIndexRun) => indexFromDisk(disk, run);
  }

  function confirmMissing(repository: string): void {
    missing.start(repository);
  }

  function isQuiet(): boolean {
    return guard.current() === undefined && (deps.isQuiet?.() ?? false);
  }

  async function reread(repository: string): Promise<void> {
    noteMissing(repository, await refresh.refreshRepository(repository));
  }

  function noteMissing(repository: string, states: ReadonlyMap<string, TagState>): void {
    if ([...states.values()].includes('missing')) confirmMissing(repository);
  }

  /** In the background, so it uses the lane of a crawl. */
  async function lookForViewer(repository: string, isRecent: boolean): Promise<void> {
    const push = { at: now(), by: null, confirmed: false, digest: null };
    noteMissing(repository, await patient.refreshRepository(repository, isRecent ? { push } : {}));
  }

  /** While the index is held: ends the hold when the registry has its content again, or the loss lasted for hours. */
  async function watchHold(): Promise<void> {
    await guard.load();
    if (guard.current() === undefined) return;
    if (!(await guard.isStillHeld())) return crawler.crawl('gap');
    if (!guard.isConfirmed()) return;
    log.warn({}, 'what the registry lacks was missing for hours: it is removed from the index');
    await acceptLoss();
  }

  /**
   * Without events: new repositories in the catalog were pushed since it was last read.
   * @returns whether the catalog was read; a running crawl does it itself.
   */
  async function findNewRepositories(): Promise<boolean> {
    if (crawler.isRunning() || guard.current() !== undefined || !(await crawler.hasFinished())) return false;
    for await (const page of deps.client.catalogPages()) {
      if (page.length === 0) continue;
      const known = await knownNames(db, page);
      for (const name of page) if (!known.has(name)) await lookForPush(name);
    }
    return true;
  }

  /** Not during a full crawl, which requests the tags itself, nor while the index is held. */
  async function verifySome(): Promise<void> {
    if (crawler.isRunning() || guard.current() !== undefined || !(await crawler.hasFinished())) return;
    await verification.verifySome();
  }

  async function fetchManifest(repository: string, digest: string, by = refresh): Promise<boolean> {
    if (await by.isWaiting(repository, digest)) return (await heldIn(db, repository, [digest])).has(digest);
    return by.checkManifest(repository, digest);
  }

  /** Finds manifests without a tag in the storage folder. Not while the index is held. */
  async function findUntagged(): Promise<void> {
    await crawler.ended();
    const { storageFolder: folder = null } = deps;
    if (folder === null || guard.current() !== undefined || !(await crawler.hasFinished())) return;
    await readUntagged({
      ...{ db, client: gate.reader('crawl'), folder, log, signal: closing.signal },
      fetchManifest: (repository, digest) => fetchManifest(repository, digest, patient),
      dropManifestIfGone: patient.dropManifestIfGone,
    });
  }

  /** Not while the index is held, or a crawl runs. */
  async function removeVanished(): Promise<void> {
    if (crawler.isRunning() || !(await crawler.hasFinished()) || (await guard.isHeld())) return;
    await vanished();
  }

  async function acceptLoss(): Promise<LossHold | undefined> {
    const released = await guard.release();
    if (released !== undefined) void crawler.crawl(LOSS_ACCEPTED);
    return released;
  }

  /**
   * Changes since the last read count as pushed now; in a repository that was never read nothing is known about that.
   */
  async function lookForPush(repository: string): Promise<void> {
    const readAt = (await repositoryByName(db, repository, ['checked_at']))?.checked_at;
    const isRead = readAt === undefined ? await crawler.hasFinished() : readAt !== null;
    const push = { at: now(), by: null, confirmed: false, digest: null };
    await refresh.refreshRepository(repository, isRead ? { push } : {});
  }

  return {
    handleEvent: events.handleEvent,
    countUses: events.write,
    publishCounted: events.publishCounted,
    crawl: crawler.crawl,
    progress: crawler.progress,
    isCrawling: crawler.isRunning,
    /** Whether a crawl was ever completed, so that a repository that is not listed does not exist. */
    hasCrawled: crawler.hasFinished,
    /** A crawl was interrupted and waits for the registry. */
    isInterrupted: crawler.isInterrupted,
    /** The current hold: the registry lacks most known images, and nothing is removed meanwhile. */
    hold: guard.current,
    loadHold: guard.load,
    watchHold,
    findNewRepositories,
    /** To be called each minute: verifies some known tags, each within a day. */
    verifySome,
    findUntagged,
    /** Removes repositories that the registry no longer has, after several checks. */
    removeVanished,
    /** An admin confirms that the missing images are deleted. @returns the hold; undefined: there was none. */
    acceptLoss,
    /** Retries what could not be read. */
    retry: retry.run,
    /** Number of requests to the registry so far. */
    requests: gate.requests,
    /** A push token was issued: reads the repository after 1, 3, 10 and 60 s, unless its event arrives. */
    lookAgain: watch.start,
    /** Somebody opened the repository here: without events it is read from the registry, too. */
    async opened(repository: string): Promise<void> {
      if (isQuiet() && (await crawler.hasFinished())) await openedLooks.opened(repository);
    },
    refreshRepository: reread,
    async refreshTag(repository: string, tag: string): Promise<void> {
      await refresh.checkTags(repository, [{ name: tag }]);
    },
    /** We deleted something here: updates the repository. */
    async refreshAfterDeletion(repository: string): Promise<void> {
      const before = await taggedDigests(db, repository);
      await refresh.refreshRepository(repository, { isDeletionReported: true, isOwnDeletion: true });
      const after = new Set(await taggedDigests(db, repository));
      for (const digest of before) if (!after.has(digest)) await refresh.dropManifestIfGone(repository, digest);
    },
    forgetTag: refresh.forgetTag,
    forgetManifest: refresh.forgetManifest,
    /** @returns whether the registry has the manifest in this repository; it is in the index then. */
    fetchManifest: (repository: string, digest: string): Promise<boolean> => fetchManifest(repository, digest),
    /** Whether the instance ID is new, so that events may have been lost before it. Stores the ID. */
    needsCrawl: instances.isNew,
    async close(): Promise<void> {
      closing.abort();
      events.close();
      retry.close();
      verification.close();
      gate.close();
      await Promise.all([watch.close(), missing.close(), openedLooks.close(), crawler.close()]);
    },
  };
}
export type Indexer = ReturnType<typeof createIndexer>;

function retries(retryDelaysMs: readonly number[] | undefined) {
  return retryDelaysMs === undefined ? {} : { retryDelaysMs };
}

function delays(delaysMs: readonly number[] | undefined) {
  return delaysMs === undefined ? {} : { delaysMs };
}

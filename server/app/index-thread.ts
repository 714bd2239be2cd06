/** The indexer thread: everything that writes the index, with its own connection and registry client. */

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { createContentReader } from '../artifacts/reader.ts';
import { createBus } from '../bus/bus.ts';
import { MESSAGE_KINDS } from '../bus/message.ts';
import { pruneDays } from '../catalog/activity/writes.ts';
import { createFindings } from '../catalog/findings/findings.ts';
import { pruneTagHistory } from '../catalog/index/tag-history.ts';
import { createSpaceSums } from '../catalog/space/space-sums.ts';
import { buildVisibility } from '../catalog/visibility/build.ts';
import { monotonic } from '../clock.ts';
import { errorText } from '../errors.ts';
import { createLink, type Port } from '../indexer/link.ts';
import type { IndexerCalls, MainCalls } from '../indexer/messages.ts';
import { createLogger } from '../log.ts';
import { insertEnvelopes } from '../notifications/envelope-writes.ts';
import { createEventReader } from '../notifications/event-reader.ts';
import { type RegistryEvent, readArrivals } from '../notifications/events.ts';
import type { EnvelopeRow } from '../notifications/intake.ts';
import { createSilence } from '../notifications/silence.ts';
import { createRegistryClient } from '../registry/client/client.ts';
import { openForThread } from '../storage/database.ts';
import type { IndexThreadData } from './index-host.ts';
import { createIndexSide } from './indexer.ts';

// Lower priority than the main thread, for machines with few cores. On Linux 0 means the calling thread; elsewhere it
// would be the whole process.
const NICE = 10;

/** The state is reported at once when it changes, and at least this often. */
const STATE_MS = 1000;

function run(port: Port, data: IndexThreadData): void {
  const { config, file, writeLock, thread, storageFolder } = data;
  const log = createLogger(config.log.level, { write: (line: string) => link.notify('writeLog', line) });
  const background = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => log.warn({ error }, 'background work failed'));
  const { db, storage, close } = openForThread(file, writeLock, thread);
  const now = Date.now;
  const reader = createContentReader();
  const client = createRegistryClient({
    config,
    token: (scopes) => link.remote.mint(scopes),
    onTokenRefused: () => link.remote.reportTokenRefused(),
    ...{ log, now },
  });
  const bus = createBus(log);
  const silence = createSilence({ arrivals: () => readArrivals(db), now, clock: monotonic, bus });
  let isReachable = false;
  let isStarted = false;
  const index = createIndexSide({
    ...{ config, db, client, now, log, reader, bus, silence, storageFolder },
    onGone: (repository, tags) => background(link.remote.recordExternalDeletions(repository, tags)),
    isQuiet: () => silence.isQuiet() && isReachable,
  });
  const { indexer, jobs } = index;
  const space = createSpaceSums({ db, now, log, isComplete: indexer.hasCrawled });
  const findings = createFindings({ db, now, log });
  const eventReader = createEventReader({
    ...{ db, log, now, bus },
    onEvent: async (event) => {
      await link.remote.handlePush(event);
      return indexer.handleEvent(catalogEvent(event));
    },
    count: indexer.countUses,
    onCounted: indexer.publishCounted,
    onInstance: (instanceId) => background(handleInstance(instanceId)),
    look: indexer.lookAgain,
    crawl: () => background(indexer.crawl('aside')),
    attribute: (asked) => link.remote.attribute(asked),
  });

  // Sums are updated after changes; this hourly run is for changes that were missed.
  jobs.add({ name: 'space-sums', schedule: '10 * * * *', lane: 'index', run: space.sum });
  jobs.add({ name: 'space-sample', schedule: '5 0 * * *', lane: 'index', run: space.sample });
  jobs.add({
    name: 'activity-prune',
    schedule: '40 4 * * *',
    lane: 'index',
    run: () => pruneDays(db),
    isCaughtUp: true,
  });
  jobs.add({ name: 'events-prune', schedule: '30 4 * * *', lane: 'index', run: removeOld, isCaughtUp: true });

  async function removeOld(): Promise<void> {
    await eventReader.purgeOld();
    await pruneTagHistory(db, now());
  }

  async function handleInstance(instanceId: string): Promise<void> {
    link.notify('handleInstance');
    if (await indexer.needsCrawl(instanceId)) await indexer.crawl('instance');
  }

  function tellState(): void {
    link.notify('setState', {
      ...index.crawlState(),
      hold: indexer.hold(),
      listedAt: index.listedAt(),
      jobs: jobs.states(),
    });
  }

  const calls: { readonly [Name in keyof IndexerCalls]: IndexerCalls[Name] } = {
    async watch() {
      await index.watch();
      tellState();
      setInterval(tellState, STATE_MS).unref();
    },
    async start() {
      if (isStarted) return;
      isStarted = true;
      await eventReader.start();
      index.start();
      space.start();
    },
    async stop() {
      // First, because stopping the scheduler waits for its jobs.
      await space.close();
      await findings.close();
      await index.stop();
      await eventReader.stop();
      client.close();
      await reader.close();
      await close();
    },
    crawl: indexer.crawl,
    progress: indexer.progress,
    async acceptLoss() {
      const held = await indexer.acceptLoss();
      tellState();
      return held;
    },
    refreshRepository: indexer.refreshRepository,
    refreshAfterDeletion: indexer.refreshAfterDeletion,
    fetchManifest: indexer.fetchManifest,
    buildVisibility: (patterns, at) => buildVisibility(db, patterns, at),
    findings: findings.of,
    lookAgain: indexer.lookAgain,
    repositoryOpened: index.opened,
    setReachable(found) {
      isReachable = found;
      index.setReachable(found);
    },
    handleTokensAccepted: index.handleTokensAccepted,
    storeEnvelopes: (rows) => insertEnvelopes(db, rows.map(withBuffer)),
    handleStored: eventReader.handleStored,
    handleUnreadable: eventReader.handleUnreadable,
    recordSpaceUse: space.noteUse,
    reportStorageTrouble: storage.reportTrouble,
  };
  const link = createLink<MainCalls>(port, calls, (error) => log.warn({ error }, 'background work failed'));
  storage.subscribe((kind, error) => link.notify('reportStorageTrouble', kind, error));
  bus.subscribe('events-kept', silence.recordEvent);
  bus.subscribe('repository-changed', space.changed);
  // Before the other subscribers: the state that pages then ask for has to be the new one.
  bus.subscribe('index-state-changed', tellState);
  bus.subscribe(MESSAGE_KINDS, (message) => link.notify('publish', message));
  // Nothing waits for the result of background work, so the thread continues.
  process.on('unhandledRejection', (error) =>
    log.error({ error: errorText(error) }, 'unexpected error in the index thread'),
  );
}

/** Between threads a buffer becomes a plain array of bytes. */
function withBuffer(row: EnvelopeRow): EnvelopeRow {
  const { buffer, byteOffset, byteLength } = row.body;
  return { ...row, body: Buffer.from(buffer, byteOffset, byteLength) };
}

function catalogEvent(event: RegistryEvent) {
  return { ...event, tag: event.tag ?? null, digest: event.digest ?? null, confirmed: event.actorConfirmed };
}

if (process.platform === 'linux') setPriority(0, NICE);
if (parentPort !== null) run(parentPort, workerData as IndexThreadData);

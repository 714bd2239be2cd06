/** The indexer's thread: everything that writes the index, with a connection and a registry client of its own. */

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
import { createEventReader } from '../notifications/event-reader.ts';
import { type RegistryEvent, readArrivals } from '../notifications/events.ts';
import { createSilence } from '../notifications/silence.ts';
import { createRegistryClient } from '../registry/client/client.ts';
import { openForThread } from '../storage/database.ts';
import type { IndexThreadData } from './index-host.ts';
import { createIndexSide } from './indexer.ts';

// On Linux 0 is the calling thread: where cores are few, pages go first. Elsewhere it would be the whole process.
const NICE = 10;

/** Told at once when it is something else, and in any case so often. */
const STATE_MS = 1000;

function run(port: Port, data: IndexThreadData): void {
  const { config, file, writeLock, thread, storageFolder } = data;
  const log = createLogger(config.log.level, { write: (line: string) => link.tell('writeLog', line) });
  const background = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => log.warn({ error }, 'background work failed'));
  const { db, storage, close } = openForThread(file, writeLock, thread);
  const now = Date.now;
  const reader = createContentReader();
  const client = createRegistryClient({
    config,
    token: (scopes) => link.remote.mint(scopes),
    onTokenRefused: () => link.remote.noteTokenRefused(),
    ...{ log, now },
  });
  const bus = createBus(log);
  const silence = createSilence({ arrivals: () => readArrivals(db), now, clock: monotonic, bus });
  let isReachable = false;
  let isStarted = false;
  const index = createIndexSide({
    ...{ config, db, client, now, log, reader, bus, silence, storageFolder },
    onGone: (repository, tags) => background(link.remote.keepGone(repository, tags)),
    isQuiet: () => silence.isQuiet() && isReachable,
  });
  const { indexer, jobs } = index;
  const space = createSpaceSums({ db, now, log, isComplete: indexer.hasCrawled });
  const findings = createFindings({ db, now, log });
  const eventReader = createEventReader({
    ...{ db, log, now, bus },
    onEvent: async (event) => {
      await link.remote.notePush(event);
      return indexer.takeEvent(catalogEvent(event));
    },
    count: indexer.countUses,
    onCounted: indexer.tellCounted,
    onInstance: (instanceId) => background(noteInstance(instanceId)),
    look: indexer.lookAgain,
    crawl: () => background(indexer.crawl('aside')),
    judge: (asked) => link.remote.judge(asked),
  });

  // Sums follow changes by themselves; once an hour in case one was missed.
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

  async function noteInstance(instanceId: string): Promise<void> {
    link.tell('noteInstance');
    if (await indexer.needsCrawl(instanceId)) await indexer.crawl('instance');
  }

  function tellState(): void {
    link.tell('noteState', {
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
      // First, because the schedule waits for its jobs.
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
    opened: index.opened,
    noteReachable(found) {
      isReachable = found;
      index.noteReachable(found);
    },
    noteAccepted: index.noteAccepted,
    noteStored: eventReader.noteStored,
    noteOdd: eventReader.noteOdd,
    noteSpaceUse: space.noteUse,
    noteTrouble: storage.reportTrouble,
  };
  const link = createLink<MainCalls>(port, calls, (error) => log.warn({ error }, 'background work failed'));
  storage.subscribe((kind, error) => link.tell('noteTrouble', kind, error));
  bus.subscribe('events-kept', silence.note);
  bus.subscribe('repository-changed', space.changed);
  // Before the others hear of it: what pages then ask for has to be the new state.
  bus.subscribe('index-state-changed', tellState);
  bus.subscribe(MESSAGE_KINDS, (message) => link.tell('hear', message));
  // Nobody waited for this work, so nothing half done stands behind it: what runs goes on.
  process.on('unhandledRejection', (error) =>
    log.error({ error: errorText(error) }, 'unexpected error in the index thread'),
  );
}

function catalogEvent(event: RegistryEvent) {
  return { ...event, tag: event.tag ?? null, digest: event.digest ?? null, confirmed: event.actorConfirmed };
}

if (process.platform === 'linux') setPriority(0, NICE);
if (parentPort !== null) run(parentPort, workerData as IndexThreadData);

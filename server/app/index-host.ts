/** The main thread's side of the index: starts the indexer thread and knows its last state. */
import type { Worker } from 'node:worker_threads';
import type { Bus } from '../bus/bus.ts';
import { createCachedFindings } from '../catalog/findings/cached-findings.ts';
import { createSpace } from '../catalog/space/space.ts';
import { createVisibility } from '../catalog/visibility/visibility.ts';
import type { Config } from '../config/config.ts';
import { createHost } from '../indexer/host.ts';
import type { IndexerCalls, IndexerState, MainCalls } from '../indexer/messages.ts';
import type { Logger } from '../log.ts';
import type { OpenedDatabase } from '../storage/database.ts';
import { PERMANENT_TROUBLES } from '../storage/health.ts';
import type { SharedLock } from '../storage/write-lock.ts';
import { startThread, threadFile } from '../thread.ts';

/** Start data of the thread, as plain data. */
export interface IndexThreadData {
  readonly config: Config;
  /** The database. */
  readonly file: string;
  readonly writeLock: SharedLock;
  /** Number of the thread for the write lock. */
  readonly thread: number;
  readonly storageFolder: string | null;
}

export interface IndexHostOptions
  extends Pick<MainCalls, 'mint' | 'reportTokenRefused' | 'attribute' | 'handlePush' | 'recordExternalDeletions'> {
  readonly config: Config;
  readonly opened: OpenedDatabase;
  readonly storageFolder: string | null;
  readonly bus: Bus;
  readonly now: () => number;
  readonly log: Logger;
  readonly writeLog: (line: string) => void;
  /** Called for an instance ID that was unknown before. */
  readonly onInstance: () => void;
  readonly isReachable: () => boolean;
  /** For tests: pause before a dead thread is restarted the first time. */
  readonly firstPauseMs?: number;
}

const THREAD = 2;
const UNKNOWN: IndexerState = { crawl: undefined, isComplete: false, hold: undefined, listedAt: undefined, jobs: [] };

export type IndexHost = ReturnType<typeof createIndexHost>;

export function createIndexHost(options: IndexHostOptions) {
  const { opened, bus, now, log } = options;
  const { db } = opened;
  let state = UNKNOWN;
  let isStarted = false;

  const own: { readonly [Name in keyof MainCalls]: MainCalls[Name] } = {
    mint: options.mint,
    reportTokenRefused: options.reportTokenRefused,
    attribute: options.attribute,
    handlePush: options.handlePush,
    recordExternalDeletions: options.recordExternalDeletions,
    handleInstance: options.onInstance,
    publish: bus.publish,
    setState: (told) => {
      state = told;
    },
    reportStorageTrouble: opened.storage.reportTrouble,
    writeLog: options.writeLog,
  };
  const host = createHost<IndexerCalls>({
    start: () => startIndexThread(options),
    own,
    log,
    async prepare({ remote, notify }) {
      await remote.watch();
      if (!isStarted) return;
      notify('setReachable', options.isReachable());
      await remote.start();
    },
    onDied: () => opened.writeLock.releaseHeldBy(THREAD),
    ...(options.firstPauseMs !== undefined && { firstPauseMs: options.firstPauseMs }),
  });
  const { remote, notify } = host;
  // Otherwise the thread would continue to write to a damaged or removed file.
  opened.storage.subscribe((kind, error) => {
    if (PERMANENT_TROUBLES.has(kind)) notify('reportStorageTrouble', kind, error);
  });

  return {
    remote,
    notify,
    visibility: createVisibility(db, now, (patterns, at) => remote.buildVisibility(patterns, at)),
    space: createSpace({ db, onUse: (visibilityId) => notify('recordSpaceUse', visibilityId) }),
    findings: createCachedFindings({ ask: (visibility) => remote.findings(visibility), log }),
    crawlState: () => ({ crawl: state.crawl, isComplete: state.isComplete }),
    hold: () => state.hold,
    listedAt: () => state.listedAt,
    jobStates: () => state.jobs,
    thread: host.thread,
    begin: host.begin,
    /** If the thread ends meanwhile, the next one starts by itself. */
    async start(): Promise<void> {
      isStarted = true;
      await remote.start().catch((error: unknown) => {
        if (!host.isStopping()) log.warn({ error }, 'the index thread was not started');
      });
    },
    stop: () => host.stop((thread) => thread.stop()),
  };
}

function startIndexThread({ config, opened, storageFolder }: IndexHostOptions): Worker {
  const workerData: IndexThreadData = {
    config,
    file: opened.file,
    writeLock: opened.writeLock.shared,
    thread: THREAD,
    storageFolder,
  };
  return startThread(threadFile('index-thread', import.meta.url), { workerData, name: 'indexer' });
}

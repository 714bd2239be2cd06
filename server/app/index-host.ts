/** The main thread's side of the index: what it asks the indexer, and what it knows of it meanwhile. */
import type { Worker } from 'node:worker_threads';
import type { Bus } from '../bus/bus.ts';
import { createPatientFindings } from '../catalog/findings/patient.ts';
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

/** What the thread is given; plain data. */
export interface IndexThreadData {
  readonly config: Config;
  /** The database. */
  readonly file: string;
  readonly writeLock: SharedLock;
  /** Its number among those that write. */
  readonly thread: number;
  readonly storageFolder: string | null;
}

export interface IndexHostOptions
  extends Pick<MainCalls, 'mint' | 'noteTokenRefused' | 'judge' | 'notePush' | 'keepGone'> {
  readonly config: Config;
  readonly opened: OpenedDatabase;
  readonly storageFolder: string | null;
  readonly bus: Bus;
  readonly now: () => number;
  readonly log: Logger;
  readonly writeLog: (line: string) => void;
  /** A registry process that was not heard of before. */
  readonly onInstance: () => void;
  readonly isReachable: () => boolean;
  /** For tests: until a thread that died is started again for the first time. */
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
    noteTokenRefused: options.noteTokenRefused,
    judge: options.judge,
    notePush: options.notePush,
    keepGone: options.keepGone,
    noteInstance: options.onInstance,
    hear: bus.publish,
    noteState: (told) => {
      state = told;
    },
    noteTrouble: opened.storage.reportTrouble,
    writeLog: options.writeLog,
  };
  const host = createHost<IndexerCalls>({
    start: () => startIndexThread(options),
    own,
    log,
    async prepare({ remote, tell }) {
      await remote.watch();
      if (!isStarted) return;
      tell('noteReachable', options.isReachable());
      await remote.start();
    },
    onDied: () => opened.writeLock.releaseHeldBy(THREAD),
    ...(options.firstPauseMs !== undefined && { firstPauseMs: options.firstPauseMs }),
  });
  const { remote, tell } = host;
  // It would go on to write what is damaged, or what is not kept.
  opened.storage.subscribe((kind, error) => {
    if (PERMANENT_TROUBLES.has(kind)) tell('noteTrouble', kind, error);
  });

  return {
    remote,
    tell,
    visibility: createVisibility(db, now, (patterns, at) => remote.buildVisibility(patterns, at)),
    space: createSpace({ db, onUse: (visibilityId) => tell('noteSpaceUse', visibilityId) }),
    findings: createPatientFindings({ ask: (visibility) => remote.findings(visibility), log }),
    crawlState: () => ({ crawl: state.crawl, isComplete: state.isComplete }),
    hold: () => state.hold,
    listedAt: () => state.listedAt,
    jobStates: () => state.jobs,
    thread: host.thread,
    begin: host.begin,
    /** One that ends meanwhile is started by the next that begins. */
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

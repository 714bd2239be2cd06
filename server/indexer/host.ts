import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';
import { type Calls, createLink, createRemote, type Link, type Remote } from './link.ts';

export interface HostDeps<Other extends Calls> {
  /** Starts the thread. */
  readonly start: () => Worker;
  /** The functions that the thread may call. */
  readonly own: Calls;
  /** Runs with each new thread before other calls: tells it what the one before knew. */
  readonly prepare: (link: Link<Other>) => Promise<void>;
  /** Called when a thread ended unexpectedly. */
  readonly onDied: () => void;
  readonly log: Logger;
  readonly firstPauseMs?: number;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
/** A thread that ran this long did not fail at start, so the pause is reset. */
const HEALTHY_MS = 60_000;
const STOP_WITHIN_MS = 15_000;
/** Calls wait this long for a new thread. */
const MAX_WAIT_FOR_THREAD_MS = 10_000;

export interface Host<Other extends Calls> {
  readonly remote: Remote<Other>;
  readonly notify: Link<Other>['notify'];
  /** Starts the thread; resolves once it can be called. */
  readonly begin: () => Promise<void>;
  /** The running thread; tests terminate it. */
  readonly thread: () => Worker | undefined;
  readonly isStopping: () => boolean;
  /** @param end Asks the thread to end by itself; after 15 s it is terminated. */
  readonly stop: (end: (remote: Remote<Other>) => Promise<void>) => Promise<void>;
}

/**
 * Keeps a worker thread running and restarts it with growing pauses. Calls in progress fail when it dies; calls made
 * while it restarts wait for the next one.
 */
export function createHost<Other extends Calls>(deps: HostDeps<Other>): Host<Other> {
  const { own, log, firstPauseMs = FIRST_PAUSE_MS } = deps;
  let worker: Worker | undefined;
  let link: Link<Other> | undefined;
  let ready = createGate<Link<Other>>();
  let pauseMs = firstPauseMs;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;

  function startThread(): void {
    startedAt = performance.now();
    const started = deps.start();
    const current = createLink<Other>(started, own, (error) => log.warn({ error }, 'background work failed'));
    [worker, link] = [started, current];
    started.on('error', (error: unknown) => log.error({ error }, 'the index thread failed'));
    started.once('exit', (code) => noteEnd(current, code));
    deps.prepare(current).then(
      () => ready.open(current),
      (error: unknown) => {
        if (!isStopping) log.error({ error }, 'the index thread could not begin');
        void started.terminate();
      },
    );
  }

  function noteEnd(ended: Link<Other>, code: number): void {
    ended.close(notRunning());
    link = undefined;
    if (ready.isOpen()) ready = createGate();
    deps.onDied();
    if (isStopping) return;
    if (performance.now() - startedAt > HEALTHY_MS) pauseMs = firstPauseMs;
    log.error({ code, againInMs: pauseMs }, 'the index thread ended and is started again');
    timer = setTimeout(startThread, pauseMs);
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
  }

  async function call(name: string, given: readonly unknown[]): Promise<unknown> {
    if (isStopping) throw notRunning();
    const current = await withTimeout(ready.passed, MAX_WAIT_FOR_THREAD_MS);
    if (current === undefined) throw notRunning();
    return (current.remote as Record<string, (...values: readonly unknown[]) => Promise<unknown>>)[name]?.(...given);
  }

  return {
    remote: createRemote(call) as Remote<Other>,
    /** Notifications while no thread runs are lost: each new thread reads the state itself. */
    notify: (name, ...given) => link?.notify(name, ...given),
    thread: () => worker,
    isStopping: () => isStopping,
    async begin() {
      startThread();
      await ready.passed;
    },
    async stop(end) {
      isStopping = true;
      clearTimeout(timer);
      const [ending, last] = [worker, link];
      if (ending === undefined || last === undefined) return;
      const exited = once(ending, 'exit');
      const late = setTimeout(() => void ending.terminate(), STOP_WITHIN_MS);
      await end(last.remote).catch((error: unknown) => log.warn({ error }, 'the index thread did not end cleanly'));
      void ending.terminate();
      await exited;
      clearTimeout(late);
    },
  };
}

function notRunning(): AppError {
  return new AppError('UNAVAILABLE', 'The index is being started again; try again in a moment.', {
    key: 'indexRestarting',
    retryAfterSeconds: 5,
  });
}

function createGate<T>() {
  let pass: (value: T) => void = () => undefined;
  let isOpen = false;
  const passed = new Promise<T>((resolve) => {
    pass = resolve;
  });
  return {
    passed,
    isOpen: () => isOpen,
    open(value: T): void {
      isOpen = true;
      pass(value);
    },
  };
}

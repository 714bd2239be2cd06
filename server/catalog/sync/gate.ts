import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import { isOverload, isSingleItemFailure } from '../../registry/client/failure.ts';
import type { Asked, Pace } from './pace.ts';
import type { RegistryReader } from './refresh.ts';

/** `now`: somebody waits, or an event reported it. `crawl`: uses the remaining capacity. */
export type Lane = 'now' | 'crawl';

export interface GateDeps {
  readonly client: RegistryReader;
  readonly pace: Pace;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** For tests: delays before a crawl repeats a request. */
  readonly retryDelaysMs?: readonly number[];
}

/** Requests that a crawl may not use, so that people never wait for its requests. */
const RESERVED_REQUESTS = 4;
const RETRY_DELAYS_MS: readonly number[] = [500, 2000, 6000];

/** All requests of the index to the registry pass this gate: as many at once as the pace allows, urgent ones first. */
export function createGate({ client, pace, clock, retryDelaysMs = RETRY_DELAYS_MS }: GateDeps) {
  const waiting: Readonly<Record<Lane, Set<Waiter>>> = { now: new Set(), crawl: new Set() };
  const ending = new AbortController();
  // One listener for each request that waits for a retry.
  setMaxListeners(0, ending.signal);
  let running = 0;
  let requests = 0;
  let timer: NodeJS.Timeout | undefined;

  function mayGo(lane: Lane): boolean {
    if (lane === 'now') return running < pace.limit() + RESERVED_REQUESTS;
    return running < pace.limit() && pace.pauseMs() === 0 && waiting.now.size === 0;
  }

  function next(): Waiter | undefined {
    const [urgent] = waiting.now;
    if (urgent !== undefined) return mayGo('now') ? urgent : undefined;
    const [patient] = waiting.crawl;
    return patient !== undefined && mayGo('crawl') ? patient : undefined;
  }

  function pump(): void {
    for (let waiter = next(); waiter !== undefined; waiter = next()) waiter.enter();
    const pauseMs = pace.pauseMs();
    if (pauseMs === 0 || waiting.crawl.size === 0) return;
    clearTimeout(timer);
    timer = setTimeout(pump, pauseMs + 1).unref();
  }

  function enter(lane: Lane): Promise<void> {
    if (ending.signal.aborted) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        enter() {
          waiting[lane].delete(waiter);
          running += 1;
          resolve();
        },
        refuse() {
          waiting[lane].delete(waiter);
          reject(stopped());
        },
      };
      waiting[lane].add(waiter);
      pump();
    });
  }

  async function once<T>(lane: Lane, kind: Asked, call: () => Promise<T>): Promise<T> {
    await enter(lane);
    const startedAt = clock();
    const hadAll = running >= pace.limit();
    requests += 1;
    try {
      const answer = await call();
      pace.succeeded(kind, clock() - startedAt, hadAll);
      return answer;
    } catch (error) {
      if (isBusy(kind, error)) pace.failed(startedAt, retryAfterMs(error));
      throw error;
    } finally {
      running -= 1;
      pump();
    }
  }

  /** Requests of a crawl are repeated when the registry is overloaded. */
  async function ask<T>(lane: Lane, kind: Asked, call: () => Promise<T>): Promise<T> {
    const delays = lane === 'crawl' ? retryDelaysMs : [];
    for (const delay of delays) {
      try {
        return await once(lane, kind, call);
      } catch (error) {
        if (!isBusy(kind, error)) throw error;
        await sleep(delay, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      }
    }
    return once(lane, kind, call);
  }

  return {
    reader: (lane: Lane): RegistryReader => ({
      catalogPages: () => client.catalogPages(),
      tags: (repository) => ask(lane, 'tags', () => client.tags(repository)),
      headManifest: (repository, reference) => ask(lane, 'head', () => client.headManifest(repository, reference)),
      getManifest: (repository, reference) => ask(lane, 'manifest', () => client.getManifest(repository, reference)),
      getBlob: (repository, digest, maxBytes) => ask(lane, 'blob', () => client.getBlob(repository, digest, maxBytes)),
    }),
    /** Number of requests so far. */
    requests: (): number => requests,
    /** Rejects waiting requests; running ones may end. */
    close(): void {
      ending.abort();
      clearTimeout(timer);
      for (const lane of [waiting.now, waiting.crawl]) for (const waiter of [...lane]) waiter.refuse();
    },
  };
}
export type Gate = ReturnType<typeof createGate>;

interface Waiter {
  readonly enter: () => void;
  readonly refuse: () => void;
}

/**
 * A failed request by digest does not mean overload: registry 2.x answers 500 for a layer that is requested as a
 * manifest.
 */
function isBusy(kind: Asked, error: unknown): boolean {
  return isOverload(error) && !((kind === 'manifest' || kind === 'blob') && isSingleItemFailure(error));
}

function retryAfterMs(error: unknown): number {
  return error instanceof AppError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
}

function stopped(): AppError {
  return new AppError('UNAVAILABLE', 'This server is being stopped.', { key: 'stopping' });
}

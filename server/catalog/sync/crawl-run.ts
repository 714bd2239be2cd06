/**
 * The steps of a crawl: the storage folder first, where possible, then the registry's catalog and the repositories in
 * it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { isAuthFailure, isOverload } from '../../registry/client/failure.ts';
import type { Database } from '../../storage/database.ts';
import { forEachBounded } from '../base/concurrency.ts';
import { countRepositories } from '../base/repository-lookup.ts';
import type { FirstIndexRun } from '../disk/first-index.ts';
import { ensureRepositories } from '../index/new-repositories.ts';
import { type CrawlRow, failureOf, LOSS_ACCEPTED } from './crawl-journal.ts';
import { unreadRepositories } from './crawl-queue.ts';
import type { Meter } from './meter.ts';
import type { Pace } from './pace.ts';
import type { Refresh, RegistryReader } from './refresh.ts';

export interface CrawlDeps {
  readonly db: Database;
  readonly client: Pick<RegistryReader, 'catalogPages'>;
  readonly refresh: Pick<Refresh, 'refreshRepository'>;
  readonly pace: Pick<Pace, 'limit' | 'failuresInRow'>;
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
  /** Some tags were missing for the first time. */
  readonly onMissing: (repository: string) => void;
  /** Whether the registry lacks most known images; then nothing is read from it. */
  readonly isHeld?: () => Promise<boolean>;
  /** Reads the storage folder. @returns why it was not used; undefined: it was. */
  readonly readDisk?: ((run: FirstIndexRun) => Promise<AppError | undefined>) | undefined;
  readonly retryDelaysMs?: readonly number[];
}

/**
 * After this many consecutive failures, retries included, the registry counts as unreachable and the crawl is
 * interrupted.
 */
const OUTAGE_FAILURES = 20;
/** After this many consecutive 401 or 403 responses the crawl ends: our credentials are refused. */
const MAX_REFUSALS = 3;
const RETRY_DELAYS_MS: readonly number[] = [1000, 3000];

export interface Run {
  row: CrawlRow;
  readonly meter: Meter;
  readonly elapsedBefore: number;
  isListed?: boolean;
  isInterrupted?: boolean;
  /** Something was read. */
  hasRead?: boolean;
  /** Consecutive responses that refused our credentials. */
  refused: number;
  /** The first such error. */
  refusal?: AppError;
}

export function advance(state: Run, changes: Partial<CrawlRow>): void {
  state.row = { ...state.row, ...changes, elapsedMs: state.elapsedBefore + state.meter.elapsedMs() };
}

/** Repositories may have been added while it ran. */
export function finish(state: Run, finishedAt: number): void {
  const { repositoriesTotal, repositoriesDone } = state.row;
  const total = repositoriesTotal === null ? null : Math.max(repositoriesTotal, repositoriesDone);
  advance(state, { finishedAt, repositoriesTotal: total });
}

/** Never rejects: what is not read from disk is read from the registry. */
export async function readDiskFirst(
  { readDisk, log }: CrawlDeps,
  state: Run,
  onStep: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (readDisk === undefined) return;
  try {
    const problem = await readDisk({
      ...{ crawlId: state.row.id, signal },
      onListed: (repositoriesTotal) => advance(state, { source: 'disk', repositoriesTotal }),
      async onRead(repositories, tags) {
        const { repositoriesDone, tagsDone } = state.row;
        const counts = { repositories: repositoriesDone + repositories, tags: tagsDone + tags };
        state.meter.note(counts);
        advance(state, { repositoriesDone: counts.repositories, tagsDone: counts.tags });
        await onStep();
      },
    });
    if (problem === undefined) return;
    log.warn({ reason: problem.message }, 'the storage folder is not used: the registry is asked for everything');
    advance(state, { sourceProblem: failureOf(problem).failure });
  } catch (error) {
    log.warn(
      { error: errorText(error) },
      'the storage folder was not read to its end: the registry is asked for the rest',
    );
  }
}

/**
 * Reads the catalog and all unread repositories of this crawl. Errors are recorded in `state`.
 * @param onStep Saves the progress.
 */
export async function readEverything(
  deps: CrawlDeps,
  state: Run,
  onStep: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // Listing and reading run in parallel, so that the first repositories are shown while the catalog is still read.
  const listing = listAll(deps, state, signal).finally(() => {
    state.isListed = true;
  });
  try {
    await readUnread(deps, state, onStep, signal);
    if (state.row.failures > 0) await readAgain(deps, state, onStep, signal);
  } finally {
    await listing;
  }
  // The crawl continues when only the catalog is refused, and ends when everything is.
  if (state.refusal !== undefined && state.hasRead !== true) interrupt(state, state.refusal);
}

function interrupt(state: Run, error: unknown): void {
  state.isInterrupted = true;
  advance(state, failureOf(error));
}

/** Logs one line, however many repositories were refused. */
export function logAuthFailure(log: Logger, refusal: AppError, { isInterrupted }: Run): void {
  const message = isInterrupted
    ? 'the registry refuses our credentials; the crawl goes on when it takes them'
    : 'the registry refused a part of what a crawl asks for';
  log.warn({ error: errorText(refusal) }, message);
}

/** @returns whether the registry is unreachable, or refuses everything. */
function isOver(deps: CrawlDeps, state: Run, { error, isComplete }: ReadResult): boolean {
  if (isComplete) state.hasRead = true;
  state.refused = isAuthFailure(error) ? state.refused + 1 : 0;
  if (isAuthFailure(error)) state.refusal ??= error;
  const isAway = isOverload(error) && deps.pace.failuresInRow() >= OUTAGE_FAILURES;
  return isAway || state.refused >= MAX_REFUSALS;
}

/** Retries failed repositories once, after all others. */
async function readAgain(deps: CrawlDeps, state: Run, onStep: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const [pauseMs = 0] = deps.retryDelaysMs ?? RETRY_DELAYS_MS;
  await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  if (state.isInterrupted || signal.aborted) return;
  const { repositoriesDone, failures } = state.row;
  advance(state, { repositoriesDone: repositoriesDone - failures, failures: 0 });
  await readUnread(deps, state, onStep, signal);
}

async function readUnread(
  deps: CrawlDeps,
  state: Run,
  onStep: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const outage = new AbortController();
  const ending = AbortSignal.any([signal, outage.signal]);
  const isListed = () => state.isListed === true;
  const names = unreadRepositories({ db: deps.db, crawlId: state.row.id, isListed, signal: ending });
  // More than the number of parallel requests, because some wait for the database.
  await forEachBounded(
    names,
    () => 2 * deps.pace.limit(),
    async (name) => {
      const result = await readOne(deps, name, state.row, ending);
      if (ending.aborted) return;
      if (isOver(deps, state, result)) {
        interrupt(state, result.error);
        outage.abort();
        return;
      }
      const { repositoriesDone, tagsDone, failures } = state.row;
      const counts = { repositories: repositoriesDone + 1, tags: tagsDone + (result.isComplete ? result.tags : 0) };
      state.meter.note(counts);
      advance(state, {
        repositoriesDone: counts.repositories,
        tagsDone: counts.tags,
        failures: failures + (result.isComplete ? 0 : 1),
      });
      await onStep();
    },
  );
}

interface ReadResult {
  readonly tags: number;
  /** Everything was read. */
  readonly isComplete: boolean;
  readonly error?: unknown;
}

async function readOne(deps: CrawlDeps, name: string, row: CrawlRow, signal: AbortSignal): Promise<ReadResult> {
  const options = {
    crawlId: row.id,
    isLossAccepted: row.reason === LOSS_ACCEPTED,
    isKnownTrusted: !row.isFull,
    signal,
  };
  try {
    const states = [...(await deps.refresh.refreshRepository(name, options)).values()];
    if (states.includes('missing')) deps.onMissing(name);
    return { tags: states.length, isComplete: !states.includes('unknown') };
  } catch (error) {
    const level = isAuthFailure(error) ? 'debug' : 'warn';
    if (!signal.aborted) deps.log[level]({ repository: name, error: errorText(error) }, 'repository not read');
    return { tags: 0, isComplete: false, error };
  }
}

/** The error of a crawl that ends because the index is held; returned, not thrown. */
export function heldError(): AppError {
  return new AppError('UNAVAILABLE', 'The registry lacks most of the images that are known. Nothing was changed.', {
    key: 'crawlHeld',
  });
}

/** Never rejects: known repositories are read even when the catalog is refused. */
async function listAll(deps: CrawlDeps, state: Run, signal: AbortSignal): Promise<void> {
  const delays = deps.retryDelaysMs ?? RETRY_DELAYS_MS;
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      for await (const page of deps.client.catalogPages()) {
        if (signal.aborted) return;
        await deps.db.transaction().execute((trx) => ensureRepositories(trx, page, deps.now()));
      }
      break;
    } catch (error) {
      deps.log[isAuthFailure(error) ? 'debug' : 'warn']({ error: errorText(error) }, 'catalog not read');
      const delay = delays[tries];
      if (delay === undefined || !isOverload(error)) {
        noteUnlisted(state, error);
        break;
      }
      await sleep(delay, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
  advance(state, { repositoriesTotal: await countRepositories(deps.db) });
}

/** An unreachable registry interrupts the crawl; one that refuses its catalog ends it with that reason. */
function noteUnlisted(state: Run, error: unknown): void {
  advance(state, failureOf(error));
  state.isInterrupted = state.isInterrupted === true || isOverload(error);
  if (isAuthFailure(error)) state.refusal ??= error;
}

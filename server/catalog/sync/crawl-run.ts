/** One crawl at work: the storage folder first where that is allowed, then the registry's lists and what they name. */

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
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  readonly log: Logger;
  /** Some tags were missed for the first time. */
  readonly onMissing: (repository: string) => void;
  /** Whether the registry lacks most of what is known: then nothing is read from it. */
  readonly isHeld?: () => Promise<boolean>;
  /** Reads what it can from the storage folder. @returns why that was not used. */
  readonly readDisk?: ((run: FirstIndexRun) => Promise<AppError | undefined>) | undefined;
  readonly retryDelaysMs?: readonly number[];
}

/** So many failures in a row, after all retries, that the registry must be away: it is not asked for every repository. */
const OUTAGE_FAILURES = 20;
/** So many refusals in a row, and nothing read in between: our credentials are refused, not one repository. */
const MAX_REFUSALS = 3;
const RETRY_DELAYS_MS: readonly number[] = [1000, 3000];

export interface Run {
  row: CrawlRow;
  readonly meter: Meter;
  readonly elapsedBefore: number;
  isListed?: boolean;
  isInterrupted?: boolean;
  /** Something could be read. */
  hasRead?: boolean;
  /** In a row, for want of right credentials. */
  refused: number;
  /** The first one. */
  refusal?: AppError;
}

export function advance(state: Run, changes: Partial<CrawlRow>): void {
  state.row = { ...state.row, ...changes, elapsedMs: state.elapsedBefore + state.meter.elapsedMs() };
}

/** Some came while it ran. */
export function finish(state: Run, finishedAt: number): void {
  const { repositoriesTotal, repositoriesDone } = state.row;
  const total = repositoriesTotal === null ? null : Math.max(repositoriesTotal, repositoriesDone);
  advance(state, { finishedAt, repositoriesTotal: total });
}

/** Never fails: what is not read there is read from the registry. */
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

export async function readEverything(
  deps: CrawlDeps,
  state: Run,
  onStep: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // Listing and reading go side by side: the first repositories show while the catalog is still read.
  const listing = listAll(deps, state, signal).finally(() => {
    state.isListed = true;
  });
  try {
    await readUnread(deps, state, onStep, signal);
    if (state.row.failures > 0) await readAgain(deps, state, onStep, signal);
  } finally {
    await listing;
  }
  // A catalog that is kept from us is no reason to stop; one that is kept from us with everything else is.
  if (state.refusal !== undefined && state.hasRead !== true) interrupt(state, state.refusal);
}

function interrupt(state: Run, error: unknown): void {
  state.isInterrupted = true;
  advance(state, failureOf(error));
}

/** One line, however many repositories there are. */
export function logAuthFailure(log: Logger, refusal: AppError, { isInterrupted }: Run): void {
  const message = isInterrupted
    ? 'the registry refuses our credentials; the crawl goes on when it takes them'
    : 'the registry refused a part of what a crawl asks for';
  log.warn({ error: errorText(refusal) }, message);
}

/** @returns whether the registry is away, or refuses whatever we ask. */
function isOver(deps: CrawlDeps, state: Run, { error, isComplete }: ReadResult): boolean {
  if (isComplete) state.hasRead = true;
  state.refused = isAuthFailure(error) ? state.refused + 1 : 0;
  if (isAuthFailure(error)) state.refusal ??= error;
  const isAway = isOverload(error) && deps.pace.failuresInRow() >= OUTAGE_FAILURES;
  return isAway || state.refused >= MAX_REFUSALS;
}

/** What failed gets its second chance when everything else is done. */
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
  // More than requests may run: some always wait for the disk.
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
  /** All of it could be read. */
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

export function held(): AppError {
  return new AppError('UNAVAILABLE', 'The registry lacks most of the images that are known. Nothing was changed.', {
    key: 'crawlHeld',
  });
}

/** Never fails: what the index knows is read even where the registry keeps its catalog to itself. */
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

/** A registry that is away: to be continued. One that refuses its catalog: the end, with that reason. */
function noteUnlisted(state: Run, error: unknown): void {
  advance(state, failureOf(error));
  state.isInterrupted = state.isInterrupted === true || isOverload(error);
  if (isAuthFailure(error)) state.refusal ??= error;
}

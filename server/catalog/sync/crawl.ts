import { errorText } from '../../errors.ts';
import { createCrawlJournal, failureOf, LOSS_ACCEPTED } from './crawl-journal.ts';
import { type CrawlProgress, describe } from './crawl-progress.ts';
import {
  advance,
  type CrawlDeps,
  finish,
  heldError,
  logAuthFailure,
  type Run,
  readDiskFirst,
  readEverything,
} from './crawl-run.ts';
import { createMeter } from './meter.ts';

export type { CrawlProgress } from './crawl-progress.ts';

/** `everything`: requests each tag. `lists`: requests the tag lists, and only tags that are new or incomplete. */
export type CrawlDepth = 'everything' | 'lists';

const SAVE_EVERY_MS = 1000;

/** Crawls the whole registry, one crawl at a time. A request during a crawl leads to one more afterwards. */
export function createCrawl(deps: CrawlDeps) {
  const { db, now, clock, log } = deps;
  const journal = createCrawlJournal(db, now);
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  let next: Wanted | undefined;
  let current: Run | undefined;

  async function run({ reason, isFull }: Wanted): Promise<void> {
    const row = await journal.openOrBegin(reason, isFull || !(await journal.hasFinished()));
    const { repositoriesDone: repositories, tagsDone: tags } = row;
    const state: Run = {
      row,
      meter: createMeter(clock, { repositories, tags }),
      elapsedBefore: row.elapsedMs,
      refused: 0,
    };
    current = state;
    let savedAt = clock();
    const onStep = async (): Promise<void> => {
      if (clock() - savedAt < SAVE_EVERY_MS) return;
      savedAt = clock();
      await journal.save(state.row);
    };
    if (row.reason !== LOSS_ACCEPTED && (await deps.isHeld?.())) advance(state, failureOf(heldError()));
    else {
      if (!(await journal.hasFinished())) await readDiskFirst(deps, state, onStep, stopping.signal);
      await readEverything(deps, state, onStep, stopping.signal);
    }
    // An interrupted crawl keeps its row open: the next run continues it.
    if (!stopping.signal.aborted && !state.isInterrupted) finish(state, now());
    await journal.save(state.row);
    if (state.refusal !== undefined) logAuthFailure(log, state.refusal, state);
    const { repositoriesDone, tagsDone, failures, error } = state.row;
    log.info({ reason, repositoriesDone, tagsDone, failures, error }, 'crawl ended');
  }

  function begin(wanted: Wanted): Promise<void> {
    running = run(wanted)
      .catch((error: unknown) => log.error({ error: errorText(error) }, 'crawl failed'))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function progress(): Promise<CrawlProgress | undefined> {
    const row = current?.row ?? (await journal.last());
    return row && describe(row, running === undefined ? undefined : current?.meter, deps.pace.limit());
  }

  return {
    /** Never rejects: see `progress` for the result. */
    crawl(reason: string, depth: CrawlDepth = 'everything'): Promise<void> {
      if (stopping.signal.aborted) return Promise.resolve();
      const wanted = { reason, isFull: depth === 'everything' };
      if (running === undefined) return begin(wanted);
      next = next === undefined ? wanted : stronger(next, wanted);
      waiting ??= running.then(() => {
        const due = next;
        waiting = next = undefined;
        return stopping.signal.aborted || due === undefined ? undefined : begin(due);
      });
      return waiting;
    },
    isRunning: () => running !== undefined,
    /** Resolves when the running crawl has ended, or at once. */
    ended: (): Promise<void> => running ?? Promise.resolve(),
    /** Whether the last crawl was interrupted because the registry became unreachable. */
    isInterrupted: () => running === undefined && current?.row.finishedAt === null,
    progress,
    hasFinished: journal.hasFinished,
    async close(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}
export type Crawl = ReturnType<typeof createCrawl>;

interface Wanted {
  readonly reason: string;
  readonly isFull: boolean;
}

/** Combines two requests into one that includes both. */
function stronger(one: Wanted, other: Wanted): Wanted {
  if (one.reason === LOSS_ACCEPTED) return one;
  return other.reason === LOSS_ACCEPTED || (other.isFull && !one.isFull) ? other : one;
}

import type { Selectable } from 'kysely';
import { AppError } from '../../errors.ts';
import type { Database } from '../../storage/database.ts';
import type { CrawlsTable } from '../../storage/schema.ts';
import { countRepositories } from '../base/repository-lookup.ts';

/** An error as a key of `locales/<language>/errors.json`. */
export interface Failure {
  readonly key: string;
  readonly params: AppError['params'];
}

/** The stored state of a crawl. */
export interface CrawlRow {
  readonly id: number;
  readonly reason: string;
  readonly startedAt: number;
  /** null: it is running, or was interrupted and will continue. */
  readonly finishedAt: number | null;
  readonly repositoriesTotal: number | null;
  readonly repositoriesDone: number;
  readonly tagsDone: number;
  readonly failures: number;
  readonly elapsedMs: number;
  /** In English. */
  readonly error: string | null;
  readonly failure: Failure | null;
  /** Every tag is requested, not only the tag lists and new tags. */
  readonly isFull: boolean;
  /** `disk`: most of it was read from the storage folder. */
  readonly source: 'registry' | 'disk';
  /** Why the storage folder was not used; null: it was, or none is configured. */
  readonly sourceProblem: Failure | null;
}

/** Reason of the crawl after an accepted loss: missing tags are removed. */
export const LOSS_ACCEPTED = 'accepted';
const FRESH_MS = 24 * 3600_000;

/** Table `crawls`. */
export function createCrawlJournal(db: Database, now: () => number) {
  async function open(): Promise<CrawlRow | undefined> {
    const row = await db
      .selectFrom('crawls')
      .selectAll()
      .where('finished_at', 'is', null)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && toRow(row);
  }

  async function begin(reason: string, isFull: boolean): Promise<CrawlRow> {
    const startedAt = now();
    const old = { finished_at: startedAt, ...errorColumns(stoppedEarly()) };
    const row = await db.transaction().execute(async (trx) => {
      await trx.updateTable('crawls').set(old).where('finished_at', 'is', null).execute();
      return trx
        .insertInto('crawls')
        .values({
          reason,
          started_at: startedAt,
          finished_at: null,
          repositories_total: null,
          error: null,
          failure: null,
          is_full: isFull ? 1 : 0,
          source_problem: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
    });
    return toRow(row);
  }

  return {
    /**
     * Continues the crawl that was interrupted within a day, unless it asks for less than wanted; otherwise begins a
     * new one.
     */
    async openOrBegin(reason: string, isFull: boolean): Promise<CrawlRow> {
      const interrupted = await open();
      const isFresh = interrupted !== undefined && Math.abs(now() - interrupted.startedAt) <= FRESH_MS;
      const isEnough = isFresh && (interrupted.isFull || !isFull);
      if (!isEnough || (reason === LOSS_ACCEPTED && interrupted.reason !== LOSS_ACCEPTED)) {
        return begin(reason, isFull || interrupted?.isFull === true);
      }
      const read = await countRepositories(db, interrupted.id);
      return { ...interrupted, repositoriesDone: read, failures: 0, error: null, failure: null };
    },

    async save(row: CrawlRow): Promise<void> {
      await db
        .updateTable('crawls')
        .set({
          finished_at: row.finishedAt,
          repositories_total: row.repositoriesTotal,
          repositories_done: row.repositoriesDone,
          tags_done: row.tagsDone,
          failures: row.failures,
          elapsed_ms: Math.round(row.elapsedMs),
          error: row.error,
          failure: row.failure === null ? null : JSON.stringify(row.failure),
          source: row.source,
          source_problem: row.sourceProblem === null ? null : JSON.stringify(row.sourceProblem),
        })
        .where('id', '=', row.id)
        .execute();
    },

    async last(): Promise<CrawlRow | undefined> {
      const row = await db.selectFrom('crawls').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst();
      return row && toRow(row);
    },

    /** Whether a crawl was ever completed, so that a repository that is not listed does not exist. */
    async hasFinished(): Promise<boolean> {
      const row = await db
        .selectFrom('crawls')
        .select('id')
        .where('finished_at', 'is not', null)
        .where('error', 'is', null)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
export type CrawlJournal = ReturnType<typeof createCrawlJournal>;

/** Message and key of an error; other errors than `AppError` get a general text. */
export function failureOf(error: unknown): Pick<CrawlRow, 'error' | 'failure'> {
  if (!(error instanceof AppError)) return failureOf(unfinished());
  const { message, key, params } = error;
  return { error: message, failure: key === undefined ? null : { key, params } };
}

function errorColumns(error: AppError) {
  const { error: text, failure } = failureOf(error);
  return { error: text, failure: JSON.stringify(failure) };
}

function stoppedEarly(): AppError {
  return new AppError('UNAVAILABLE', 'It was interrupted before its end, and for too long to be continued.', {
    key: 'crawlStopped',
  });
}

function unfinished(): AppError {
  return new AppError('UNAVAILABLE', 'It could not be finished. The log says why.', { key: 'crawlFailed' });
}

function toRow(row: Selectable<CrawlsTable>): CrawlRow {
  return {
    id: row.id,
    reason: row.reason,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    repositoriesTotal: row.repositories_total,
    repositoriesDone: row.repositories_done,
    tagsDone: row.tags_done,
    failures: row.failures,
    elapsedMs: row.elapsed_ms,
    error: row.error,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as Failure),
    isFull: row.is_full === 1,
    source: row.source,
    sourceProblem: row.source_problem === null ? null : (JSON.parse(row.source_problem) as Failure),
  };
}

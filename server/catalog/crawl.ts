import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { forEachBounded } from './concurrency.ts';
import type { Refresh, RegistryReader } from './refresh.ts';
import { ensureRepository } from './tag-writes.ts';

/** One crawl over the whole registry, running or finished. */
export interface CrawlProgress {
  readonly reason: string;
  readonly startedAt: number;
  /** null while it runs. */
  readonly finishedAt: number | null;
  /** null until the catalog was read to its end. */
  readonly repositoriesTotal: number | null;
  readonly repositoriesDone: number;
  /** Repositories that could not be read; what the index knows of them stays. */
  readonly failures: number;
  /** Why the crawl itself ended early. */
  readonly error: string | null;
}

export interface CrawlDeps {
  readonly db: Database;
  readonly client: RegistryReader;
  readonly refresh: Pick<Refresh, 'refreshRepository'>;
  readonly now: () => number;
  readonly log: Logger;
  /** Some tags were missed for the first time. */
  readonly onMissing: (repository: string) => void;
}

const REPOSITORIES_AT_ONCE = 4;
const SAVE_EVERY_MS = 1000;

/** Reads the whole registry, one crawl at a time. A reason that comes while one runs makes one more afterwards. */
export function createCrawl(deps: CrawlDeps) {
  const { db, now, log } = deps;
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  let current: CrawlProgress | undefined;
  let isStopped = false;

  async function run(reason: string): Promise<void> {
    const id = await openRow(db, reason, now());
    const counts = { done: 0, failures: 0, total: null as number | null, savedAt: now() };
    const report = (finishedAt: number | null = null, error: string | null = null): void => {
      current = {
        reason,
        startedAt: current?.startedAt ?? now(),
        finishedAt,
        repositoriesTotal: counts.total,
        repositoriesDone: counts.done,
        failures: counts.failures,
        error,
      };
    };
    current = undefined;
    report();
    const error = await readEverything(counts, async () => {
      report();
      if (now() - counts.savedAt < SAVE_EVERY_MS) return;
      counts.savedAt = now();
      await saveRow(db, id, current);
    });
    report(now(), error);
    await saveRow(db, id, current);
    log.info({ reason, repositories: counts.done, failures: counts.failures, error }, 'crawl finished');
  }

  async function readEverything(counts: Counts, onStep: () => Promise<void>): Promise<string | null> {
    try {
      await forEachBounded(allRepositories(deps, counts), REPOSITORIES_AT_ONCE, async (name) => {
        if (isStopped) return;
        counts.failures += (await readOne(deps, name)) ? 0 : 1;
        counts.done += 1;
        await onStep();
      });
      return isStopped ? 'It was stopped before its end' : null;
    } catch (error) {
      log.warn({ error: errorText(error) }, 'crawl ended early');
      return error instanceof AppError ? error.message : 'It could not be finished';
    }
  }

  function begin(reason: string): Promise<void> {
    running = run(reason).finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    /** Never fails: `progress` tells what became of it. */
    crawl(reason: string): Promise<void> {
      if (running === undefined) return begin(reason);
      waiting ??= running.then(() => {
        waiting = undefined;
        return isStopped ? undefined : begin(reason);
      });
      return waiting;
    },
    isRunning: () => running !== undefined,
    progress: async (): Promise<CrawlProgress | undefined> => current ?? (await lastCrawl(db)),
    async close(): Promise<void> {
      isStopped = true;
      await running;
    },
  };
}

interface Counts {
  done: number;
  failures: number;
  total: number | null;
}

/** What the catalog lists, then what only the index knows: a registry forgets a repository with its last tag. */
async function* allRepositories({ db, client, now }: CrawlDeps, counts: Counts): AsyncGenerator<string> {
  const listed = new Set<string>();
  for await (const page of client.catalogPages()) {
    const news = page.filter((name) => !listed.has(name));
    for (const name of news) listed.add(name);
    await ensureAll(db, news, now());
    yield* news;
  }
  const rows = await db.selectFrom('repositories').select('name').execute();
  const others = rows.map((row) => row.name).filter((name) => !listed.has(name));
  counts.total = listed.size + others.length;
  yield* others;
}

async function ensureAll(db: Database, names: readonly string[], at: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const name of names) await ensureRepository(trx, name, at);
  });
}

/** @returns whether all of it could be read. */
async function readOne({ refresh, log, onMissing }: CrawlDeps, name: string): Promise<boolean> {
  try {
    const states = [...(await refresh.refreshRepository(name)).values()];
    if (states.includes('missing')) onMissing(name);
    return !states.includes('unknown');
  } catch (error) {
    log.warn({ repository: name, error: errorText(error) }, 'repository not read');
    return false;
  }
}

async function openRow(db: Database, reason: string, at: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await trx
      .updateTable('crawls')
      .set({ finished_at: at, error: 'It was stopped before its end' })
      .where('finished_at', 'is', null)
      .execute();
    const row = await trx
      .insertInto('crawls')
      .values({ reason, started_at: at, finished_at: null, repositories_total: null, error: null })
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  });
}

async function saveRow(db: Database, id: number, progress: CrawlProgress | undefined): Promise<void> {
  if (progress === undefined) return;
  await db
    .updateTable('crawls')
    .set({
      finished_at: progress.finishedAt,
      repositories_total: progress.repositoriesTotal,
      repositories_done: progress.repositoriesDone,
      failures: progress.failures,
      error: progress.error,
    })
    .where('id', '=', id)
    .execute();
}

async function lastCrawl(db: Database): Promise<CrawlProgress | undefined> {
  const row = await db.selectFrom('crawls').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst();
  return (
    row && {
      reason: row.reason,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      repositoriesTotal: row.repositories_total,
      repositoriesDone: row.repositories_done,
      failures: row.failures,
      error: row.error,
    }
  );
}

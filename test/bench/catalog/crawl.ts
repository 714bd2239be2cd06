/** A crawl by a new server with an empty index, and what it asked for. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { type BenchServer, startServer } from './server.ts';

export interface Crawled {
  readonly tookMs: number;
  readonly source: 'registry' | 'disk';
}

/** @param storage folder that the server may read; null: the registry tells everything. */
export function startCrawling(url: string, storage: string | null = null): Promise<BenchServer> {
  return startServer({
    config: { registry: { url, name: 'registry.example.com', storage: { path: storage } } },
    keepsPaths: true,
  });
}

export function databaseOf({ app }: BenchServer): string {
  return join(app.dataPath, 'registry-web.db');
}

interface CrawlRow {
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly failures: number;
  readonly error: unknown;
  readonly source: Crawled['source'];
}

/** Waits for the end of a crawl. @param index 0 is the first of this database. @throws when something could not be read. */
export async function finishedCrawl(server: BenchServer, index = 0): Promise<Crawled> {
  for (;;) {
    const row = crawlRow(server, index);
    if (row?.finished_at != null) {
      if (row.failures > 0 || row.error !== null) throw new Error(`The crawl failed: ${JSON.stringify(row)}`);
      return { tookMs: row.finished_at - row.started_at, source: row.source };
    }
    if (server.app.exitCode() !== null) throw new Error(`The server ended:\n${server.app.logs()}`);
    await sleep(200);
  }
}

export function isCrawling(server: BenchServer): boolean {
  return crawlRow(server, 0)?.finished_at === null;
}

function crawlRow(server: BenchServer, index: number): CrawlRow | undefined {
  const connection = new SqliteDatabase(databaseOf(server), { readonly: true });
  try {
    return connection
      .prepare('select started_at, finished_at, failures, error, source from crawls order by id limit 1 offset ?')
      .get(index) as CrawlRow | undefined;
  } finally {
    connection.close();
  }
}

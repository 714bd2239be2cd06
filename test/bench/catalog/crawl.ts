/**
 * The first crawl against a bare loop: the same requests to the same registry with the same HTTP client, as many at once,
 * and the answers thrown away.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { forEachBounded } from '../../../server/catalog/base/concurrency.ts';
import { createLogger } from '../../../server/log.ts';
import { createTransport, type Outgoing } from '../../../server/registry/client/transport.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/process/tmp.ts';
import { generateStorage } from '../../support/registry/generate-storage.ts';
import type { RegistrySize } from '../../support/registry/generated-plan.ts';
import { TYPES } from '../../support/registry/images.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { startServer } from './server.ts';
import { describeSize } from './stages.ts';
import { type Line, median, note } from './table.ts';
import { wrk } from './wrk.ts';

const MIN_RATIO = 0.7;
const ACCEPT = [TYPES.index, TYPES.image, TYPES.dockerImage].join(', ');
const WRK_SECONDS = 10;

export async function crawlRow(size: RegistrySize): Promise<Line> {
  const folder = await temporaryFolder('bench-registry');
  const begin = performance.now();
  generateStorage(join(folder.path, 'storage'), size);
  note(`registry of ${describeSize(size)} written in ${seconds(performance.now() - begin)}`);
  const registry = await startRegistry({ storage: join(folder.path, 'storage') });
  try {
    // The first crawl tells which requests there are, and leaves the registry's files in the page cache.
    const first = await crawl(registry.url);
    const before = await bareLoop(registry.url, first);
    const crawled = await crawl(registry.url);
    const after = await bareLoop(registry.url, first);
    const bare = median([before, after, (before + after) / 2]);
    const ratio = crawled.perSecond / bare;
    note(`${crawled.requests.length} requests, ${crawled.atOnce} at once, ${seconds(crawled.tookMs)}`);
    note(
      `CPU of the server ${(crawled.cpuMs / crawled.requests.length).toFixed(2)} ms per request, ${crawled.megabytes.toFixed(0)} MB`,
    );
    await noteWrk(folder, registry.url, crawled);
    const rates = `${crawled.perSecond.toFixed(0)} requests/s, bare loop ${before.toFixed(0)} before and ${after.toFixed(0)} after`;
    return {
      what: `first crawl of ${describeSize(size)}`,
      measured: `ratio ${ratio.toFixed(2)}: ${rates}`,
      goal: `at least ${MIN_RATIO}`,
      isMet: ratio >= MIN_RATIO,
    };
  } finally {
    await registry.stop();
    await folder.remove();
  }
}

export interface Crawled {
  readonly requests: readonly string[];
  readonly atOnce: number;
  readonly tookMs: number;
  readonly source: 'registry' | 'disk';
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly megabytes: number;
}

/** By a new server with an empty index. @param path storage folder that it may read; null: the registry tells everything. */
export async function crawl(url: string, path: string | null = null): Promise<Crawled> {
  const server = await startServer({ config: { registry: { url, name: 'registry.example.com', storage: { path } } } });
  try {
    const { tookMs, source } = await finishedCrawl(join(server.app.dataPath, 'registry-web.db'));
    const { outgoing, mostRunning, cpuMs, memory } = await server.report();
    const requests = outgoing.filter((request) => request !== 'GET /v2/');
    const rates = { perSecond: (requests.length * 1000) / tookMs, megabytes: memory.rss / 1e6 };
    return { requests, atOnce: mostRunning, tookMs, source, cpuMs, ...rates };
  } finally {
    await server.stop();
  }
}

interface CrawlRow {
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly failures: number;
  readonly error: unknown;
  readonly source: Crawled['source'];
}

async function finishedCrawl(file: string): Promise<Pick<Crawled, 'tookMs' | 'source'>> {
  const connection = new SqliteDatabase(file, { readonly: true });
  const newest = connection.prepare(
    'select started_at, finished_at, failures, error, source from crawls order by id limit 1',
  );
  try {
    for (;;) {
      const row = newest.get() as CrawlRow | undefined;
      if (row?.finished_at != null) {
        if (row.failures > 0 || row.error !== null) throw new Error(`The crawl failed: ${JSON.stringify(row)}`);
        return { tookMs: row.finished_at - row.started_at, source: row.source };
      }
      await sleep(200);
    }
  } finally {
    connection.close();
  }
}

/** Requests per second. */
async function bareLoop(baseUrl: string, { requests, atOnce }: Crawled): Promise<number> {
  const log = createLogger('silent');
  const transport = createTransport({ baseUrl, userAgent: 'bench', log, clock: () => performance.now() });
  const begin = performance.now();
  await forEachBounded(requests, atOnce, async (request) => {
    const [method = 'GET', path = ''] = request.split(' ');
    await transport.send({ method: method as Outgoing['method'], path, accept: ACCEPT, limitBytes: 16e6 });
  });
  transport.close();
  return (requests.length * 1000) / (performance.now() - begin);
}

/** wrk cannot read the answer to a HEAD, so it gets what the crawl only asks about. */
async function noteWrk(folder: TemporaryFolder, url: string, { requests, atOnce }: Crawled): Promise<void> {
  const list = join(folder.path, 'paths.txt');
  const script = join(folder.path, 'paths.lua');
  await writeFile(list, requests.map((request) => request.split(' ')[1]).join('\n'));
  await writeFile(
    script,
    `local requests, next = {}, 0
    function init()
      for path in io.lines("${list}") do
        requests[#requests + 1] = wrk.format("GET", path, { Host = "localhost", Accept = "${ACCEPT}" })
      end
    end
    function request() next = next % #requests + 1; return requests[next] end`,
  );
  const rate = await wrk({ url, connections: atOnce, seconds: WRK_SECONDS, script });
  note(rate === undefined ? 'wrk is not installed' : `wrk: ${rate.toFixed(0)} requests/s`);
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}

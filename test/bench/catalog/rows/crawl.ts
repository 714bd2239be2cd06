/**
 * The first crawl against a bare loop: the same requests to the same registry with the same HTTP client, as many at once,
 * and the answers thrown away. Beside it: how late the main thread was meanwhile, and what a restart asks for.
 */
import { forEachBounded } from '../../../../server/catalog/base/concurrency.ts';
import { createLogger } from '../../../../server/log.ts';
import { createTransport, type RegistryRequest } from '../../../../server/registry/client/transport.ts';
import { openDatabase } from '../../../../server/storage/database.ts';
import { insertEvents } from '../../../support/data/event-rows.ts';
import type { RegistrySize } from '../../../support/registry/generated-plan.ts';
import { TYPES } from '../../../support/registry/images.ts';
import { startRegistry } from '../../../support/registry/registry.ts';
import { type Line, note, seconds } from '../../lines.ts';
import { type Crawled, finishedCrawl, startCrawling } from '../crawl.ts';
import { loopLine } from '../loop-line.ts';
import type { BenchServer, ServerReport } from '../server.ts';
import { describeSize } from '../sizes.ts';
import type { BenchStorage } from '../storage.ts';

const MIN_RATIO = 0.75;
const MAX_PER_REPOSITORY = 1.05;
const ACCEPT = [TYPES.index, TYPES.image, TYPES.dockerImage].join(', ');

export async function crawlRows({ path, size, crawlsMs }: BenchStorage): Promise<readonly Line[]> {
  const registry = await startRegistry({ storage: path });
  try {
    // The first crawl tells which requests there are, and leaves the registry's files in the page cache.
    const first = await withServer(registry.url, crawl);
    const before = await bareLoop(registry.url, first);
    const [crawled, restarted] = await withServer(registry.url, async (server) => {
      const own = await crawl(server);
      return [own, await restart(server)] as const;
    });
    crawlsMs.push(crawled.tookMs);
    const bare = [before, await bareLoop(registry.url, first)];
    return [
      ratioLine(size, crawled, bare),
      loopLine(`first crawl of ${describeSize(size)}`, crawled.report),
      restartLine(size, restarted),
    ];
  } finally {
    await registry.stop();
  }
}

interface Measured extends Crawled {
  readonly report: ServerReport;
}

async function withServer<Result>(url: string, work: (server: BenchServer) => Promise<Result>): Promise<Result> {
  const server = await startCrawling(url);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function crawl(server: BenchServer): Promise<Measured> {
  await server.watchLoop();
  const crawled = await finishedCrawl(server);
  return { ...crawled, report: await server.report() };
}

async function restart(server: BenchServer): Promise<readonly string[]> {
  await server.app.halt();
  const { db, close } = await openDatabase({ dataPath: server.app.dataPath, exclusive: true });
  // Where no events come every tag is asked for.
  await insertEvents(db, [{ at: Date.now() }]);
  await close();
  await server.app.resume();
  await finishedCrawl(server, 1);
  return (await server.report()).outgoing.paths;
}

/** Requests per second. */
async function bareLoop(baseUrl: string, { report: { outgoing } }: Measured): Promise<number> {
  const log = createLogger('silent');
  const transport = createTransport({ baseUrl, userAgent: 'bench', log, clock: () => performance.now() });
  const begin = performance.now();
  await forEachBounded(outgoing.paths, outgoing.most, async (request) => {
    const [method = 'GET', path = ''] = request.split(' ');
    await transport.send({ method: method as RegistryRequest['method'], path, accept: ACCEPT, limitBytes: 16e6 });
  });
  transport.close();
  return (outgoing.count * 1000) / (performance.now() - begin);
}

function ratioLine(size: RegistrySize, { tookMs, report }: Measured, bare: readonly number[]): Line {
  const { outgoing, cpuMs } = report;
  const perSecond = (outgoing.count * 1000) / tookMs;
  const ratio = perSecond / (bare.reduce((sum, rate) => sum + rate, 0) / bare.length);
  const perRequest = (cpuMs / outgoing.count).toFixed(2);
  note(`${outgoing.count} requests, ${outgoing.most} at once, ${seconds(tookMs)}, CPU ${perRequest} ms per request`);
  const rates = bare.map((rate) => rate.toFixed(0)).join(' before and ');
  return {
    what: `first crawl of ${describeSize(size)} over the API, against a bare loop`,
    measured: `ratio ${ratio.toFixed(2)}: ${perSecond.toFixed(0)} requests/s, bare loop ${rates} after`,
    goal: `at least ${MIN_RATIO}`,
    isMet: ratio >= MIN_RATIO,
  };
}

function restartLine({ repositories }: RegistrySize, asked: readonly string[]): Line {
  const pages = asked.filter((request) => request.startsWith('GET /v2/_catalog')).length;
  const most = pages + Math.floor(MAX_PER_REPOSITORY * repositories);
  return {
    what: 'restart with nothing changed',
    measured: `${asked.length} requests, ${pages} of them pages of the catalog, for ${repositories} repositories`,
    goal: `at most ${most}: pages + ${MAX_PER_REPOSITORY} × repositories`,
    isMet: asked.length <= most,
  };
}

/** List pages while the registry is crawled, against the same pages of the same server after it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startRegistry } from '../../../support/registry/registry.ts';
import { type Line, note } from '../../lines.ts';
import { type LoadResult, load } from '../../load.ts';
import { databaseOf, finishedCrawl, isCrawling, startCrawling } from '../crawl.ts';
import { openIndexReader } from '../index-reader.ts';
import { CLIENTS, fresh } from '../pages.ts';
import type { BenchServer } from '../server.ts';
import { describeSize } from '../sizes.ts';
import type { BenchStorage } from '../storage.ts';

const MAX_P99 = 2.5;
const MIN_RATE = 0.4;
/** Then all lists are full. */
const MIN_KNOWN = 200;
const SETTLE_MS = 5000;
const ROUNDS = 3;
const PATHS = ['/repositories', '/repositories?sort=pushed', '/repositories?sort=name', '/repositories?sort=size'];

export async function busyRow({ path, size }: BenchStorage, loadMs: number): Promise<Line> {
  const registry = await startRegistry({ storage: path });
  const server = await startCrawling(registry.url);
  try {
    const cookie = await server.signIn('admin');
    await untilListsAreFull(server);
    const before = await measure(server, cookie, loadMs);
    if (!isCrawling(server)) throw new Error('The crawl ended before it was measured: it has to be larger');
    await finishedCrawl(server);
    // What follows a crawl, as sums and samples.
    await sleep(SETTLE_MS);
    const after = await measure(server, cookie, loadMs);
    note(`while it is crawled ${describe(before)}; after it ${describe(after)}`);
    const [p99, rate] = [before.p99Ms / after.p99Ms, before.perSecond / after.perSecond];
    return {
      what: `list pages at ${CLIENTS} clients while ${describeSize(size)} are crawled, against the same after it`,
      measured: `p99 × ${p99.toFixed(2)}, throughput × ${rate.toFixed(2)}`,
      goal: `p99 at most × ${MAX_P99}, throughput at least × ${MIN_RATE}`,
      isMet: p99 <= MAX_P99 && rate >= MIN_RATE,
    };
  } finally {
    await server.stop();
    await registry.stop();
  }
}

async function untilListsAreFull(server: BenchServer): Promise<void> {
  const index = openIndexReader(databaseOf(server));
  while (index.readRepositories() < MIN_KNOWN) await sleep(50);
  index.close();
}

async function measure(server: BenchServer, cookie: string, loadMs: number): Promise<LoadResult> {
  const given = { port: server.app.port, path: fresh(PATHS), headers: { cookie } };
  const seen = await load({ ...given, connections: CLIENTS, durationMs: ROUNDS * loadMs });
  if (seen.failures > 0) throw new Error(`${seen.failures} answers were no 200`);
  return seen;
}

function describe({ perSecond, p50Ms, p99Ms }: LoadResult): string {
  return `${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`;
}

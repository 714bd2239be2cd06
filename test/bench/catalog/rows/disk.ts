/** The first index from the storage folder, against the one over the API of the registry that serves it. */
import { startRegistry } from '../../../support/registry/registry.ts';
import { type Line, note, seconds } from '../../lines.ts';
import { type Crawled, finishedCrawl, startCrawling } from '../crawl.ts';
import { describeSize } from '../sizes.ts';
import type { BenchStorage } from '../storage.ts';

const MIN_RATIO = 10;

/** Whoever reads the storage first warms the page cache for the other: at most that is to the disadvantage of the folder. */
export async function diskRow({ path, size, crawlsMs }: BenchStorage): Promise<Line> {
  const registry = await startRegistry({ storage: path });
  try {
    const fromDisk = await crawl(registry.url, path);
    if (fromDisk.source !== 'disk') throw new Error('The storage folder was not used: the log of the server says why');
    const overApiMs = crawlsMs.at(-1) ?? (await crawl(registry.url, null)).tookMs;
    const ratio = overApiMs / fromDisk.tookMs;
    return {
      what: `first index of ${describeSize(size)} from disk, against the crawl over the API`,
      measured: `ratio ${ratio.toFixed(1)}: ${(fromDisk.tookMs / 1000).toFixed(1)} s, over the API ${seconds(overApiMs)}`,
      goal: `at least ${MIN_RATIO}`,
      isMet: ratio >= MIN_RATIO,
    };
  } finally {
    await registry.stop();
  }
}

async function crawl(url: string, storage: string | null): Promise<Crawled> {
  const server = await startCrawling(url, storage);
  try {
    const crawled = await finishedCrawl(server);
    const { cpuMs } = await server.report();
    const { peak } = await server.residentMegabytes();
    note(`from ${crawled.source}: CPU of the server ${seconds(cpuMs)}, at most ${peak.toFixed(0)} MB`);
    return crawled;
  } finally {
    await server.stop();
  }
}

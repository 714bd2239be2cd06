/** The first index from the storage folder, against the one over the API of the registry that serves it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/process/tmp.ts';
import { generateStorage } from '../../support/registry/generate-storage.ts';
import type { RegistrySize } from '../../support/registry/generated-plan.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { crawl, seconds } from './crawl.ts';
import { describeSize } from './stages.ts';
import { type Line, note } from './table.ts';

const MIN_RATIO = 10;

/** Whoever reads the storage first warms the page cache for the other: the folder is read first, which is to its disadvantage. */
export async function diskRow(size: RegistrySize): Promise<Line> {
  const folder = await temporaryFolder('bench-disk');
  const storage = join(folder.path, 'storage');
  const begin = performance.now();
  generateStorage(storage, size);
  // A registry's storage was not written a moment ago: every sync of the database would wait for a million new files.
  execFileSync('sync');
  note(`registry of ${describeSize(size)} written in ${seconds(performance.now() - begin)}`);
  const registry = await startRegistry({ storage });
  try {
    const fromDisk = await crawl(registry.url, storage);
    if (fromDisk.source !== 'disk') throw new Error('The storage folder was not used: the log of the server says why');
    note(`CPU of the server ${seconds(fromDisk.cpuMs)}, ${fromDisk.megabytes.toFixed(0)} MB`);
    const overApi = await crawl(registry.url);
    note(`over the API: CPU of the server ${seconds(overApi.cpuMs)}`);
    const ratio = overApi.tookMs / fromDisk.tookMs;
    return {
      what: `first index of ${describeSize(size)} from disk`,
      measured: `ratio ${ratio.toFixed(1)}: ${(fromDisk.tookMs / 1000).toFixed(1)} s, over the API ${seconds(overApi.tookMs)}`,
      goal: `at least ${MIN_RATIO}`,
      isMet: ratio >= MIN_RATIO,
    };
  } finally {
    await registry.stop();
    await folder.remove();
  }
}

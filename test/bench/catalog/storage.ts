/** The storage of a registry on disk, written once for all rows that have it read. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/process/tmp.ts';
import { generateStorage } from '../../support/registry/generate-storage.ts';
import type { RegistrySize } from '../../support/registry/generated-plan.ts';
import { note, seconds } from '../lines.ts';
import { describeSize } from './sizes.ts';

export interface BenchStorage {
  readonly size: RegistrySize;
  /** `rootdirectory` of the registry's file system driver. */
  readonly path: string;
  /** What its registry took to be crawled over the API in this run. */
  readonly crawlsMs: number[];
  remove(): Promise<void>;
}

export async function createStorage(size: RegistrySize): Promise<BenchStorage> {
  const folder = await temporaryFolder('bench-storage');
  const path = join(folder.path, 'storage');
  const begin = performance.now();
  generateStorage(path, size);
  // A registry's storage was not written a moment ago: every sync of the database would wait for a million new files.
  execFileSync('sync');
  note(`registry of ${describeSize(size)} written in ${seconds(performance.now() - begin)}`);
  return { size, path, crawlsMs: [], remove: folder.remove };
}

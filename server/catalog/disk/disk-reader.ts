import type { Piscina } from 'piscina';
import { poolFile } from '../../thread.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import type { DiskTask, DiskTasks } from './tasks.ts';

/** Runs one task of `tasks.ts` in a thread. */
export interface DiskReader {
  readonly run: <Kind extends keyof DiskTasks>(task: DiskTask<Kind>) => Promise<DiskTasks[Kind]['result']>;
  readonly close: () => Promise<void>;
}

const MAX_HEAP_MB = 256;
const IDLE_MS = 5000;

/** The thread starts with the first task and ends when idle: most processes never need it. */
export function createDiskReader(): DiskReader {
  let pool: Promise<Piscina> | undefined;
  return {
    async run(task) {
      pool ??= openPool();
      return withBuffers(await (await pool).run(task));
    },
    close: async () => {
      await (await pool)?.destroy();
      pool = undefined;
    },
  };
}

async function openPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    ...poolFile('disk-worker', import.meta.url),
    minThreads: 0,
    maxThreads: 1,
    // The next answer is made while the last one is written.
    concurrentTasksPerWorker: 4,
    idleTimeout: IDLE_MS,
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
}

/** On their way between threads buffers become plain arrays of bytes. */
function withBuffers<Result>(result: Result): Result {
  const { records } = (result ?? {}) as { readonly records?: readonly (ManifestRecord | undefined)[] };
  if (records === undefined) return result;
  return {
    ...result,
    records: records.map(
      (record) => record && { ...record, raw: asBuffer(record.raw), config: record.config && asBuffer(record.config) },
    ),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

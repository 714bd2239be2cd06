import type { Piscina } from 'piscina';
import { poolFile } from '../../thread.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import type { DiskTask, DiskTasks } from './tasks.ts';

/** Runs tasks of `tasks.ts` in a worker thread. */
export interface DiskReader {
  readonly run: <Kind extends keyof DiskTasks>(task: DiskTask<Kind>) => Promise<DiskTasks[Kind]['result']>;
  readonly close: () => Promise<void>;
}

const MAX_HEAP_MB = 256;
const IDLE_MS = 5000;

/** The thread starts with the first task and ends after 5 s without work. */
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
    // The next task is read while the last result is written.
    concurrentTasksPerWorker: 4,
    idleTimeout: IDLE_MS,
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
}

/** Structured cloning turns buffers into plain byte arrays. */
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

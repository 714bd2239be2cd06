import type { Piscina } from 'piscina';
import { AppError } from '../errors.ts';
import type { ImageConfig } from '../registry/documents/image-config.ts';
import { tooLargeToRead } from '../registry/documents/json-limits.ts';
import type { ParsedManifest } from '../registry/documents/manifest.ts';
import { poolFile } from '../thread.ts';
import { isGzip } from './archive.ts';
import type { ArtifactDocument } from './document.ts';
import { type ReadTask, runReadTask, type TaskAnswer, type TaskResults } from './reader-tasks.ts';

export interface ContentReader {
  /** @throws {AppError} INVALID when it is not a manifest, TOO_LARGE beyond the limits. */
  readonly manifest: (bytes: Buffer, mediaType: string) => Promise<ParsedManifest>;
  /** @throws {AppError} INVALID when it is not a JSON object, TOO_LARGE beyond the limits. */
  readonly config: (bytes: Buffer) => Promise<ImageConfig>;
  /** @throws {AppError} INVALID when it is damaged, TOO_LARGE beyond the limits. */
  readonly document: (bytes: Buffer) => Promise<ArtifactDocument>;
  readonly close: () => Promise<void>;
}

export interface ContentReaderOptions {
  /** After this the thread is terminated, and the document counts as too large. */
  readonly timeoutMs?: number;
}

// Reading up to this size takes less time than handing it to a thread. Not for compressed content, which may unpack to
// any size.
const MAX_INLINE_BYTES = 64 * 1024;
const MAX_THREADS = 2;
const MAX_HEAP_MB = 512;
const TIMEOUT_MS = 15_000;
const IDLE_MS = 10_000;

/**
 * Reads documents of strangers in worker threads, with limits on bytes, values, depth, memory and time. Small ones are
 * read at once; threads start on demand and end after 10 s without work.
 */
export function createContentReader({ timeoutMs = TIMEOUT_MS }: ContentReaderOptions = {}): ContentReader {
  let pool: Promise<Piscina> | undefined;
  const limit = createLimit(MAX_THREADS);

  async function inThread<Kind extends keyof TaskResults>(task: ReadTask<Kind>): Promise<TaskResults[Kind]> {
    pool ??= openPool();
    const threads = await pool;
    const answer = await limit(() => runUntil(threads, task, timeoutMs));
    if ('value' in answer) return answer.value;
    const { code, message, key, params } = answer.failure;
    throw new AppError(code, message, { params, ...(key === undefined ? {} : { key }) });
  }

  function read<Kind extends keyof TaskResults>(task: ReadTask<Kind> & { readonly bytes: Buffer }) {
    const isSmall = task.bytes.length <= MAX_INLINE_BYTES && !isGzip(task.bytes);
    return isSmall ? runReadTask(task) : inThread(task);
  }

  return {
    manifest: (bytes, mediaType) => read({ kind: 'manifest', bytes, mediaType }),
    config: (bytes) => read({ kind: 'config', bytes }),
    document: (bytes) => read({ kind: 'document', bytes }),
    close: async () => {
      await (await pool)?.destroy();
      pool = undefined;
    },
  };
}

/** The pool terminates a thread that ran out of time or memory; its document counts as too large. */
async function runUntil<Kind extends keyof TaskResults>(
  threads: Piscina,
  task: ReadTask<Kind>,
  timeoutMs: number,
): Promise<TaskAnswer<Kind>> {
  try {
    return (await threads.run(task, { signal: AbortSignal.timeout(timeoutMs) })) as TaskAnswer<Kind>;
  } catch (error) {
    if (isExhausted(error)) throw tooLargeToRead();
    throw error;
  }
}

function isExhausted(error: unknown): boolean {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  return name === 'AbortError' || code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** Tasks wait here, not in the pool, so that the time limit does not include waiting. */
function createLimit(maxRunning: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= maxRunning) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

async function openPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    ...poolFile('reader-worker', import.meta.url),
    minThreads: 0,
    maxThreads: MAX_THREADS,
    concurrentTasksPerWorker: 1,
    idleTimeout: IDLE_MS,
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
}

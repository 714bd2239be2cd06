import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a promise, but not longer than `ms`.
 * @returns undefined on timeout; the work continues.
 * @throws what the work throws in time.
 */
export async function withTimeout<Result>(work: Promise<Result>, ms: number): Promise<Result | undefined> {
  const answered = new AbortController();
  const late = sleep(ms, undefined, { signal: answered.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    answered.abort();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/** @returns undefined when it takes longer than that; the work goes on. @throws what the work throws in time. */
export async function within<Result>(work: Promise<Result>, ms: number): Promise<Result | undefined> {
  const answered = new AbortController();
  const late = sleep(ms, undefined, { signal: answered.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    answered.abort();
  }
}

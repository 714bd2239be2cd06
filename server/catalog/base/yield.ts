import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Yields to other work; throws when the work has to stop. */
export type Yield = () => Promise<void>;

const MAX_YIELD_MS = 50;

/** Pauses as long as it worked, at most 50 ms, so that a run uses at most half of the time. */
export function createYield(signal: AbortSignal): Yield {
  let since = performance.now();
  return async () => {
    await sleep(Math.min(MAX_YIELD_MS, performance.now() - since), undefined, { signal });
    since = performance.now();
  };
}

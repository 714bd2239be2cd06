import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Lets other requests have their turn; throws when the work is to end. */
export type Yield = () => Promise<void>;

const MAX_YIELD_MS = 50;

/** Rests as long as it worked, so that a run never takes more than half of the time. */
export function createYield(signal: AbortSignal): Yield {
  let since = performance.now();
  return async () => {
    await sleep(Math.min(MAX_YIELD_MS, performance.now() - since), undefined, { signal });
    since = performance.now();
  };
}

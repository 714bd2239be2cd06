import type { Line } from '../lines.ts';
import type { ServerReport } from './server.ts';

const MAX_P99_MS = 20;
const MAX_MS = 60;

export function loopLine(during: string, { loop: { p99Ms, maxMs } }: ServerReport): Line {
  return {
    what: `loop delay of the main thread: ${during}`,
    measured: `p99 ${p99Ms.toFixed(1)} ms, max ${maxMs.toFixed(1)} ms`,
    goal: `p99 at most ${MAX_P99_MS} ms, max at most ${MAX_MS} ms`,
    isMet: p99Ms <= MAX_P99_MS && maxMs <= MAX_MS,
  };
}

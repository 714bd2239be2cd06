/** Kinds of requests, which take different times. */
export type Asked = 'tags' | 'head' | 'manifest' | 'blob';

export interface PaceOptions {
  readonly min?: number;
  readonly max?: number;
  readonly start?: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

// Number of requests after which the minimum latency is renewed: long enough to include a quiet moment, short enough to
// forget an old minimum.
const FLOOR_WINDOW = 400;
/** Weight of the newest latency in the moving average. */
const NEWEST = 0.1;
/** The registry is not busy while the average is below this multiple of the minimum, or within the slack above it. */
const NEAR = 2;
const FAR = 4;
const SLACK_MS = 25;
const MAX_PAUSE_MS = 5 * 60_000;

interface Latency {
  mean: number;
  floor: number;
  next: number;
  count: number;
}

/**
 * Adaptive limit for concurrent requests (additive increase, multiplicative decrease): one more per round while
 * responses are as fast as ever, one less when they are much slower, half after a failure.
 */
export function createPace({ min = 2, max = 32, start = 8, clock }: PaceOptions) {
  const latencies = new Map<Asked, Latency>();
  // Slow responses never reduce it below the start value, because our own machine may be the slow one.
  const calm = Math.min(max, Math.max(min, start));
  let limit = calm;
  let inRound = 0;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let failuresInRow = 0;

  function step(by: number): void {
    limit = Math.min(max, Math.max(min, limit + by));
    inRound = 0;
  }

  return {
    limit: (): number => limit,
    failuresInRow: (): number => failuresInRow,
    /** Milliseconds during which no request may be sent. */
    pauseMs: (): number => Math.max(0, pausedUntil - clock()),
    /** @param hadAll The limit was reached; otherwise raising it would change nothing. */
    succeeded(kind: Asked, latencyMs: number, hadAll = true): void {
      failuresInRow = 0;
      const latency = note(latencies, kind, latencyMs);
      inRound += 1;
      if (inRound < limit) return;
      if (latency.mean > FAR * latency.floor + SLACK_MS) step(limit > calm ? -1 : 0);
      else if (hadAll && latency.mean <= NEAR * latency.floor + SLACK_MS) step(1);
      else inRound = 0;
    },
    /** Requests that ran at the same time fail together and halve the limit once. */
    failed(startedAt: number, retryAfterMs = 0): void {
      failuresInRow += 1;
      if (retryAfterMs > 0) pausedUntil = Math.max(pausedUntil, clock() + Math.min(retryAfterMs, MAX_PAUSE_MS));
      if (startedAt < halvedAt) return;
      halvedAt = clock();
      limit = Math.max(min, Math.floor(limit / 2));
      inRound = 0;
    },
  };
}
export type Pace = ReturnType<typeof createPace>;

function note(latencies: Map<Asked, Latency>, kind: Asked, latencyMs: number): Latency {
  const known = latencies.get(kind);
  if (known === undefined) {
    const first = { mean: latencyMs, floor: latencyMs, next: latencyMs, count: 1 };
    latencies.set(kind, first);
    return first;
  }
  known.mean += (latencyMs - known.mean) * NEWEST;
  known.floor = Math.min(known.floor, latencyMs);
  known.next = Math.min(known.next, latencyMs);
  known.count += 1;
  if (known.count >= FLOOR_WINDOW) {
    // After a while the minimum is renewed, for a registry that became slower permanently.
    known.floor = known.next;
    known.next = Number.POSITIVE_INFINITY;
    known.count = 0;
  }
  return known;
}

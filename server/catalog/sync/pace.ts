/** What was asked: each kind takes a registry its own time. */
export type Asked = 'tags' | 'head' | 'manifest' | 'blob';

export interface PaceOptions {
  readonly least?: number;
  readonly most?: number;
  readonly start?: number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
}

// Latencies of this many requests make the floor: long enough to have met a quiet moment, short enough to forget an old one.
const FLOOR_WINDOW = 400;
/** Weight of the newest latency in the mean. */
const NEWEST = 0.1;
/** A mean below this many times the floor, or within the slack above it, counts as "the registry is not busy". */
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
 * How many requests a registry may get from us at once: one more per round while answers come as fast as they ever did,
 * one less when they take much longer, half after each failure.
 */
export function createPace({ least = 2, most = 32, start = 8, clock }: PaceOptions) {
  const latencies = new Map<Asked, Latency>();
  // Slowness alone never takes it below the start: it may be our own, on a machine with much to do.
  const calm = Math.min(most, Math.max(least, start));
  let limit = calm;
  let inRound = 0;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let failuresInRow = 0;

  function step(by: number): void {
    limit = Math.min(most, Math.max(least, limit + by));
    inRound = 0;
  }

  return {
    limit: (): number => limit,
    failuresInRow: (): number => failuresInRow,
    /** How long nothing should be asked. */
    pauseMs: (): number => Math.max(0, pausedUntil - clock()),
    /** @param hadAll everything that may run at once was running; otherwise a higher limit would change nothing. */
    succeeded(kind: Asked, latencyMs: number, hadAll = true): void {
      failuresInRow = 0;
      const latency = note(latencies, kind, latencyMs);
      inRound += 1;
      if (inRound < limit) return;
      if (latency.mean > FAR * latency.floor + SLACK_MS) step(limit > calm ? -1 : 0);
      else if (hadAll && latency.mean <= NEAR * latency.floor + SLACK_MS) step(1);
      else inRound = 0;
    },
    /** What was under way together fails together: one halving for all of it. */
    failed(startedAt: number, retryAfterMs = 0): void {
      failuresInRow += 1;
      if (retryAfterMs > 0) pausedUntil = Math.max(pausedUntil, clock() + Math.min(retryAfterMs, MAX_PAUSE_MS));
      if (startedAt < halvedAt) return;
      halvedAt = clock();
      limit = Math.max(least, Math.floor(limit / 2));
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
    // A registry that became slower for good is not held to what it once could.
    known.floor = known.next;
    known.next = Number.POSITIVE_INFINITY;
    known.count = 0;
  }
  return known;
}

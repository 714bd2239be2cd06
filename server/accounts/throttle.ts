import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../clock.ts';
import { machineOf, networkOf } from '../http/client-address.ts';
import { createPacer } from './pacer.ts';

export { networkOf };

export type ThrottleResult =
  | {
      readonly allowed: true;
      /** A limit is exceeded: the attempt is delayed by `waitMs` and goes behind others. */
      readonly isSlow: boolean;
      readonly waitMs: number;
      /** Seconds until attempts are no longer delayed. */
      readonly retryAfterSeconds: number;
      /** Takes the count back, for attempts that were correct or were not verified. */
      readonly refund: () => Promise<void>;
    }
  /** Too many delayed attempts already wait for this account and address. */
  | { readonly allowed: false; readonly retryAfterSeconds: number };

export interface Guess {
  readonly account: string;
  readonly address: string;
  /** The account signed in from this address before. */
  readonly isKnownAddress: boolean;
}

/** `points` wrong passwords per `duration` (seconds) without delay; beyond that, attempts are `gapMs` apart. */
const PER_ACCOUNT_AND_NETWORK = [
  { points: 10, duration: 60, gapMs: 250 },
  { points: 100, duration: 3600, gapMs: 2000 },
];
const PER_NETWORK = { points: 100, duration: 60, gapMs: 0 };

const MAX_ACCOUNT_LENGTH = 128;
// Clients give up after 15 s; the rest of that time is for bcrypt.
const MAX_PACED_WAIT_MS = 10_000;

interface Count {
  readonly limiter: RateLimiterMemory;
  readonly gapMs: number;
  readonly key: string;
}

/**
 * Slows down password guessing, per account and network (IPv4 /24, IPv6 /64) and per network over all accounts.
 * Attempts beyond a limit are delayed, not refused, so that guesses of others never lock an account. Other networks are
 * not affected, and an address from which the account signed in before is counted by itself.
 */
export function createThrottle(clock: Clock) {
  const pairs = PER_ACCOUNT_AND_NETWORK.map((limit) => ({ ...limit, limiter: new RateLimiterMemory(limit) }));
  const networks = { ...PER_NETWORK, limiter: new RateLimiterMemory(PER_NETWORK) };
  const pacer = createPacer({ maxWaitMs: MAX_PACED_WAIT_MS, clock });

  /** Counts an attempt before it is verified, so that parallel attempts cannot exceed the limit. */
  async function take({ account, address, isKnownAddress }: Guess): Promise<ThrottleResult> {
    const name = account.slice(0, MAX_ACCOUNT_LENGTH);
    const pairKey = isKnownAddress ? `${name} only ${address}` : `${name} ${networkOf(address)}`;
    const counts: Count[] = pairs.map((pair) => ({ ...pair, key: pairKey }));
    if (!isKnownAddress) counts.push({ ...networks, key: networkOf(address) });
    const refund = async () => {
      for (const { limiter, key } of counts) await limiter.reward(key);
    };
    const { gapMs, untilMs } = await countAll(counts);
    // Per machine, not per network: a guessing neighbour delays nobody else.
    const waitMs = pacer.reserve(`${name} ${machineOf(address)}`, gapMs);
    const retryAfterSeconds = Math.max(1, Math.ceil(untilMs / 1000));
    if (waitMs !== undefined) return { allowed: true, isSlow: untilMs > 0, waitMs, retryAfterSeconds, refund };
    await refund();
    return { allowed: false, retryAfterSeconds };
  }
  return { take };
}
export type Throttle = ReturnType<typeof createThrottle>;

/** The largest gap and waiting time of the exceeded limits; zeros when none is exceeded. */
async function countAll(counts: readonly Count[]): Promise<{ readonly gapMs: number; readonly untilMs: number }> {
  let [gapMs, untilMs] = [0, 0];
  for (const count of counts) {
    const exceededMs = await countOne(count);
    if (exceededMs === undefined) continue;
    gapMs = Math.max(gapMs, count.gapMs);
    untilMs = Math.max(untilMs, exceededMs, 1);
  }
  return { gapMs, untilMs };
}

/** Milliseconds until the limit allows attempts again, or undefined when it is not exceeded. */
async function countOne({ limiter, key }: Count): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (error) {
    if (error instanceof RateLimiterRes) return error.msBeforeNext;
    throw error;
  }
}

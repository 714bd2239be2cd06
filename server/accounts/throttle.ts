import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../clock.ts';
import { machineOf, networkOf } from '../http/client-address.ts';
import { createPacer } from './pacer.ts';

export { networkOf };

export type Turn =
  | {
      readonly allowed: true;
      /** There were too many wrong guesses here: it is tried after `waitMs` and behind others, but it is tried. */
      readonly isSlow: boolean;
      readonly waitMs: number;
      /** Until guesses here are tried at once again. */
      readonly retryAfterSeconds: number;
      /** For what was no wrong guess after all. */
      readonly refund: () => Promise<void>;
    }
  /** Too many wait for their turn already at this very place. */
  | { readonly allowed: false; readonly retryAfterSeconds: number };

export interface Guess {
  readonly account: string;
  readonly address: string;
  /** The account signed in from this address before. */
  readonly isKnownPlace: boolean;
}

/** How many wrong secrets are tried at once, and how far apart the ones beyond are. */
const PER_ACCOUNT_AND_NETWORK = [
  { points: 10, duration: 60, gapMs: 250 },
  { points: 100, duration: 3600, gapMs: 2000 },
];
const PER_NETWORK = { points: 100, duration: 60, gapMs: 0 };

const MAX_ACCOUNT_LENGTH = 128;
// A client gives up after 15 s; the rest is for the computation.
const MAX_PACED_WAIT_MS = 10_000;

interface Count {
  readonly limiter: RateLimiterMemory;
  readonly gapMs: number;
  readonly key: string;
}

/**
 * Slows down guessing per account and network (IPv4 /24, IPv6 /64) and per network over all accounts. What exceeds a
 * limit is still tried, one after the other: the right password is never refused because others guessed. Other networks
 * are not touched, and an address from which the account signed in before has a count of its own.
 */
export function createThrottle(clock: Clock) {
  const pairs = PER_ACCOUNT_AND_NETWORK.map((limit) => ({ ...limit, limiter: new RateLimiterMemory(limit) }));
  const networks = { ...PER_NETWORK, limiter: new RateLimiterMemory(PER_NETWORK) };
  const pacer = createPacer({ maxWaitMs: MAX_PACED_WAIT_MS, clock });

  /** Counts one guess before it is tried, so that many at once cannot slip through together. */
  async function take({ account, address, isKnownPlace }: Guess): Promise<Turn> {
    const name = account.slice(0, MAX_ACCOUNT_LENGTH);
    const pairKey = isKnownPlace ? `${name} only ${address}` : `${name} ${networkOf(address)}`;
    const counts: Count[] = pairs.map((pair) => ({ ...pair, key: pairKey }));
    if (!isKnownPlace) counts.push({ ...networks, key: networkOf(address) });
    const refund = async () => {
      for (const { limiter, key } of counts) await limiter.reward(key);
    };
    const { gapMs, untilMs } = await countAll(counts);
    // By the machine, not the network: a neighbour who guesses does not keep anybody waiting.
    const waitMs = pacer.reserve(`${name} ${machineOf(address)}`, gapMs);
    const retryAfterSeconds = Math.max(1, Math.ceil(untilMs / 1000));
    if (waitMs !== undefined) return { allowed: true, isSlow: untilMs > 0, waitMs, retryAfterSeconds, refund };
    await refund();
    return { allowed: false, retryAfterSeconds };
  }
  return { take };
}
export type Throttle = ReturnType<typeof createThrottle>;

/** The longest gap and wait of the limits that this guess exceeds; zeros when it exceeds none. */
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

/** Milliseconds until the limit is not exceeded any more, or undefined when it is not. */
async function countOne({ limiter, key }: Count): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (error) {
    if (error instanceof RateLimiterRes) return error.msBeforeNext;
    throw error;
  }
}

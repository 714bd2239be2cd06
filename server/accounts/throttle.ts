import { isIPv4, isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../clock.ts';
import { createExpiringMap } from './expiring-map.ts';

export type Turn =
  /** `refund` when it was no wrong guess after all. */
  | { readonly allowed: true; readonly refund: () => Promise<void> }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/** How many wrong secrets count, and for how long. */
const PER_ACCOUNT_AND_NETWORK = [
  { points: 10, duration: 60 },
  { points: 60, duration: 3600 },
];
const PER_NETWORK = { points: 100, duration: 60 };

const KNOWN_MS = 30 * 24 * 3600 * 1000;
const MOST_KNOWN = 10_000;
const LONGEST_ACCOUNT = 128;

/**
 * Slows down guessing per account and network (IPv4 /24, IPv6 /64) and per network over all accounts. Nobody can lock
 * somebody else out: other networks are not touched, and an address from which the account signed in before has a count of its own.
 */
export function createThrottle(clock: Clock) {
  const pairs = PER_ACCOUNT_AND_NETWORK.map((limit) => new RateLimiterMemory(limit));
  const networks = new RateLimiterMemory(PER_NETWORK);
  const known = createExpiringMap<true>({ lifetimeMs: KNOWN_MS, most: MOST_KNOWN, clock });

  /** Counts one guess before it is tried, so that many at once cannot slip through together. */
  async function take(account: string, address: string): Promise<Turn> {
    const name = account.slice(0, LONGEST_ACCOUNT);
    const isKnown = known.get(`${name} ${address}`) === true;
    const pairKey = isKnown ? `${name} only ${address}` : `${name} ${networkOf(address)}`;
    const counts = pairs.map((limiter) => ({ limiter, key: pairKey }));
    if (!isKnown) counts.push({ limiter: networks, key: networkOf(address) });
    return takeAll(counts);
  }
  return {
    take,
    succeeded: (account: string, address: string) => known.set(`${account.slice(0, LONGEST_ACCOUNT)} ${address}`, true),
  };
}
export type Throttle = ReturnType<typeof createThrottle>;

interface Count {
  readonly limiter: RateLimiterMemory;
  readonly key: string;
}

async function takeAll(counts: readonly Count[]): Promise<Turn> {
  const taken: Count[] = [];
  const refund = async () => {
    for (const { limiter, key } of taken) await limiter.reward(key);
  };
  for (const count of counts) {
    const waitMs = await tryTake(count);
    if (waitMs !== undefined) {
      await refund();
      return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
    }
    taken.push(count);
  }
  return { allowed: true, refund };
}

/** Milliseconds to wait, or undefined when the guess may be tried. */
async function tryTake({ limiter, key }: Count): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (error) {
    if (error instanceof RateLimiterRes) return error.msBeforeNext;
    throw error;
  }
}

/** What one person or company usually holds: IPv4 /24, IPv6 /64. */
export function networkOf(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.toLowerCase().split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const first = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ?? '').split(':')].slice(0, 4);
  return `${first.map((group) => Number.parseInt(group || '0', 16).toString(16)).join(':')}::/64`;
}

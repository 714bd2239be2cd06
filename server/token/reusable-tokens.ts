import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

export interface SignedToken {
  readonly token: string;
  readonly id: string;
  /** Counted from now, not from when it was signed. */
  readonly expiresInSeconds: number;
  /** Epoch seconds. */
  readonly issuedAt: number;
}

interface Kept {
  readonly signed: SignedToken;
  /** On the monotonic clock, which is never set back. */
  readonly keptAtMs: number;
}

export interface ReusableTokensOptions {
  /** Fraction (0 to 1) of its lifetime during which a token is handed out again. */
  readonly share: number;
  /** A token that expires sooner than this is not handed out again. */
  readonly minRemainingSeconds: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly clock: Clock;
}

// Limited by length as well: a token for a hundred repositories is twenty times as long as most.
const MAX_TOKENS = 5000;
const MAX_CHARACTERS = 16_000_000;

/** Signed tokens by a key that names everything that decides what they contain, the signing key included. */
export function createReusableTokens({ share, minRemainingSeconds, now, clock }: ReusableTokensOptions) {
  const kept = new LRUCache<string, Kept>({
    max: MAX_TOKENS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ signed }, name) => signed.token.length + name.length,
  });

  return {
    set(name: string, signed: SignedToken): void {
      kept.set(name, { signed, keptAtMs: clock() });
    },
    /** A cached token while it is fresh by both clocks and valid long enough, with its remaining lifetime. */
    get(name: string): SignedToken | undefined {
      const known = kept.get(name);
      if (known === undefined) return undefined;
      const { issuedAt, expiresInSeconds: lifetimeSeconds } = known.signed;
      const freshSeconds = lifetimeSeconds * share;
      // When the system clock was set, the token's validity moved with it, so both clocks are asked.
      const ageSeconds = Math.floor(now() / 1000) - issuedAt;
      const isFresh = ageSeconds >= 0 && ageSeconds < freshSeconds && clock() - known.keptAtMs < freshSeconds * 1000;
      const expiresInSeconds = lifetimeSeconds - ageSeconds;
      if (!isFresh || expiresInSeconds < minRemainingSeconds) return undefined;
      return { ...known.signed, expiresInSeconds };
    },
    clear: (): void => kept.clear(),
  };
}
export type ReusableTokens = ReturnType<typeof createReusableTokens>;

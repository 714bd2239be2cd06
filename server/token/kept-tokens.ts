import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

export interface SignedToken {
  readonly token: string;
  readonly id: string;
  /** From now, not from when it was signed. */
  readonly expiresInSeconds: number;
  /** Epoch seconds. */
  readonly issuedAt: number;
}

interface Kept {
  readonly signed: SignedToken;
  /** Of the clock that nobody sets. */
  readonly keptAtMs: number;
}

export interface KeptTokensOptions {
  /** The part of its lifetime during which a token is handed out again. */
  readonly share: number;
  /** One that ends sooner is not handed out any more. */
  readonly minRemainingSeconds: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly clock: Clock;
}

// By length too: a token for a hundred repositories is twenty times as long as most.
const MAX_TOKENS = 5000;
const MAX_CHARACTERS = 16_000_000;

/** Signed tokens by a name that says everything that decided what they hold, and which key signed them. */
export function createKeptTokens({ share, minRemainingSeconds, now, clock }: KeptTokensOptions) {
  const kept = new LRUCache<string, Kept>({
    max: MAX_TOKENS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ signed }, name) => signed.token.length + name.length,
  });

  return {
    keep(name: string, signed: SignedToken): void {
      kept.set(name, { signed, keptAtMs: clock() });
    },
    /** One that is young, by both clocks, and ends late enough; with what is left of it now. */
    find(name: string): SignedToken | undefined {
      const known = kept.get(name);
      if (known === undefined) return undefined;
      const { issuedAt, expiresInSeconds: lifetimeSeconds } = known.signed;
      const freshSeconds = lifetimeSeconds * share;
      // A clock that was set makes a token begin, or run out, at another time.
      const ageSeconds = Math.floor(now() / 1000) - issuedAt;
      const isFresh = ageSeconds >= 0 && ageSeconds < freshSeconds && clock() - known.keptAtMs < freshSeconds * 1000;
      const expiresInSeconds = lifetimeSeconds - ageSeconds;
      if (!isFresh || expiresInSeconds < minRemainingSeconds) return undefined;
      return { ...known.signed, expiresInSeconds };
    },
    clear: (): void => kept.clear(),
  };
}
export type KeptTokens = ReturnType<typeof createKeptTokens>;

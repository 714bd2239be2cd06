import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { KnownPlaces } from './known-places.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { Sessions } from './sessions.ts';

export interface UpkeepDeps {
  readonly sessions: Pick<Sessions, 'purgeExpired'>;
  readonly refreshTokens: Pick<RefreshTokens, 'purgeExpired'>;
  readonly knownPlaces: Pick<KnownPlaces, 'purgeExpired'>;
  readonly log: Logger;
}

const EVERY_MS = 3600_000;

/** Frees the rows of sessions, refresh tokens and known places that have ended, now and every hour. Returns how to stop it. */
export function startAccountUpkeep({ sessions, refreshTokens, knownPlaces, log }: UpkeepDeps): () => void {
  const purge = async () => {
    try {
      await sessions.purgeExpired();
      await refreshTokens.purgeExpired();
      await knownPlaces.purgeExpired();
    } catch (error) {
      // Reading enforces the limits anyway; the next hour tries again.
      log.warn({ reason: errorText(error) }, 'ended sessions not removed');
    }
  };
  void purge();
  const timer = setInterval(() => void purge(), EVERY_MS).unref();
  return () => clearInterval(timer);
}

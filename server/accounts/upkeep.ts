import type { KnownPlaces } from './known-places.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { Sessions } from './sessions.ts';

export interface UpkeepDeps {
  readonly sessions: Pick<Sessions, 'purgeExpired'>;
  readonly refreshTokens: Pick<RefreshTokens, 'purgeExpired'>;
  readonly knownPlaces: Pick<KnownPlaces, 'purgeExpired'>;
}

/** Frees the rows of what has ended. Reading enforces the limits anyway. One that fails keeps none of the others waiting. */
export async function purgeEndedAccess({ sessions, refreshTokens, knownPlaces }: UpkeepDeps): Promise<void> {
  const purges = [sessions.purgeExpired(), refreshTokens.purgeExpired(), knownPlaces.purgeExpired()];
  const failed = (await Promise.allSettled(purges)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

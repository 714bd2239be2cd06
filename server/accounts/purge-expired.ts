import type { KnownAddresses } from './known-addresses.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { Sessions } from './sessions.ts';

export interface PurgeDeps {
  readonly sessions: Pick<Sessions, 'purgeExpired'>;
  readonly refreshTokens: Pick<RefreshTokens, 'purgeExpired'>;
  readonly knownAddresses: Pick<KnownAddresses, 'purgeExpired'>;
}

/**
 * Deletes expired sessions, refresh tokens and known addresses. All three are attempted; the first failure is thrown
 * afterwards.
 */
export async function purgeExpiredAccess({ sessions, refreshTokens, knownAddresses }: PurgeDeps): Promise<void> {
  const purges = [sessions.purgeExpired(), refreshTokens.purgeExpired(), knownAddresses.purgeExpired()];
  const failed = (await Promise.allSettled(purges)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

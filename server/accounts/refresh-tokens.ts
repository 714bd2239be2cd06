import { createHash, randomBytes } from 'node:crypto';
import { hasCurrentPassword, usernameIn } from '../access/users.ts';
import type { Database } from '../storage/database.ts';

export interface RefreshTokenRequest {
  readonly userId: number;
  readonly passwordVersion: number;
  readonly service: string;
  readonly clientId: string;
}

/** The account a refresh token was issued to. */
export interface Redeemed {
  readonly userId: number;
  readonly username: string;
  readonly clientId: string;
}

const PREFIX = 'rwr_';
const LIFETIME_MS = 90 * 24 * 3600_000;
const MAX_PER_USER = 100;
const NOTE_USE_EVERY_MS = 60_000;

/**
 * Table `refresh_tokens`: opaque tokens that are valid for 90 days, until the password changes. Only their SHA-256 is
 * stored; each account keeps its 100 most recently used.
 */
export function createRefreshTokens(db: Database, now: () => number = Date.now) {
  async function issue({ userId, passwordVersion, service, clientId }: RefreshTokenRequest): Promise<string> {
    const token = PREFIX + randomBytes(32).toString('base64url');
    const at = now();
    await db
      .insertInto('refresh_tokens')
      .values({
        token_hash: hashOf(token),
        user_id: userId,
        password_version: passwordVersion,
        service,
        client_id: clientId.slice(0, 200),
        created_at: at,
        last_used_at: at,
        expires_at: at + LIFETIME_MS,
      })
      .execute();
    await dropOldest(db, userId);
    return token;
  }

  /**
   * Undefined for an unknown or expired token, one of another service, a disabled account, or a password that was
   * changed since or has to be changed.
   */
  async function redeem(token: string, service: string): Promise<Redeemed | undefined> {
    if (!token.startsWith(PREFIX)) return undefined;
    const tokenHash = hashOf(token);
    const row = await db
      .selectFrom('refresh_tokens')
      .select(['user_id', 'client_id', 'last_used_at', usernameIn('refresh_tokens.user_id').as('username')])
      .where('token_hash', '=', tokenHash)
      .where('service', '=', service)
      .where('expires_at', '>', now())
      .where(hasCurrentPassword('refresh_tokens', { isFinal: true }))
      .executeTakeFirst();
    if (row === undefined) return undefined;
    if (now() - row.last_used_at >= NOTE_USE_EVERY_MS) await noteUse(db, tokenHash, now());
    return { userId: row.user_id, username: row.username, clientId: row.client_id };
  }

  return {
    issue,
    redeem,
    /** Number of unexpired refresh tokens of the user. */
    async count(userId: number): Promise<number> {
      const row = await db
        .selectFrom('refresh_tokens')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('user_id', '=', userId)
        .where('expires_at', '>', now())
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    async revokeAll(userId: number): Promise<void> {
      await db.deleteFrom('refresh_tokens').where('user_id', '=', userId).execute();
    },
    async purgeExpired(): Promise<void> {
      await db.deleteFrom('refresh_tokens').where('expires_at', '<=', now()).execute();
    },
  };
}
export type RefreshTokens = ReturnType<typeof createRefreshTokens>;

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

async function noteUse(db: Database, tokenHash: string, at: number): Promise<void> {
  await db.updateTable('refresh_tokens').set({ last_used_at: at }).where('token_hash', '=', tokenHash).execute();
}

/** Every `docker login` adds a token, so the least recently used ones are removed. */
async function dropOldest(db: Database, userId: number): Promise<void> {
  const kept = db
    .selectFrom('refresh_tokens')
    .select('token_hash')
    .where('user_id', '=', userId)
    .orderBy('last_used_at', 'desc')
    .limit(MAX_PER_USER);
  await db.deleteFrom('refresh_tokens').where('user_id', '=', userId).where('token_hash', 'not in', kept).execute();
}

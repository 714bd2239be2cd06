import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '../storage/database.ts';

export interface RefreshTokenRequest {
  readonly userId: number;
  readonly passwordVersion: number;
  readonly service: string;
  readonly clientId: string;
}

/** Whom a refresh token stands for. */
export interface Redeemed {
  readonly userId: number;
  readonly username: string;
  readonly clientId: string;
}

const PREFIX = 'rwr_';
const LIFETIME_MS = 90 * 24 * 3600_000;
const MAX_PER_USER = 100;
const NOTE_USE_EVERY_MS = 60_000;

/** Opaque tokens that stand for a password until it changes; only their hash is kept. */
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

  /** Undefined for an unknown, expired or foreign token, a disabled user, a password changed since, or one that has to be changed. */
  async function redeem(token: string, service: string): Promise<Redeemed | undefined> {
    if (!token.startsWith(PREFIX)) return undefined;
    const tokenHash = hashOf(token);
    const row = await db
      .selectFrom('refresh_tokens')
      .innerJoin('users', 'users.id', 'refresh_tokens.user_id')
      .select(['users.id', 'users.username', 'refresh_tokens.client_id', 'refresh_tokens.last_used_at'])
      .where('token_hash', '=', tokenHash)
      .where('service', '=', service)
      .where('expires_at', '>', now())
      .where('users.enabled', '=', 1)
      .where('users.must_change_password', '=', 0)
      .whereRef('users.password_version', '=', 'refresh_tokens.password_version')
      .executeTakeFirst();
    if (row === undefined) return undefined;
    if (now() - row.last_used_at >= NOTE_USE_EVERY_MS) await noteUse(db, tokenHash, now());
    return { userId: row.id, username: row.username, clientId: row.client_id };
  }

  return {
    issue,
    redeem,
    /** Logins that still hold, of clients that were given one. */
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

/** Every `docker login` leaves one behind. */
async function dropOldest(db: Database, userId: number): Promise<void> {
  const kept = db
    .selectFrom('refresh_tokens')
    .select('token_hash')
    .where('user_id', '=', userId)
    .orderBy('last_used_at', 'desc')
    .limit(MAX_PER_USER);
  await db.deleteFrom('refresh_tokens').where('user_id', '=', userId).where('token_hash', 'not in', kept).execute();
}

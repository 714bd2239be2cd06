import { createHash } from 'node:crypto';
import session from 'express-session';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';

// What a signed-in session holds. Sign-in sets the first four before it saves; the store fills in the other two.
declare module 'express-session' {
  interface SessionData {
    userId: number;
    passwordVersion: number;
    address: string;
    userAgent: string;
    /** Set by the store: the row exists since then. */
    createdAt: number;
    lastSeenAt: number;
    /** Of one request, never kept: nobody did anything, a page asked by itself. */
    isBackground: boolean;
  }
}

export interface SessionInfo {
  /** Names the session on pages and in forms; the session id itself never leaves the cookie. */
  readonly idHash: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly address: string;
  readonly userAgent: string;
}

export const IDLE_MS = 30 * 60_000;
export const ABSOLUTE_MS = 12 * 3600_000;
const MAX_PER_USER = 20;
const TOUCH_EVERY_MS = 60_000;
/** Small corrections of the clock are normal; a session from further in the future has an unknown age. */
const CLOCK_SLACK_MS = 60_000;
const MAX_AGENT_LENGTH = 300;

export function sessionIdHash(sid: string): string {
  return createHash('sha256').update(sid).digest('hex');
}

interface Row {
  readonly data: string;
  readonly created_at: number;
  readonly last_seen_at: number;
}

type Done = (error?: unknown) => void;

/**
 * Sessions of signed-in users, in the database by the hash of their id. A session ends with 30 minutes of silence, after
 * 12 hours, and at once when its user is disabled, removed or gets another password. Visitors have none.
 */
export function createSessions(db: Database, { now }: { readonly now: () => number }) {
  async function load(sid: string): Promise<session.SessionData | null> {
    const idHash = sessionIdHash(sid);
    const row = await findCurrent(db, idHash);
    if (row === undefined) return null;
    if (!isAlive(row, now())) {
      await ifPossible(db.deleteFrom('sessions').where('id_hash', '=', idHash).execute());
      return null;
    }
    const data = JSON.parse(row.data) as session.SessionData;
    return { ...data, createdAt: row.created_at, lastSeenAt: row.last_seen_at };
  }

  async function save(sid: string, data: session.SessionData): Promise<void> {
    if (typeof data.userId !== 'number') return;
    const at = now();
    // Only a new session makes a row: a request still under way cannot bring back one that was ended meanwhile.
    if (typeof data.createdAt === 'number') return update(db, sid, data, at);
    data.createdAt = at;
    data.lastSeenAt = at;
    await insert(db, sid, data, at);
  }

  async function touch(sid: string, data: session.SessionData): Promise<void> {
    const at = now();
    if (typeof data.userId !== 'number' || data.isBackground === true) return;
    if (at - (data.lastSeenAt ?? 0) < TOUCH_EVERY_MS) return;
    data.lastSeenAt = at;
    const touched = db.updateTable('sessions').set({ last_seen_at: at }).where('id_hash', '=', sessionIdHash(sid));
    await ifPossible(touched.execute());
  }

  async function destroy(sid: string): Promise<void> {
    await db.deleteFrom('sessions').where('id_hash', '=', sessionIdHash(sid)).execute();
  }

  return {
    /** For `express-session`; use it with `saveUninitialized: false`, `resave: false`. */
    store: asStore({ load, save, touch, destroy }),
    /** Without touching it. */
    async isAlive(sid: string): Promise<boolean> {
      const row = await findCurrent(db, sessionIdHash(sid));
      return row !== undefined && isAlive(row, now());
    },
    /** Live sessions of a user, the latest first. */
    list: (userId: number): Promise<readonly SessionInfo[]> => listLive(db, userId, now()),
    /** True when there was one. @param userId Ends it only when it is this user's. */
    async end(idHash: string, userId?: number): Promise<boolean> {
      let query = db.deleteFrom('sessions').where('id_hash', '=', idHash);
      if (userId !== undefined) query = query.where('user_id', '=', userId);
      return (await query.executeTakeFirst()).numDeletedRows > 0n;
    },
    /** Returns how many ended. @param exceptHash The session that stays. */
    async endAll(userId: number, exceptHash?: string): Promise<number> {
      let query = db.deleteFrom('sessions').where('user_id', '=', userId);
      if (exceptHash !== undefined) query = query.where('id_hash', '!=', exceptHash);
      return Number((await query.executeTakeFirst()).numDeletedRows);
    },
    /** Everybody's but one. Returns how many ended. */
    async endOthers(exceptHash: string): Promise<number> {
      return Number(
        (await db.deleteFrom('sessions').where('id_hash', '!=', exceptHash).executeTakeFirst()).numDeletedRows,
      );
    },
    /** Reading enforces the limits; this only frees the space. */
    async purgeExpired(): Promise<number> {
      const at = now();
      const result = await db
        .deleteFrom('sessions')
        .where(({ or, eb }) => or([eb('last_seen_at', '<', at - IDLE_MS), eb('created_at', '<', at - ABSOLUTE_MS)]))
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;

/** Pages can be read while nothing can be saved. */
async function ifPossible(written: Promise<unknown>): Promise<void> {
  try {
    await written;
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'UNAVAILABLE')) throw error;
  }
}

function isAlive({ created_at, last_seen_at }: Row, at: number): boolean {
  if (created_at > at + CLOCK_SLACK_MS || last_seen_at > at + CLOCK_SLACK_MS) return false;
  return at - last_seen_at < IDLE_MS && at - created_at < ABSOLUTE_MS;
}

async function findCurrent(db: Database, idHash: string): Promise<Row | undefined> {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.data', 'sessions.created_at', 'sessions.last_seen_at'])
    .where('sessions.id_hash', '=', idHash)
    .where('users.enabled', '=', 1)
    .whereRef('users.password_version', '=', 'sessions.password_version')
    .executeTakeFirst();
}

async function insert(db: Database, sid: string, data: session.SessionData, at: number): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('sessions')
      .values({
        id_hash: sessionIdHash(sid),
        user_id: data.userId,
        // A session that does not say which password proved it fits no user.
        password_version: data.passwordVersion ?? 0,
        data: JSON.stringify(data),
        created_at: at,
        last_seen_at: at,
        address: data.address ?? '',
        user_agent: (data.userAgent ?? '').slice(0, MAX_AGENT_LENGTH),
      })
      .execute();
    const kept = transaction
      .selectFrom('sessions')
      .select('id_hash')
      .where('user_id', '=', data.userId)
      .orderBy('last_seen_at', 'desc')
      .orderBy('created_at', 'desc')
      .limit(MAX_PER_USER);
    await transaction
      .deleteFrom('sessions')
      .where('user_id', '=', data.userId)
      .where('id_hash', 'not in', kept)
      .execute();
  });
}

async function update(db: Database, sid: string, data: session.SessionData, at: number): Promise<void> {
  data.lastSeenAt = at;
  await db
    .updateTable('sessions')
    .set({ data: JSON.stringify(data), last_seen_at: at, password_version: data.passwordVersion ?? 0 })
    .where('id_hash', '=', sessionIdHash(sid))
    // The user of a session never changes; another one signs in with a new id.
    .where('user_id', '=', data.userId)
    .execute();
}

async function listLive(db: Database, userId: number, at: number): Promise<readonly SessionInfo[]> {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['id_hash', 'data', 'sessions.created_at', 'last_seen_at', 'address', 'user_agent'])
    .where('user_id', '=', userId)
    .whereRef('users.password_version', '=', 'sessions.password_version')
    .orderBy('last_seen_at', 'desc')
    .execute();
  return rows
    .filter((row) => isAlive(row, at))
    .map((row) => ({
      idHash: row.id_hash,
      createdAt: row.created_at,
      lastSeenAt: row.last_seen_at,
      address: row.address,
      userAgent: row.user_agent,
    }));
}

interface StoreActions {
  readonly load: (sid: string) => Promise<session.SessionData | null>;
  readonly save: (sid: string, data: session.SessionData) => Promise<void>;
  readonly touch: (sid: string, data: session.SessionData) => Promise<void>;
  readonly destroy: (sid: string) => Promise<void>;
}

/** `express-session` wants an event emitter with callbacks. */
function asStore({ load, save, touch, destroy }: StoreActions): session.Store {
  const Base = session.Store as unknown as new () => session.Store;
  return Object.assign(new Base(), {
    get: (sid: string, done: (error: unknown, data?: session.SessionData | null) => void) =>
      void load(sid).then((data) => done(null, data), done),
    set: (sid: string, data: session.SessionData, done?: Done) => settle(save(sid, data), done),
    touch: (sid: string, data: session.SessionData, done?: Done) => settle(touch(sid, data), done),
    destroy: (sid: string, done?: Done) => settle(destroy(sid), done),
  });
}

function settle(work: Promise<void>, done: Done = () => undefined): void {
  void work.then(() => done(), done);
}

import { createHash } from 'node:crypto';
import session from 'express-session';
import { hasCurrentPassword } from '../access/users.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { knownQuery } from '../storage/known-query.ts';

// Data of a session. Sign-in sets the first four before it saves; the store adds the other two.
declare module 'express-session' {
  interface SessionData {
    userId: number;
    passwordVersion: number;
    address: string;
    userAgent: string;
    /** Set by the store when the row is written. Epoch milliseconds. */
    createdAt: number;
    lastSeenAt: number;
    /** For this request only, not stored: background requests of an open page do not extend the session. */
    isBackground: boolean;
  }
}

export interface SessionInfo {
  /** Names the session on pages and in forms; the session ID itself is only in the cookie. */
  readonly idHash: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly address: string;
  readonly userAgent: string;
}

export const MAX_IDLE_MS = 30 * 60_000;
export const MAX_SESSION_AGE_MS = 12 * 3600_000;
const MAX_PER_USER = 20;
const TOUCH_EVERY_MS = 60_000;
/** Small clock corrections are normal; a session that begins further in the future is treated as expired. */
const CLOCK_SLACK_MS = 60_000;
const MAX_AGENT_LENGTH = 300;

/** SHA-256 in hex, as stored. @param sid The session ID from the cookie. */
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
 * Table `sessions`, by the hash of the session ID. A session ends 30 minutes after the last request, 12 hours after
 * sign-in, and at once when its user is disabled, removed or gets another password. Visitors who are not signed in have
 * none.
 */
export function createSessions(db: Database, { now }: { readonly now: () => number }) {
  const findCurrent = createFindCurrent(db);

  async function load(sid: string): Promise<session.SessionData | null> {
    const idHash = sessionIdHash(sid);
    const row = await findCurrent(idHash);
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
    // Only a new session inserts a row, so that a running request cannot restore one that was ended meanwhile.
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
    /** Whether the session is valid; does not extend it. */
    async isAlive(sid: string): Promise<boolean> {
      const row = await findCurrent(sessionIdHash(sid));
      return row !== undefined && isAlive(row, now());
    },
    /** Valid sessions of a user, the most recently used first. */
    list: (userId: number): Promise<readonly SessionInfo[]> => listLive(db, userId, now()),
    /** Returns whether a session was ended. @param userId Ends it only if it belongs to this user. */
    async end(idHash: string, userId?: number): Promise<boolean> {
      let query = db.deleteFrom('sessions').where('id_hash', '=', idHash);
      if (userId !== undefined) query = query.where('user_id', '=', userId);
      return (await query.executeTakeFirst()).numDeletedRows > 0n;
    },
    /** Returns how many were ended. @param exceptHash The session to keep. */
    async endAll(userId: number, exceptHash?: string): Promise<number> {
      let query = db.deleteFrom('sessions').where('user_id', '=', userId);
      if (exceptHash !== undefined) query = query.where('id_hash', '!=', exceptHash);
      return Number((await query.executeTakeFirst()).numDeletedRows);
    },
    /** Ends the sessions of all users but this one. Returns how many were ended. */
    async endOthers(exceptHash: string): Promise<number> {
      return Number(
        (await db.deleteFrom('sessions').where('id_hash', '!=', exceptHash).executeTakeFirst()).numDeletedRows,
      );
    },
    /** Deletes expired rows and returns their number. Expired sessions are never returned even without this. */
    async purgeExpired(): Promise<number> {
      const at = now();
      const result = await db
        .deleteFrom('sessions')
        .where(({ or, eb }) =>
          or([eb('last_seen_at', '<', at - MAX_IDLE_MS), eb('created_at', '<', at - MAX_SESSION_AGE_MS)]),
        )
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;

/** Ignores that the database cannot be written: pages can still be read then. */
async function ifPossible(written: Promise<unknown>): Promise<void> {
  try {
    await written;
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'UNAVAILABLE')) throw error;
  }
}

function isAlive({ created_at, last_seen_at }: Row, at: number): boolean {
  if (created_at > at + CLOCK_SLACK_MS || last_seen_at > at + CLOCK_SLACK_MS) return false;
  return at - last_seen_at < MAX_IDLE_MS && at - created_at < MAX_SESSION_AGE_MS;
}

/** Of users who are still let in with the password that the session began with. */
function createFindCurrent(db: Database): (idHash: string) => Promise<Row | undefined> {
  const current = db
    .selectFrom('sessions')
    .select(['data', 'created_at', 'last_seen_at'])
    .where('id_hash', '=', '')
    .where(hasCurrentPassword('sessions'));
  return knownQuery<Row>(db, current).first;
}

async function insert(db: Database, sid: string, data: session.SessionData, at: number): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('sessions')
      .values({
        id_hash: sessionIdHash(sid),
        user_id: data.userId,
        // Version 0 matches no user, so a session without a password version is invalid.
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
    // The user of a session never changes; another sign-in gets a new session ID.
    .where('user_id', '=', data.userId)
    .execute();
}

async function listLive(db: Database, userId: number, at: number): Promise<readonly SessionInfo[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['id_hash', 'data', 'created_at', 'last_seen_at', 'address', 'user_agent'])
    .where('user_id', '=', userId)
    .where(hasCurrentPassword('sessions'))
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

/** Adapts promises to the callbacks that `express-session` expects. */
function asStore({ load, save, touch, destroy }: StoreActions): session.Store {
  const Base = session.Store as unknown as new () => session.Store;
  return Object.assign(new Base(), {
    get: (sid: string, done: (error: unknown, data?: session.SessionData | null) => void) =>
      void load(sid).then((data) => done(null, data), done),
    set: (sid: string, data: session.SessionData, done?: Done) => callDone(save(sid, data), done),
    touch: (sid: string, data: session.SessionData, done?: Done) => callDone(touch(sid, data), done),
    destroy: (sid: string, done?: Done) => callDone(destroy(sid), done),
  });
}

function callDone(work: Promise<void>, done: Done = () => undefined): void {
  void work.then(() => done(), done);
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import express from 'express';
import session, { type SessionData } from 'express-session';
import { createUserStore, type User, type UserStore } from '../../server/access/users.ts';
import { purgeExpiredAccess } from '../../server/accounts/purge-expired.ts';
import { createSessions, type Sessions, sessionIdHash } from '../../server/accounts/sessions.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let database: TestDatabase;
let users: UserStore;
let sessions: Sessions;
let time: number;
let anna: User;
let version: number;

before(async () => {
  database = await openTestDatabase();
  users = createUserStore(database.db);
});
after(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom('users').execute();
  anna = await users.add({ username: 'anna', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: '' });
  version = 1;
  time = 1_800_000_000_000;
  sessions = createSessions(database.db, { now: () => time });
});

function dataFor(user: User): SessionData {
  const cookie = { originalMaxAge: null } as SessionData['cookie'];
  return {
    cookie,
    userId: user.id,
    passwordVersion: version,
    address: '10.0.0.1',
    userAgent: 'Firefox',
  } as SessionData;
}

function save(sid: string, data: Partial<SessionData>): Promise<void> {
  return new Promise((resolve, reject) => {
    sessions.store.set(sid, data as SessionData, (error) => (error ? reject(error) : resolve()));
  });
}

function touch(sid: string, data: SessionData): Promise<void> {
  return new Promise((resolve) => {
    sessions.store.touch?.(sid, data, () => resolve());
  });
}

function read(sid: string): Promise<SessionData | null | undefined> {
  return new Promise((resolve, reject) => {
    sessions.store.get(sid, (error, data) => (error ? reject(error) : resolve(data)));
  });
}

async function rows(): Promise<number> {
  return (await database.db.selectFrom('sessions').select('id_hash').execute()).length;
}

test('keeps a session under the hash of its id, never the id', async () => {
  await save('the-secret-id', { ...dataFor(anna), cookie: { originalMaxAge: null } as SessionData['cookie'] });
  const [row] = await database.db.selectFrom('sessions').selectAll().execute();
  assert.equal(row?.id_hash, sessionIdHash('the-secret-id'));
  assert.match(row?.id_hash ?? '', /^[0-9a-f]{64}$/);
  assert.ok(!JSON.stringify(row).includes('the-secret-id'));
  assert.equal((await read('the-secret-id'))?.userId, anna.id);
  assert.equal(await read('another-id'), null);
});

test('a visitor without a user leaves no row', async () => {
  await save('visitor', { cookie: { originalMaxAge: null } as SessionData['cookie'] });
  assert.equal(await rows(), 0);
});

test('ends after 30 minutes of silence, and its row goes', async () => {
  await save('s', dataFor(anna));
  time += 30 * MINUTE - 1;
  assert.ok(await read('s'));
  time += 1;
  assert.equal(await read('s'), null);
  assert.equal(await rows(), 0);
});

test('ends after 12 hours, however busy it was', async () => {
  await save('s', dataFor(anna));
  const end = time + 12 * HOUR;
  while (time + 10 * MINUTE < end) {
    time += 10 * MINUTE;
    const data = await read('s');
    assert.ok(data);
    await touch('s', data);
    await save('s', data);
  }
  time = end;
  assert.equal(await read('s'), null);
});

test('a clock that was set back by far ends it rather than making it younger', async () => {
  await save('s', dataFor(anna));
  time -= 30_000;
  assert.ok(await read('s'));
  time -= HOUR;
  assert.equal(await read('s'), null);
});

test('is touched at most once a minute', async () => {
  await save('s', dataFor(anna));
  const seen = async () => (await database.db.selectFrom('sessions').select('last_seen_at').execute())[0]?.last_seen_at;
  const started = time;
  const data = await read('s');
  assert.ok(data);
  time += 59_000;
  await touch('s', data);
  assert.equal(await seen(), started);
  time += 1_000;
  await touch('s', data);
  assert.equal(await seen(), time);
});

const endings = [
  ['another password', () => users.setPassword(anna.id, 'y', { mustChange: false })],
  ['a disabled account', () => users.setEnabled(anna.id, false)],
  [
    'an account disabled for a moment',
    async () => {
      await users.setEnabled(anna.id, false);
      await users.setEnabled(anna.id, true);
    },
  ],
  ['a removed account', () => users.remove(anna.id)],
] as const;
for (const [what, change] of endings) {
  test(`${what} ends it at once`, async () => {
    await save('s', dataFor(anna));
    assert.ok(await read('s'));
    await change();
    assert.equal(await read('s'), null);
    assert.deepEqual(await sessions.list(anna.id), []);
  });
}

test('a session that does not say which password proved it is worth nothing', async () => {
  const { passwordVersion: _, ...data } = dataFor(anna);
  await save('s', data);
  assert.equal(await read('s'), null);
});

test('a request still under way does not bring back a session that was ended', async () => {
  await save('s', dataFor(anna));
  const underWay = await read('s');
  assert.ok(underWay);
  assert.equal(await sessions.endAll(anna.id), 1);
  await save('s', underWay);
  assert.equal(await read('s'), null);
  assert.equal(await rows(), 0);
});

test('a session cannot be moved to another user', async () => {
  const bob = await users.add({ username: 'bob', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: '' });
  await save('s', dataFor(anna));
  const data = await read('s');
  assert.ok(data);
  await save('s', { ...data, userId: bob.id });
  assert.equal((await read('s'))?.userId, anna.id);
});

test('a user has at most 20; the oldest goes, other users keep theirs', async () => {
  const bob = await users.add({ username: 'bob', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: '' });
  await save('bob', dataFor(bob));
  for (let count = 0; count < 21; count += 1) {
    time += 1000;
    await save(`s${count}`, dataFor(anna));
  }
  assert.equal((await sessions.list(anna.id)).length, 20);
  assert.equal(await read('s0'), null);
  assert.ok(await read('s1'));
  assert.ok(await read('s20'));
  assert.ok(await read('bob'));
});

test('lists, ends one and ends all but this one', async () => {
  for (const sid of ['a', 'b', 'c']) {
    time += 1000;
    await save(sid, dataFor(anna));
  }
  const listed = await sessions.list(anna.id);
  assert.deepEqual(
    listed.map((entry) => entry.idHash),
    ['c', 'b', 'a'].map(sessionIdHash),
  );
  assert.deepEqual([listed[0]?.address, listed[0]?.userAgent, listed[0]?.createdAt], ['10.0.0.1', 'Firefox', time]);
  assert.equal(await sessions.end(sessionIdHash('a'), anna.id + 1), false);
  assert.equal(await sessions.end(sessionIdHash('a'), anna.id), true);
  assert.equal(await read('a'), null);
  assert.equal(await sessions.endAll(anna.id, sessionIdHash('c')), 1);
  assert.ok(await read('c'));
});

test('purging frees what has ended and nothing else', async () => {
  await save('old', dataFor(anna));
  time += 29 * MINUTE;
  await save('new', dataFor(anna));
  time += 2 * MINUTE;
  assert.equal(await sessions.purgeExpired(), 1);
  assert.ok(await read('new'));
});

test('upkeep purges the others too when one fails, and says what failed', async () => {
  await save('old', dataFor(anna));
  time += HOUR;
  const knownAddresses = { purgeExpired: async () => undefined };
  const refreshTokens = { purgeExpired: () => Promise.reject(new Error('disk is busy')) };
  await assert.rejects(purgeExpiredAccess({ sessions, refreshTokens, knownAddresses }), /disk is busy/);
  assert.equal(await rows(), 0);
});

test('works under express-session: sign in with a new id, stay signed in, sign out', async (context) => {
  const app = express();
  app.use(session({ store: sessions.store, secret: 'not-a-secret', saveUninitialized: false, resave: false }));
  app.post('/in', (request, response, next) => {
    request.session.regenerate((error) => {
      if (error) return next(error);
      Object.assign(request.session, { userId: anna.id, passwordVersion: version });
      request.session.save(() => response.end('in'));
    });
  });
  app.post('/out', (request, response) => request.session.destroy(() => response.end('out')));
  app.get('/', (request, response) => response.end(String(request.session.userId ?? 'nobody')));
  const server: Server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';

  const visit = await fetch(url);
  assert.deepEqual([await visit.text(), visit.headers.get('set-cookie'), await rows()], ['nobody', null, 0]);
  const cookie = cookieOf(await fetch(`${url}/in`, { method: 'POST' }));
  assert.notEqual(cookie, '');
  const page = async () => (await fetch(url, { headers: { cookie } })).text();
  assert.equal(await page(), String(anna.id));
  const again = cookieOf(await fetch(`${url}/in`, { method: 'POST', headers: { cookie } }));
  assert.notEqual(again, cookie);
  assert.equal(await page(), 'nobody');
  await fetch(`${url}/out`, { method: 'POST', headers: { cookie: again } });
  assert.equal(await (await fetch(url, { headers: { cookie: again } })).text(), 'nobody');
  assert.equal(await rows(), 0);
});

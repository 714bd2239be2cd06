import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Access, createAccess } from '../../server/access/engine.ts';
import { createUserStore, type User, type UserStore } from '../../server/access/users.ts';
import {
  type CredentialChecker,
  type CredentialCheckerDeps,
  createCredentialChecker,
} from '../../server/accounts/credentials.ts';
import { createKnownAddresses } from '../../server/accounts/known-addresses.ts';
import { createPasswordHasher, type PasswordHasher } from '../../server/accounts/password.ts';
import { AppError } from '../../server/errors.ts';
import { createLogger } from '../../server/log.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

const PASSWORD = 'tr0ub4dor&3 ';
const log = createLogger('silent');

let database: TestDatabase;
let users: UserStore;
let access: Access;
let hasher: PasswordHasher;
let passwordHash: string;

let time: number;
let computed: { password: string; hash: string }[];
let full: boolean;
let waited: number[];
let started: Omit<CredentialCheckerDeps, 'hasher' | 'wait'>;
let checker: CredentialChecker;
let anna: User;

before(async () => {
  database = await openTestDatabase();
  users = createUserStore(database.db);
  access = createAccess(database.db);
  hasher = createPasswordHasher();
  passwordHash = await hasher.hash(PASSWORD);
});
after(async () => {
  await hasher.close();
  await database.close();
});
beforeEach(async () => {
  await database.db.deleteFrom('users').execute();
  anna = await users.add({ username: 'anna', passwordHash, mustChangePassword: false, roleIds: [], by: '' });
  time = 1_800_000_000_000;
  computed = [];
  full = false;
  const counting = {
    verify: async (password: string, hash: string) => {
      if (full) throw new AppError('UNAVAILABLE', 'Too many wait.');
      computed.push({ password, hash });
      return hasher.verify(password, hash);
    },
  };
  waited = [];
  started = {
    access,
    knownAddresses: createKnownAddresses(database.db, () => time),
    users,
    now: () => time,
    clock: () => time,
    log,
  };
  start({ hasher: counting });
});

/** As after a start of the process: nothing in memory. */
function start(deps: Pick<CredentialCheckerDeps, 'hasher'>): void {
  const wait = async (ms: number) => void waited.push(ms);
  checker = createCredentialChecker({ ...started, wait, ...deps });
}

async function check(password: string, username = 'anna', address = '10.0.0.1'): Promise<string> {
  const result = await checker.check({ username, password, address });
  return result.ok ? 'ok' : result.reason;
}

test('the right password gives the identity and notes the sign-in', async () => {
  const result = await checker.check({ username: 'ANNA', password: PASSWORD, address: '10.0.0.1' });
  assert.equal(result.ok && result.identity.subject.id, anna.id);
  const user = await users.get(anna.id);
  assert.deepEqual([user?.lastSignInAt, user?.lastSignInAddress], [time, '10.0.0.1']);
});

test('a password is compared byte for byte, without trimming', async () => {
  for (const password of [PASSWORD.trim(), PASSWORD.toUpperCase(), ` ${PASSWORD}`]) {
    assert.equal(await check(password), 'wrong');
  }
});

test('the second request within a minute computes nothing, a later one does', async () => {
  assert.equal(await check(PASSWORD), 'ok');
  time += 59_999;
  assert.equal(await check(PASSWORD, 'anna', '10.9.9.9'), 'ok');
  assert.equal(computed.length, 1);
  time += 2;
  assert.equal(await check(PASSWORD), 'ok');
  assert.equal(computed.length, 2);
});

test('a wrong password is remembered too, and counts once however often it comes', async () => {
  for (let count = 0; count < 50; count += 1) assert.equal(await check('old password'), 'wrong');
  assert.equal(computed.length, 1);
  for (let minute = 0; minute < 20; minute += 1) {
    time += 60_000;
    assert.equal(await check('old password'), 'wrong');
  }
  assert.equal(await check(PASSWORD), 'ok');
});

test('many requests at once with one password need one computation', async () => {
  const results = await Promise.all(Array.from({ length: 30 }, () => check(PASSWORD)));
  assert.deepEqual(new Set(results), new Set(['ok']));
  assert.equal(computed.length, 1);
});

test('a new password, a disabled and a removed account count at once, remembered or not', async () => {
  assert.equal(await check(PASSWORD), 'ok');
  await users.setEnabled(anna.id, false);
  assert.equal(await check(PASSWORD), 'disabled');
  assert.equal(await check('something else'), 'wrong');
  await users.setEnabled(anna.id, true);
  assert.equal(await check(PASSWORD), 'ok');
  await users.setPassword(anna.id, await hasher.hash('another pass'), { mustChange: false });
  assert.equal(await check(PASSWORD), 'wrong');
  assert.equal(await check('another pass'), 'ok');
  await users.remove(anna.id);
  assert.equal(await check('another pass'), 'wrong');
});

test('a password that was wrong is right once it is set', async () => {
  assert.equal(await check('another pass'), 'wrong');
  await users.setPassword(anna.id, await hasher.hash('another pass'), { mustChange: false });
  assert.equal(await check('another pass'), 'ok');
});

test('a user added again under the same name does not inherit what was remembered', async () => {
  assert.equal(await check(PASSWORD), 'ok');
  await users.remove(anna.id);
  const hash = await hasher.hash('another pass');
  await users.add({ username: 'anna', passwordHash: hash, mustChangePassword: false, roleIds: [], by: '' });
  assert.equal(await check(PASSWORD), 'wrong');
});

test('a password changed while it was being checked no longer counts', async () => {
  const changing = {
    verify: async (password: string, hash: string) => {
      const matches = await hasher.verify(password, hash);
      await users.setPassword(anna.id, 'x', { mustChange: false });
      return matches;
    },
  };
  start({ hasher: changing });
  assert.equal(await check(PASSWORD), 'wrong');
});

test('forgetting a user makes the next check compute again', async () => {
  await check(PASSWORD);
  checker.forget(anna.id + 1);
  await check(PASSWORD);
  assert.equal(computed.length, 1);
  checker.forget(anna.id);
  await check(PASSWORD);
  assert.equal(computed.length, 2);
});

test('an unknown name costs the same computation as a wrong password', async () => {
  assert.equal(await check('guess one', 'nobody'), 'wrong');
  assert.equal(await check('guess one', 'anna'), 'wrong');
  assert.equal(computed.length, 2);
  const cost = (hash: string | undefined) => hash?.slice(0, 7);
  assert.equal(cost(computed[0]?.hash), cost(computed[1]?.hash));
});

test('an empty password is wrong and no guess', async () => {
  for (let count = 0; count < 200; count += 1) assert.equal(await check(''), 'wrong');
  assert.equal(computed.length, 0);
  assert.equal(await check(PASSWORD), 'ok');
});

test('what shares the first 72 bytes of a password is another password', async () => {
  const long = 'x1y'.repeat(24);
  await users.setPassword(anna.id, await hasher.hash(long), { mustChange: false });
  assert.equal(await check(long), 'ok');
  assert.equal(await check(`${long}z`), 'wrong');
  assert.equal(await check(`${long}${'z'.repeat(4096)}`), 'wrong');
  assert.equal(await check('tr0ub4dor\0'), 'wrong');
});

test('name and password never run into each other', async () => {
  const hash = await hasher.hash('b-password');
  await users.add({ username: 'a', passwordHash: hash, mustChangePassword: false, roleIds: [], by: '' });
  assert.equal(await check('b-password', 'a'), 'ok');
  assert.equal(await check('-password', 'ab'), 'wrong');
});

test('letters that can be written in two ways are one password', async () => {
  await users.setPassword(anna.id, await hasher.hash('caf\u00e9-caf\u00e9'), { mustChange: false });
  assert.equal(await check('cafe\u0301-cafe\u0301'), 'ok');
});

test('guessing is slowed down there and nowhere else, and the right password gets through all the same', async () => {
  for (let guess = 0; guess < 10; guess += 1) assert.equal(await check(`guess ${guess}`), 'wrong');
  assert.deepEqual(waited, []);
  const result = await checker.check({ username: 'anna', password: 'guess 11', address: '10.0.0.1' });
  assert.equal(!result.ok && result.reason, 'throttled');
  assert.ok(!result.ok && (result.retryAfterSeconds ?? 0) > 0);
  assert.equal(await check(PASSWORD), 'ok');
  waited = [];
  assert.equal(await check('guess 12', 'anna', '10.0.1.1'), 'wrong');
  assert.deepEqual(waited, []);
});

test('many guesses at once cannot slip through together', async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, guess) => check(`guess ${guess}`)));
  assert.equal(results.filter((result) => result === 'wrong').length, 10);
  assert.equal(waited.length, 9);
});

test('a guess that is counted is not computed again for as long as it counts', async () => {
  assert.equal(await check('old password'), 'wrong');
  time += 3600_000 - 1;
  for (let count = 0; count < 50; count += 1) assert.equal(await check('old password'), 'wrong');
  assert.equal(computed.length, 1);
});

test('a hundred wrong passwords on many accounts keep nobody out: who was here before, nor who comes first', async () => {
  await users.add({ username: 'new', passwordHash, mustChangePassword: false, roleIds: [], by: '' });
  assert.equal(await check(PASSWORD), 'ok');
  const instant = { verify: async (password: string) => password === PASSWORD };
  start({ hasher: instant });
  await Promise.all(Array.from({ length: 120 }, (_, at) => check('guess', `user${at}`)));
  assert.equal(await check(PASSWORD), 'ok');
  assert.equal(await check(PASSWORD, 'new'), 'ok');
});

test('whom we know at a place is remembered over a restart: guesses from beside it do not count there', async () => {
  assert.equal(await check(PASSWORD), 'ok');
  start({ hasher: { verify: async (password) => password === PASSWORD } });
  for (let guess = 0; guess < 12; guess += 1) await check(`guess ${guess}`, 'anna', '10.0.0.66');
  waited = [];
  assert.equal(await check(PASSWORD), 'ok');
  assert.deepEqual(waited, []);
});

test('known places end after a month, and the latest twenty of an account are kept', async () => {
  const places = createKnownAddresses(database.db, () => time);
  for (let place = 0; place < 25; place += 1) {
    await places.record(anna.id, `10.1.0.${place}`);
    time += 1000;
  }
  const known = async (place: number) => places.has(anna.id, `10.1.0.${place}`);
  assert.deepEqual([await known(4), await known(5), await known(24)], [false, true, true]);
  time += 30 * 86_400_000;
  assert.equal(await known(24), false);
  await places.purgeExpired();
  assert.deepEqual(await database.db.selectFrom('known_places').selectAll().execute(), []);
});

test('a password that was right a while ago goes ahead of whatever others guess', async () => {
  start({ hasher: { verify: async (password) => password === PASSWORD } });
  assert.equal(await check(PASSWORD), 'ok');
  for (let guess = 0; guess < 70; guess += 1) await check(`guess ${guess}`);
  time += 120_000;
  waited = [];
  assert.equal(await check(PASSWORD), 'ok');
  assert.deepEqual(waited, []);
});

test('when too many wait, the answer is busy and nothing is counted', async () => {
  full = true;
  for (let guess = 0; guess < 30; guess += 1) assert.equal(await check(`guess ${guess}`), 'busy');
  full = false;
  assert.equal(await check(PASSWORD), 'ok');
});

test('a password that has to be changed opens the sign-in form alone, and only when it is right', async () => {
  await users.setPassword(anna.id, passwordHash, { mustChange: true });
  assert.equal(await check('a wrong one'), 'wrong');
  assert.equal(await check(PASSWORD), 'change-password');
  assert.equal(await check(PASSWORD), 'change-password');
  const form = { username: 'anna', password: PASSWORD, address: '10.0.0.1', allowMustChange: true };
  assert.equal((await checker.check(form)).ok, true);
});

test('six people at once do not stall the event loop', async () => {
  // So few that their turn comes in time on a slow day, too.
  const PEOPLE = 6;
  for (let count = 0; count < PEOPLE; count += 1) {
    await users.add({ username: `user${count}`, passwordHash, mustChangePassword: false, roleIds: [], by: '' });
  }
  let turns = 0;
  const ticker = setInterval(() => {
    turns += 1;
  }, 5);
  const results = await Promise.all(Array.from({ length: PEOPLE }, (_, count) => check(PASSWORD, `user${count}`)));
  clearInterval(ticker);
  assert.deepEqual(new Set(results), new Set(['ok']));
  // Computed on the event loop, it would turn once after each hash at the most, however fast or slow the machine is.
  assert.ok(turns > 2 * PEOPLE, `the event loop turned ${turns} times`);
});

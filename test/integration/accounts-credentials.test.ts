import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Access, createAccess } from '../../server/access/engine.ts';
import { createUserStore, type User, type UserStore } from '../../server/access/users.ts';
import { type CredentialChecker, createCredentialChecker } from '../../server/accounts/credentials.ts';
import { createPasswordHasher, type PasswordHasher } from '../../server/accounts/password.ts';
import { createLogger } from '../../server/log.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

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
    isFull: () => full,
    verify: async (password: string, hash: string) => {
      computed.push({ password, hash });
      return hasher.verify(password, hash);
    },
  };
  checker = createCredentialChecker({ access, hasher: counting, users, now: () => time, clock: () => time, log });
});

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
  time += 1;
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
    isFull: () => false,
    verify: async (password: string, hash: string) => {
      const matches = await hasher.verify(password, hash);
      await users.setPassword(anna.id, 'x', { mustChange: false });
      return matches;
    },
  };
  checker = createCredentialChecker({ access, hasher: changing, users, now: () => time, clock: () => time, log });
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

test('guessing is slowed down there and nowhere else', async () => {
  for (let guess = 0; guess < 10; guess += 1) assert.equal(await check(`guess ${guess}`), 'wrong');
  const result = await checker.check({ username: 'anna', password: PASSWORD, address: '10.0.0.200' });
  assert.equal(!result.ok && result.reason, 'throttled');
  assert.ok(!result.ok && (result.retryAfterSeconds ?? 0) > 0);
  assert.equal(computed.length, 10);
  assert.equal(await check(PASSWORD, 'anna', '10.0.1.1'), 'ok');
});

test('many guesses at once cannot slip through together', async () => {
  const results = await Promise.all(Array.from({ length: 30 }, (_, guess) => check(`guess ${guess}`)));
  assert.equal(results.filter((result) => result === 'wrong').length, 10);
  assert.equal(results.filter((result) => result === 'throttled').length, 20);
});

test('who is signed in already is not slowed down by guesses from the same network', async () => {
  assert.equal(await check(PASSWORD), 'ok');
  for (let guess = 0; guess < 20; guess += 1) await check(`guess ${guess}`, 'anna', '10.0.0.66');
  time += 120_000;
  assert.equal(await check(PASSWORD), 'ok');
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

test('twenty people at once do not stall the event loop', async () => {
  for (let count = 0; count < 20; count += 1) {
    await users.add({ username: `user${count}`, passwordHash, mustChangePassword: false, roleIds: [], by: '' });
  }
  let turns = 0;
  const ticker = setInterval(() => {
    turns += 1;
  }, 5);
  const results = await Promise.all(Array.from({ length: 20 }, (_, count) => check(PASSWORD, `user${count}`)));
  clearInterval(ticker);
  assert.deepEqual(new Set(results), new Set(['ok']));
  // Computed on the event loop, it would turn once after each hash at the most, however fast or slow the machine is.
  assert.ok(turns > 2 * 20, `the event loop turned ${turns} times`);
});

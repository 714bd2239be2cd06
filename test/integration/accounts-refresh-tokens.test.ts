import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createUserStore, type User, type UserStore } from '../../server/access/users.ts';
import { createRefreshTokens, type RefreshTokens } from '../../server/accounts/refresh-tokens.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

const DAY = 24 * 3600_000;

let database: TestDatabase;
let users: UserStore;
let tokens: RefreshTokens;
let time: number;
let anna: User;

before(async () => {
  database = await openTestDatabase();
  users = createUserStore(database.db);
});
after(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom('users').execute();
  anna = await users.add({ username: 'anna', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: '' });
  time = 1_800_000_000_000;
  tokens = createRefreshTokens(database.db, () => time);
});

function issue(): Promise<string> {
  return tokens.issue({ userId: anna.id, passwordVersion: 1, service: 'registry:5000', clientId: 'docker' });
}

test('a token stands for its user at its service, and is kept as a hash', async () => {
  const token = await issue();
  assert.match(token, /^rwr_[A-Za-z0-9_-]{43}$/);
  assert.notEqual(await issue(), token);
  const expected = { userId: anna.id, username: 'anna', clientId: 'docker' };
  assert.deepEqual(await tokens.redeem(token, 'registry:5000'), expected);
  const kept = await database.db.selectFrom('refresh_tokens').selectAll().execute();
  assert.ok(!JSON.stringify(kept).includes(token));
});

test('is worth nothing elsewhere, changed, or after its time', async () => {
  const token = await issue();
  assert.equal(await tokens.redeem(token, 'other:5000'), undefined);
  for (const other of ['', 'rwr_', token.slice(4), `${token}x`, token.toUpperCase()]) {
    assert.equal(await tokens.redeem(other, 'registry:5000'), undefined, other);
  }
  time += 90 * DAY - 1;
  assert.ok(await tokens.redeem(token, 'registry:5000'));
  time += 1;
  assert.equal(await tokens.redeem(token, 'registry:5000'), undefined);
});

const endings = [
  ['another password', () => users.setPassword(anna.id, 'y', { mustChange: false })],
  ['a password that has to be changed', () => users.setPassword(anna.id, 'y', { mustChange: true })],
  ['a disabled account', () => users.setEnabled(anna.id, false)],
  ['a removed account', () => users.remove(anna.id)],
  ['revoking all', () => tokens.revokeAll(anna.id)],
] as const;
for (const [what, change] of endings) {
  test(`${what} ends it at once`, async () => {
    const token = await issue();
    assert.ok(await tokens.redeem(token, 'registry:5000'));
    await change();
    assert.equal(await tokens.redeem(token, 'registry:5000'), undefined);
  });
}

test('of very many refresh tokens, those unused for longest are removed', async () => {
  const first = await issue();
  const used = await issue();
  for (let count = 0; count < 99; count += 1) {
    time += 60_000;
    await issue();
    await tokens.redeem(used, 'registry:5000');
  }
  assert.equal(await tokens.redeem(first, 'registry:5000'), undefined);
  assert.ok(await tokens.redeem(used, 'registry:5000'));
});

test('purging removes only what has expired', async () => {
  await issue();
  time += 60 * DAY;
  const later = await issue();
  time += 31 * DAY;
  await tokens.purgeExpired();
  assert.equal((await database.db.selectFrom('refresh_tokens').selectAll().execute()).length, 1);
  assert.ok(await tokens.redeem(later, 'registry:5000'));
});

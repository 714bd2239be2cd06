import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { createAccess } from '../../server/access/engine.ts';
import { createGrantStore } from '../../server/access/grants.ts';
import { createRoleStore } from '../../server/access/roles.ts';
import { createUserStore } from '../../server/access/users.ts';
import { createSetupCode, ensureFirstAdmin } from '../../server/accounts/first-admin.ts';
import { createPasswordHasher, type PasswordHasher } from '../../server/accounts/password.ts';
import { createAudit } from '../../server/audit/audit.ts';
import { createLogger } from '../../server/log.ts';
import { createSettings } from '../../server/storage/settings.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

let database: TestDatabase;
let hasher: PasswordHasher;
let lines: string[];

before(() => {
  hasher = createPasswordHasher();
});
after(() => hasher.close());
beforeEach(async () => {
  database = await openTestDatabase();
  lines = [];
});
afterEach(() => database.close());

async function start(password: string | null = null) {
  const { db } = database;
  const users = createUserStore(db);
  const settings = createSettings(db);
  const log = createLogger('info', { write: (line: string) => void lines.push(line) });
  const stores = { users, roles: createRoleStore(db), grants: createGrantStore(db), settings };
  await ensureFirstAdmin({ ...stores, hasher, password, log });
  const admin = await users.find('admin');
  assert.ok(admin);
  return { ...stores, admin, access: createAccess(db), setupCode: createSetupCode(settings) };
}

function loggedCodes(): string[] {
  return lines.map((line) => JSON.parse(line)).flatMap(({ code }) => (code === undefined ? [] : [String(code)]));
}

async function opens(password: string): Promise<boolean> {
  const identity = await createAccess(database.db).identify('admin');
  return hasher.verify(password, identity?.passwordHash ?? '');
}

test('an empty database gets admin / admin, who has to replace the password', async () => {
  const { admin, access, setupCode } = await start();
  assert.equal(await opens('admin'), true);
  assert.equal(admin.mustChangePassword, true);
  assert.equal((await access.rightsOf({ kind: 'user', id: admin.id, name: 'admin' })).isAdmin, true);
  assert.equal(await setupCode.isNeededFor(admin), true);
  const { entries } = await createAudit(database.db).list({ limit: 10 });
  assert.deepEqual(
    entries.map(({ actor, action, object, detail }) => [actor, action, object, detail]),
    [['', 'user.add', 'admin', { roles: ['admin'] }]],
  );
});

test('without its code there is no first admin either', async () => {
  await database.db.schema.alterTable('settings').renameTo('hidden').execute();
  await assert.rejects(start());
  assert.equal((await createUserStore(database.db).list({ limit: 1 })).total, 0);
  await database.db.schema.alterTable('hidden').renameTo('settings').execute();
  const { admin, setupCode } = await start();
  assert.equal(await setupCode.isNeededFor(admin), true);
});

test('the log shows a one-time code, of which only a hash is kept', async () => {
  const { setupCode, settings } = await start();
  const [code = '', ...others] = loggedCodes();
  assert.match(code, /^[2-9A-Z]{4}(-[2-9A-Z]{4}){3}$/);
  assert.deepEqual(others, []);
  assert.equal(await setupCode.check(code), true);
  assert.equal(await setupCode.check(` ${code.toLowerCase().replaceAll('-', ' ')} `), true);
  const wrong = `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`;
  for (const text of ['', wrong, 'admin', code.slice(1)]) assert.equal(await setupCode.check(text), false, text);
  assert.ok(!(await settings.get('setup.code'))?.includes(code));
});

test('each start shows another code, until the password is replaced', async () => {
  await start();
  const { admin, users, setupCode } = await start();
  const [first = '', second = ''] = loggedCodes();
  assert.notEqual(first, second);
  assert.equal(await setupCode.check(first), false);
  assert.equal(await setupCode.check(second), true);
  await users.setPassword(admin.id, await hasher.hash('tr0ub4dor&3'), { mustChange: false });
  const later = await start();
  assert.equal(loggedCodes().length, 2);
  assert.equal(await later.setupCode.check(second), false);
  assert.equal(await opens('tr0ub4dor&3'), true);
});

test('a cleared code opens nothing', async () => {
  const { admin, setupCode } = await start();
  await setupCode.clear();
  assert.equal(await setupCode.check(loggedCodes()[0] ?? ''), false);
  assert.equal(await setupCode.check(''), false);
  assert.equal(await setupCode.isNeededFor(admin), false);
});

test('the code belongs to the default password, not to others who have to change theirs', async () => {
  const { users, setupCode } = await start();
  const anna = await users.add({ username: 'anna', passwordHash: 'x', mustChangePassword: true, roleIds: [], by: '' });
  assert.equal(await setupCode.isNeededFor(anna), false);
});

test('a configured password is used once, without a code', async () => {
  const { admin } = await start('tr0ub4dor&3');
  assert.equal(admin.mustChangePassword, false);
  assert.equal(await opens('tr0ub4dor&3'), true);
  await start('another one');
  assert.equal(await opens('tr0ub4dor&3'), true);
  assert.deepEqual(loggedCodes(), []);
});

test('admin as the configured password is the default one', async () => {
  const { admin } = await start('admin');
  assert.equal(admin.mustChangePassword, true);
  assert.equal(loggedCodes().length, 1);
});

test('a configured password that would be cut stops the start', async () => {
  await assert.rejects(start('x'.repeat(73)), { name: 'StartError', exitCode: 78 });
});

test('a database with people in it gets no admin', async () => {
  const { admin, users, roles, grants } = await start('tr0ub4dor&3');
  const role = await roles.find('admin');
  const root = await users.add({ username: 'root', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: '' });
  await grants.grant({ kind: 'user', id: root.id }, role?.id ?? 0, '');
  await users.remove(admin.id);
  await assert.rejects(start(), { name: 'AssertionError' });
  assert.equal(await users.find('admin'), undefined);
});

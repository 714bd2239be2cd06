import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { createAccess } from '../../server/access/engine.ts';
import { createRoleStore } from '../../server/access/roles.ts';
import { createUserStore, type UserStore } from '../../server/access/users.ts';
import { createSetupCode } from '../../server/accounts/first-admin.ts';
import { createPasswordHasher } from '../../server/accounts/password.ts';
import { createSessions } from '../../server/accounts/sessions.ts';
import { main } from '../../server/admin.ts';
import { createSettings } from '../../server/storage/settings.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

let database: TestDatabase;
let users: UserStore;
let printed: string;
let complained: string;

// Stays open and locked all the time, as the running server holds it.
before(async () => {
  database = await openTestDatabase();
  users = createUserStore(database.db);
  await createRoleStore(database.db).ensureBuiltins();
  await writeFile(join(database.dataPath, 'config.yml'), 'data:\n  path: .\n');
});
after(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom('users').execute();
  await database.db.deleteFrom('audit').execute();
  printed = '';
  complained = '';
});

function run(...argv: string[]): Promise<number> {
  return main(argv, {
    env: { CONFIG_PATH: join(database.dataPath, 'config.yml') },
    print: (text) => {
      printed += text;
    },
    complain: (text) => {
      complained += text;
    },
  });
}

async function addAdmin() {
  const role = await createRoleStore(database.db).find('admin');
  const roleIds = [role?.id ?? 0];
  return users.add({ username: 'admin', passwordHash: 'x', mustChangePassword: true, roleIds, by: '' });
}

test('resets a password beside the running server: shown once, enabled, to be changed, sessions ended, recorded', async () => {
  const admin = await addAdmin();
  const settings = createSettings(database.db);
  await settings.set('setup.code', JSON.stringify({ userId: admin.id, codeHash: 'x' }));
  await database.db.updateTable('users').set({ enabled: 0 }).where('id', '=', admin.id).execute();
  const sessions = createSessions(database.db, { now: Date.now });
  const data = { cookie: { originalMaxAge: null }, userId: admin.id, passwordVersion: 1 };
  await new Promise<void>((resolve) => sessions.store.set('s', data as never, () => resolve()));

  assert.equal(await run('reset-password', 'ADMIN'), 0);
  const password = /: (\S+)\n/.exec(printed)?.[1] ?? '';
  const identity = await createAccess(database.db).identify('admin');
  const hasher = createPasswordHasher();
  assert.equal(await hasher.verify(password, identity?.passwordHash ?? ''), true);
  await hasher.close();
  assert.deepEqual([identity?.enabled, identity?.mustChangePassword], [true, true]);
  assert.deepEqual(await database.db.selectFrom('sessions').selectAll().execute(), []);
  assert.equal(await createSetupCode(settings).isNeededFor({ id: admin.id, mustChangePassword: true }), false);
  const recorded = await database.db.selectFrom('audit').selectAll().execute();
  assert.deepEqual(
    recorded.map(({ action, object }) => [action, object]),
    [
      ['password.reset', 'admin'],
      ['user.enable', 'admin'],
    ],
  );
  assert.ok(!JSON.stringify(recorded).includes(password));
});

test('says so when there is no such user', async () => {
  assert.equal(await run('reset-password', 'nobody'), 1);
  assert.match(complained, /no user nobody/);
  assert.equal(printed, '');
});

test('lists who has an account', async () => {
  await addAdmin();
  await users.add({ username: 'zoe', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: '' });
  assert.equal(await run('list-users'), 0);
  assert.equal(printed, 'admin\tenabled\tadmin\tnever signed in\nzoe\tenabled\t-\tnever signed in\n');
});

for (const argv of [[], ['reset-password'], ['reset-password', 'a', 'b'], ['list-users', 'x'], ['remove', 'a']]) {
  test(`explains itself when called as "${argv.join(' ')}"`, async () => {
    assert.equal(await run(...argv), 64);
    assert.match(complained, /reset-password NAME/);
  });
}

test('without a database it says to start the server first', async () => {
  const env = { CONFIG_PATH: join(database.dataPath, 'config.yml'), DATA_PATH: join(database.dataPath, 'none') };
  const complain = (text: string) => {
    complained += text;
  };
  const code = await main(['list-users'], { env, print: () => undefined, complain });
  assert.notEqual(code, 0);
  assert.match(complained, /Start the server once first/);
});

/** Roles of one rule: made when somebody is given exactly that, gone when nobody has it any more. On both engines. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAccess } from '../../server/access/engine.ts';
import { createGrantStore } from '../../server/access/grants.ts';
import { createPublicAccess } from '../../server/access/public.ts';
import { ANONYMOUS, allowedActions } from '../../server/access/rights.ts';
import { createRoleStore } from '../../server/access/roles.ts';
import type { RuleInput } from '../../server/access/rule.ts';
import { createSingleRuleRoles } from '../../server/access/single-rule.ts';
import { createUserStore } from '../../server/access/users.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  await stores().roles.ensureBuiltins();
});
after(() => database?.close());

function stores() {
  const { db } = database;
  const access = createAccess(db);
  const single = createSingleRuleRoles(db);
  return {
    ...{ access, single, roles: createRoleStore(db), grants: createGrantStore(db), users: createUserStore(db) },
    open: createPublicAccess({ access, single }),
  };
}
const pull = (repository: string): RuleInput => ({
  ...{ repository, address: '*', canPull: true, canPush: false, canDelete: false },
});
const mayPull = async (repository: string) =>
  allowedActions(await stores().access.rightsOf(ANONYMOUS), repository, '192.0.2.1').has('pull');
const roleNames = async () => (await stores().roles.list()).filter(({ builtin }) => !builtin).map(({ name }) => name);
const repository = (name: string) => ({ kind: 'repository', name }) as const;
const folder = (name: string) => ({ kind: 'folder', name }) as const;

test('a rule is granted as a role of its own, and the role goes with its last holder', async () => {
  const { single } = stores();
  assert.deepEqual(await single.grant(ANONYMOUS, pull('team/app'), 'admin'), {
    role: 'team-app-pull',
    isNewRole: true,
    isNew: true,
  });
  assert.equal(await mayPull('team/app'), true);
  assert.equal(await mayPull('team/app2'), false);
  assert.deepEqual(await single.grant(ANONYMOUS, pull('team/app'), 'admin'), {
    role: 'team-app-pull',
    isNewRole: false,
    isNew: false,
  });
  assert.deepEqual(await single.revoke(ANONYMOUS, pull('team/app')), [{ role: 'team-app-pull', isRemoved: true }]);
  assert.equal(await mayPull('team/app'), false);
  assert.deepEqual(await roleNames(), []);
  assert.deepEqual(await single.revoke(ANONYMOUS, pull('team/app')), []);
});

test('a role that says the same is used instead of a new one, and stays when it was made by a person', async () => {
  const { single, roles } = stores();
  const { id } = await roles.add({ name: 'shop-window', description: '' });
  await roles.setRules(id, [pull('web/**')]);
  assert.deepEqual(await single.grant(ANONYMOUS, pull('web/**'), 'admin'), {
    role: 'shop-window',
    isNewRole: false,
    isNew: true,
  });
  assert.deepEqual(await single.revoke(ANONYMOUS, pull('web/**')), [{ role: 'shop-window', isRemoved: false }]);
  assert.deepEqual(await roleNames(), ['shop-window']);
  await roles.remove(id);
});

test('a role that others hold is taken from the one alone', async () => {
  const { single, users, grants } = stores();
  const { role } = await single.grant(ANONYMOUS, pull('team/app'), 'admin');
  const holder = (await stores().roles.find(role))?.id ?? 0;
  const user = await users.add({
    username: 'mia',
    passwordHash: 'x',
    mustChangePassword: false,
    roleIds: [holder],
    by: 'admin',
  });
  assert.deepEqual(await single.revoke(ANONYMOUS, pull('team/app')), [{ role, isRemoved: false }]);
  assert.deepEqual(
    (await grants.rolesOf({ kind: 'user', id: user.id })).map(({ name }) => name),
    [role],
  );
  await users.remove(user.id);
  await stores().roles.remove(holder);
});

test('names of roles do not collide, and say what they are', async () => {
  const { single } = stores();
  const push: RuleInput = { ...pull('a/b'), canPush: true };
  const names = [];
  for (const rule of [
    pull('a/b'),
    pull('a-b'),
    push,
    { ...push, canDelete: true },
    pull('a/**'),
    pull(`${'x'.repeat(200)}/y`),
  ]) {
    names.push((await single.grant(ANONYMOUS, rule, 'admin')).role);
  }
  assert.deepEqual(names.slice(0, 5), ['a-b-pull', 'a-b-pull-2', 'a-b-push', 'a-b-push-delete', 'a-all-pull']);
  assert.ok((names[5]?.length ?? 99) <= 64);
  for (const rule of [
    pull('a/b'),
    pull('a-b'),
    push,
    { ...push, canDelete: true },
    pull('a/**'),
    pull(`${'x'.repeat(200)}/y`),
  ]) {
    await single.revoke(ANONYMOUS, rule);
  }
  assert.deepEqual(await roleNames(), []);
});

test('public is a repository or a folder that everybody may pull, from anywhere', async () => {
  const { open, single, roles, grants } = stores();
  assert.deepEqual(await open.state(repository('team/app')), { isPublic: false, isOwn: false, wider: [], limited: [] });
  await single.grant(ANONYMOUS, pull('team/app'), 'admin');
  const own = await open.state(repository('team/app'));
  assert.deepEqual([own.isPublic, own.isOwn, own.wider.length], [true, true, 0]);
  assert.equal((await open.state(folder('team'))).isPublic, false);

  await single.grant(ANONYMOUS, pull('team/**'), 'admin');
  const below = await open.state(repository('team/app'));
  assert.deepEqual(
    below.wider.map(({ source }) => source?.pattern),
    ['team/**'],
  );
  assert.equal((await open.state(folder('team'))).isOwn, true);
  assert.deepEqual(
    (await open.state(folder('team/sub'))).wider.map(({ source }) => source?.role),
    ['team-all-pull'],
  );
  assert.equal((await open.state(folder('teams'))).isPublic, false);

  const office = await roles.add({ name: 'office', description: '' });
  await roles.setRules(office.id, [{ ...pull('web/**'), address: '10.0.0.0/8' }]);
  await grants.grant(ANONYMOUS, office.id, 'admin');
  const limited = await open.state(repository('web/shop'));
  assert.deepEqual([limited.isPublic, limited.limited.length], [false, 1]);
});

test('a line of a role with more lines is not for the switch', async () => {
  const { open, roles, grants } = stores();
  const { id } = await roles.add({ name: 'mixed', description: '' });
  await roles.setRules(id, [pull('mix/one'), pull('mix/two')]);
  await grants.grant(ANONYMOUS, id, 'admin');
  const state = await open.state(repository('mix/one'));
  assert.deepEqual([state.isPublic, state.isOwn, state.wider[0]?.source?.role], [true, false, 'mixed']);
});

test('names are taken literally', async () => {
  const { open } = stores();
  assert.equal(open.ruleOf(repository('we[i]rd')).repository, 'we\\[i\\]rd');
  assert.equal(open.ruleOf(folder('team')).repository, 'team/**');
});

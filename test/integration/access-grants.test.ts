import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Access, createAccess } from '../../server/access/engine.ts';
import { createGrantStore, type GrantStore } from '../../server/access/grants.ts';
import { ANONYMOUS, allowedActions, type Subject } from '../../server/access/rights.ts';
import { createRoleStore, type Role, type RoleStore } from '../../server/access/roles.ts';
import type { RuleInput } from '../../server/access/rule.ts';
import { createUserStore, type User, type UserStore } from '../../server/access/users.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

let database: TestDatabase;
let users: UserStore;
let roles: RoleStore;
let grants: GrantStore;
let access: Access;

before(async () => {
  database = await openTestDatabase();
  users = createUserStore(database.db);
  roles = createRoleStore(database.db);
  grants = createGrantStore(database.db);
  access = createAccess(database.db);
});
after(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom('grants').execute();
  await database.db.deleteFrom('users').execute();
  await database.db.deleteFrom('roles').execute();
  await roles.ensureBuiltins();
});

const PULL: RuleInput = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
const EVERYBODY = { kind: 'anonymous', id: 0 } as const;

async function role(name: string): Promise<Role> {
  const found = await roles.find(name);
  assert.ok(found, `role ${name}`);
  return found;
}

async function addUser(username: string, ...roleNames: string[]): Promise<User> {
  const roleIds = await Promise.all(roleNames.map(async (name) => (await role(name)).id));
  return users.add({ username, passwordHash: 'x', mustChangePassword: false, roleIds, by: 'admin' });
}

function subjectOf(user: User): Subject {
  return { kind: 'user', id: user.id, name: user.username };
}

async function actionsOf(subject: Subject, repository: string, address = '10.0.0.1'): Promise<string> {
  return [...allowedActions(await access.rightsOf(subject), repository, address)].sort().join(',');
}

test('the built-in roles give what their names say, anywhere', async () => {
  const expected = [
    ['read-all', 'pull', false, false],
    ['write-all', 'pull,push', false, false],
    ['delete-all', 'delete,pull', false, false],
    ['auditor', '', false, true],
    ['admin', 'delete,pull,push', true, true],
  ] as const;
  assert.deepEqual((await roles.list()).map(({ name }) => name).sort(), expected.map(([name]) => name).sort());
  for (const [name, actions, isAdmin, isAuditor] of expected) {
    const subject = subjectOf(await addUser(`has-${name}`, name));
    assert.equal(await actionsOf(subject, 'a/b/c', '2001:db8::1'), actions, name);
    const rights = await access.rightsOf(subject);
    assert.deepEqual([rights.isAdmin, rights.isAuditor], [isAdmin, isAuditor], name);
  }
});

test('built-in roles are made once and cannot be changed or removed', async () => {
  const before = await roles.list();
  await roles.ensureBuiltins();
  assert.deepEqual(await roles.list(), before);
  const { id } = await role('read-all');
  await assert.rejects(roles.setRules(id, [PULL]), { code: 'CONFLICT', key: 'role.builtin' });
  await assert.rejects(roles.remove(id), { code: 'CONFLICT', key: 'role.builtin' });
  assert.deepEqual(await roles.list(), before);
});

test('a grant, its loss and a change of the rules count with the next question', async () => {
  const anna = await addUser('anna');
  const subject = subjectOf(anna);
  const team = await roles.add({ name: 'team', description: 'The team' });
  await roles.setRules(team.id, [PULL]);
  assert.equal(await actionsOf(subject, 'team/app'), '');
  assert.equal(await grants.grant(subject, team.id, 'admin'), true);
  assert.equal(await grants.grant(subject, team.id, 'admin'), false);
  assert.equal(await actionsOf(subject, 'team/app'), 'pull');
  await roles.setRules(team.id, [{ ...PULL, canPush: true }]);
  assert.equal(await actionsOf(subject, 'team/app'), 'pull,push');
  await roles.setRules(team.id, [{ ...PULL, address: '192.168.0.0/16' }]);
  assert.equal(await actionsOf(subject, 'team/app'), '');
  assert.equal(await actionsOf(subject, 'team/app', '192.168.3.4'), 'pull');
  assert.equal(await grants.revoke(subject, team.id), true);
  assert.equal(await actionsOf(subject, 'team/app', '192.168.3.4'), '');
  assert.equal(await grants.revoke(subject, team.id), false);
});

test('rights are computed once until something changes', async () => {
  const anna = await addUser('anna', 'read-all');
  const identity = await access.identify('anna');
  const rights = await access.rightsOf(subjectOf(anna), identity?.accessVersion);
  assert.equal(await access.rightsOf(subjectOf(anna), identity?.accessVersion), rights);
  assert.equal(await access.rightsOf(subjectOf(anna)), rights);
  await users.setEnabled(anna.id, true);
  assert.notEqual(await access.rightsOf(subjectOf(anna)), rights);
});

test('removing a role takes it from everybody', async () => {
  const team = await roles.add({ name: 'team', description: '' });
  await roles.setRules(team.id, [PULL]);
  const anna = await addUser('anna', 'team');
  assert.equal(await actionsOf(subjectOf(anna), 'team/app'), 'pull');
  await roles.remove(team.id);
  assert.equal(await actionsOf(subjectOf(anna), 'team/app'), '');
  assert.deepEqual(await grants.rolesOf({ kind: 'user', id: anna.id }), []);
});

test('what everybody may do holds for visitors and for the signed-in alike', async () => {
  const open = await roles.add({ name: 'open', description: '' });
  const ownFolder = { ...PULL, repository: '$'.concat('{user}/**'), canPush: true };
  await roles.setRules(open.id, [{ ...PULL, repository: 'public/*' }, ownFolder]);
  const anna = await addUser('anna');
  assert.equal(await actionsOf(ANONYMOUS, 'public/app'), '');
  await grants.grant(EVERYBODY, open.id, 'admin');
  assert.equal(await actionsOf(ANONYMOUS, 'public/app'), 'pull');
  assert.equal(await actionsOf(subjectOf(anna), 'public/app'), 'pull');
  // Everybody together has no name: the own folder is given by a grant to the user.
  assert.equal(await actionsOf(ANONYMOUS, '/x'), '');
  assert.equal(await actionsOf(subjectOf(anna), 'anna/x'), '');
  await grants.grant(subjectOf(anna), open.id, 'admin');
  assert.equal(await actionsOf(subjectOf(anna), 'anna/x'), 'pull,push');
});

test('admin and auditor cannot be granted to everybody', async () => {
  for (const name of ['admin', 'auditor']) {
    const { id } = await role(name);
    await assert.rejects(grants.grant(EVERYBODY, id, 'admin'), { code: 'INVALID', key: 'role.not_for_all' });
  }
  assert.equal((await access.rightsOf(ANONYMOUS)).isAdmin, false);
});

test('a grant needs a role and a user that exist', async () => {
  const anna = await addUser('anna');
  await assert.rejects(grants.grant(subjectOf(anna), 999_999, 'admin'), { code: 'NOT_FOUND' });
  await assert.rejects(grants.grant({ kind: 'user', id: 999_999 }, (await role('read-all')).id, 'admin'), {
    code: 'NOT_FOUND',
  });
});

test('shows who holds a role and what a user holds', async () => {
  const anna = await addUser('anna', 'read-all', 'auditor');
  await grants.grant(EVERYBODY, (await role('read-all')).id, 'root');
  const held = await grants.rolesOf({ kind: 'user', id: anna.id });
  assert.deepEqual(
    held.map(({ name, grantedBy }) => [name, grantedBy]),
    [
      ['auditor', 'admin'],
      ['read-all', 'admin'],
    ],
  );
  assert.deepEqual(await grants.holdersOf((await role('read-all')).id), [
    { kind: 'anonymous', id: 0, name: '' },
    { kind: 'user', id: anna.id, name: 'anna' },
  ]);
});

test('the last active admin can be neither disabled, removed nor demoted', async () => {
  const root = await addUser('root', 'admin');
  const second = await addUser('second', 'admin');
  const adminRole = await role('admin');
  await users.setEnabled(second.id, false);
  const lastAdmin = { code: 'CONFLICT', key: 'user.last_admin' };
  await assert.rejects(users.setEnabled(root.id, false), lastAdmin);
  await assert.rejects(users.remove(root.id), lastAdmin);
  await assert.rejects(grants.revoke({ kind: 'user', id: root.id }, adminRole.id), lastAdmin);
  assert.equal((await access.rightsOf(subjectOf(root))).isAdmin, true);
  await users.setEnabled(second.id, true);
  await users.remove(root.id);
  assert.equal(await users.get(root.id), undefined);
});

test('of two admins who remove each other at the same time, one stays', async () => {
  const first = await addUser('first', 'admin');
  const second = await addUser('second', 'admin');
  const results = await Promise.allSettled([users.remove(first.id), users.setEnabled(second.id, false)]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a refused change leaves nothing behind, not even a new version', async () => {
  const root = await addUser('root', 'admin');
  const version = (await access.identify('root'))?.accessVersion;
  await assert.rejects(users.remove(root.id), { code: 'CONFLICT' });
  assert.equal((await access.identify('root'))?.accessVersion, version);
  assert.equal((await grants.rolesOf({ kind: 'user', id: root.id })).length, 1);
});

test('every change raises the version by which rights are cached', async () => {
  let last = 0;
  const raised = async (change: () => Promise<unknown>) => {
    await change();
    const version = (await access.identify('anna'))?.accessVersion ?? 0;
    assert.ok(version > last, String(change));
    last = version;
  };
  let anna: User | undefined;
  await raised(async () => {
    anna = await addUser('anna');
  });
  const id = anna?.id ?? 0;
  const other = await addUser('other');
  const team = await roles.add({ name: 'team', description: '' });
  await raised(() => roles.setRules(team.id, [PULL]));
  await raised(() => grants.grant({ kind: 'user', id }, team.id, ''));
  await raised(() => grants.revoke({ kind: 'user', id }, team.id));
  await raised(() => roles.remove(team.id));
  await raised(() => users.setEnabled(id, false));
  await raised(() => users.setPassword(id, 'y', { mustChange: false }));
  await raised(() => users.remove(other.id));
});

test('a disabled user holds nothing of their own', async () => {
  const anna = await addUser('anna', 'write-all');
  await users.setEnabled(anna.id, false);
  assert.equal(await actionsOf(subjectOf(anna), 'a'), '');
  assert.equal((await access.identify('anna'))?.enabled, false);
});

test('user names are unique whatever their case, and well-formed', async () => {
  assert.equal((await addUser(' Anna.Müller '.replace('ü', 'u'))).username, 'anna.muller');
  await assert.rejects(addUser('ANNA.MULLER'), { code: 'CONFLICT', field: 'username' });
  assert.equal((await users.find('ANNA.muller'))?.username, 'anna.muller');
  assert.equal((await access.identify('Anna.Muller'))?.subject.name, 'anna.muller');
  for (const name of ['', 'a:b', 'a b', 'a/b', '..', 'anonymous', 'ü', 'x'.repeat(129), '*']) {
    await assert.rejects(addUser(name), { code: 'INVALID', field: 'username' }, name);
  }
});

test('pages through users by name, filtered', async () => {
  for (const name of ['bob', 'anna', 'hanna', 'joanna', 'per_cent']) await addUser(name);
  const first = await users.list({ filter: 'ANNA', limit: 2 });
  assert.deepEqual(
    [first.users.map((user) => user.username), first.next, first.total],
    [['anna', 'hanna'], 'hanna', 3],
  );
  const second = await users.list({ filter: 'anna', after: first.next, limit: 2 });
  assert.deepEqual([second.users.map((user) => user.username), second.next], [['joanna'], undefined]);
  assert.equal((await users.list({ filter: '%', limit: 9 })).total, 0);
  assert.equal((await users.list({ filter: '_', limit: 9 })).total, 1);
});

test('roles refuse what cannot mean anything', async () => {
  const team = await roles.add({ name: 'team', description: '' });
  await assert.rejects(roles.add({ name: 'team', description: '' }), { code: 'CONFLICT', field: 'name' });
  for (const name of ['', 'Team', 'a b', 'a/b', '..']) {
    await assert.rejects(roles.add({ name, description: '' }), { code: 'INVALID', field: 'name' });
  }
  const bad = [
    [{ ...PULL, repository: '[' }, 'repository'],
    [{ ...PULL, repository: ' ' }, 'repository'],
    [{ ...PULL, address: '10.0.0.0/99' }, 'address'],
    [{ ...PULL, canPull: false }, 'actions'],
  ] as const;
  for (const [rule, field] of bad) {
    await assert.rejects(roles.setRules(team.id, [PULL, rule]), { code: 'INVALID', field });
  }
  assert.deepEqual((await roles.get(team.id))?.rules, []);
  await assert.rejects(roles.setRules(999_999, [PULL]), { code: 'NOT_FOUND' });
});

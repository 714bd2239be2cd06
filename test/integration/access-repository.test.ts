/** Who is shown for a repository is who the engine lets in: compared with asking it about everybody. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAccess } from '../../server/access/engine.ts';
import { createGrantStore } from '../../server/access/grants.ts';
import { createRepositoryAccess } from '../../server/access/repository-access.ts';
import { rulesFor } from '../../server/access/rights.ts';
import { createRoleStore } from '../../server/access/roles.ts';
import { createUserStore, type User } from '../../server/access/users.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as people write it
const OWN = '${user}/**';
// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as people write it
const WITHIN = 'home/${user}-*/**';
const PATTERNS = ['team/**', 'team/app', 'other/*', '**', OWN, WITHIN, 'team/{app,web}', 'te?m/*'];
const REPOSITORIES = ['team/app', 'team/x/y', 'other/a', 'u7/app', 'home/u7-x/app', 'u77/app', 'none', 'u/7'];

let opened: TestDatabase;
const users: User[] = [];
before(async () => {
  opened = await openTestDatabase();
  const { db } = opened;
  const [roleStore, userStore, grants] = [createRoleStore(db), createUserStore(db), createGrantStore(db)];
  await roleStore.ensureBuiltins();
  const roleIds: number[] = [];
  for (const [index, repository] of PATTERNS.entries()) {
    const { id } = await roleStore.add({ name: `r${index}`, description: '' });
    const address = index % 3 === 0 ? '10.0.0.0/8' : '*';
    await roleStore.setRules(id, [
      { repository, address, canPull: true, canPush: index % 2 === 0, canDelete: index === 1 },
    ]);
    roleIds.push(id);
  }
  for (let index = 0; index < 80; index += 1) {
    const held = roleIds.filter((_, role) => role !== 3 && (index * 7 + role * 5) % 11 < 2);
    const account = { passwordHash: 'x', mustChangePassword: false, roleIds: held, by: 'test' };
    users.push(await userStore.add({ username: `u${index}`, ...account }));
  }
  const admin = await roleStore.find('admin');
  assert.ok(admin !== undefined);
  for (const index of [3, 4]) await grants.grant({ kind: 'user', id: users[index]?.id ?? 0 }, admin.id, 'test');
  await grants.grant({ kind: 'anonymous', id: 0 }, roleIds[2] ?? 0, 'test');
  for (const index of [7, 20]) await userStore.setEnabled(users[index]?.id ?? 0, index !== 20);
});
after(() => opened?.close());

/** Page by page, as the page of a repository asks. */
async function shown(repository: string, filter = ''): Promise<{ names: readonly string[]; total: number }> {
  const [repositoryAccess, access] = [createRepositoryAccess(opened.db), createAccess(opened.db)];
  const roles = await repositoryAccess.rolesOf(repository);
  const names: string[] = [];
  for (let after: string | undefined, total = 0; ; ) {
    const page = await repositoryAccess.usersOf(repository, { roles, filter, after, limit: 7 });
    total = page.total;
    for (const { id, name } of page.users) {
      const rights = await access.rightsOf({ kind: 'user', id, name });
      const own = rulesFor(rights, repository).some(({ source }) => source?.isForEverybody !== true);
      if (rights.isAdmin || own) names.push(name);
    }
    if (page.next === undefined) return { names, total };
    after = page.next;
  }
}

async function expected(repository: string): Promise<readonly string[]> {
  const access = createAccess(opened.db);
  const names: string[] = [];
  for (const { id, username: name } of users) {
    const rights = await access.rightsOf({ kind: 'user', id, name });
    const own = rulesFor(rights, repository).some(({ source }) => source?.isForEverybody !== true);
    if (rights.isAdmin || own) names.push(name);
  }
  return names.sort((a, b) => (a < b ? -1 : 1));
}

for (const repository of REPOSITORIES) {
  test(`${repository}: everybody with a right of their own, and nobody else`, async () => {
    const { names, total } = await shown(repository);
    assert.deepEqual(names, await expected(repository));
    assert.ok(total >= names.length);
    assert.ok(!names.includes('u20'), 'a disabled account holds nothing');
  });
}

test('a filter takes parts of names literally', async () => {
  assert.deepEqual(
    (await shown('team/app', 'u7')).names,
    (await expected('team/app')).filter((name) => name.includes('u7')),
  );
  assert.deepEqual((await shown('team/app', '%')).names, []);
});

test('roles are named with the rules that match, and with how many hold them', async () => {
  const roles = await createRepositoryAccess(opened.db).rolesOf('u7/app');
  const named = new Map(roles.map((role) => [role.name, role]));
  assert.ok(named.has('admin') && named.has('r3') && named.has('r4') && !named.has('r0'));
  assert.equal(named.get('admin')?.users, 2);
  assert.equal(named.get('r4')?.rules[0]?.isPersonal, true);
  const [everybody] = (await createRepositoryAccess(opened.db).rolesOf('other/a')).filter(
    ({ isForEverybody }) => isForEverybody,
  );
  assert.equal(everybody?.name, 'r2');
});

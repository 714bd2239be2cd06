/** The page of one person: roles, what they come to, what the person did, and the end of the account. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ANONYMOUS } from '../../server/access/rights.ts';
import { createRefreshTokens } from '../../server/accounts/refresh-tokens.ts';
import { createStars } from '../../server/catalog/lists/stars.ts';
import { createVisitor, FIRST_PASSWORD, startWeb, type TestWeb, type Visitor } from '../support/app/web.ts';

const PASSWORD = 'a-password-for-tests';
const PULL = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
let web: TestWeb;
let admin: Visitor;

before(async () => {
  web = await startWeb();
  admin = createVisitor(web.url);
  await admin.signIn('admin', FIRST_PASSWORD);
});
after(() => web?.stop());

async function addUser(username: string, ...roleNames: readonly string[]) {
  const known = await web.roles.list();
  const roleIds = known.filter(({ name }) => roleNames.includes(name)).map(({ id }) => id);
  const passwordHash = await web.hasher.hash(PASSWORD);
  return web.users.add({ username, passwordHash, mustChangePassword: false, roleIds, by: 'admin' });
}
async function addRole(name: string, rules: readonly (typeof PULL)[]) {
  const role = await web.roles.add({ name, description: '' });
  await web.roles.setRules(role.id, rules);
  return role.id;
}
const pageOf = async (path: string) => (await admin.request(path)).text();
const rolesOf = async (id: number) => (await web.grants.rolesOf({ kind: 'user', id })).map(({ name }) => name);
const card = (html: string, id: string) =>
  new RegExp(`<section[^>]*aria-labelledby="${id}"[\\s\\S]*?</section>`).exec(html)?.[0] ?? '';

test('roles are added and removed one by one, and each change is in the audit log', async () => {
  const { id } = await addUser('chips', 'auditor');
  const readAll = (await web.roles.find('read-all'))?.id ?? 0;
  const auditor = (await web.roles.find('auditor'))?.id ?? 0;
  const html = card(await pageOf('/users/chips'), 'roles');
  assert.match(html, new RegExp(`name="remove" value="${auditor}"`));
  assert.match(html, new RegExp(`<option value="${readAll}"`));
  assert.doesNotMatch(html, new RegExp(`<option value="${auditor}"`));
  assert.equal(
    (await admin.post('/users/chips/roles', { add: String(readAll) })).headers.get('location'),
    '/users/chips',
  );
  assert.deepEqual(await rolesOf(id), ['auditor', 'read-all']);
  await admin.post('/users/chips/roles', { remove: String(auditor) });
  assert.deepEqual(await rolesOf(id), ['read-all']);
  const { entries } = await web.audit.list({ limit: 10, object: 'chips' });
  assert.deepEqual(
    entries.map(({ action, detail }) => [action, detail['role']]),
    [
      ['role.revoke', 'auditor'],
      ['role.grant', 'read-all'],
    ],
  );
});

test('a role that does not exist, or none, changes nothing', async () => {
  const { id } = await addUser('careful', 'auditor');
  assert.equal((await admin.post('/users/careful/roles', { add: '99999' })).status, 404);
  assert.equal((await admin.post('/users/careful/roles', {})).status, 422);
  assert.equal((await admin.post('/users/careful/roles', { add: 'x' })).status, 422);
  assert.deepEqual(await rolesOf(id), ['auditor']);
});

test('effective rights name the role and the rule that give them, what everybody holds included', async () => {
  const everybody = await addRole('everybody', [{ ...PULL, repository: 'open/**' }]);
  await addRole('home', [{ ...PULL, repository: 'home/${'.concat('user}/**'), address: '10.0.0.0/8', canPush: true }]);
  await web.grants.grant(ANONYMOUS, everybody, 'admin');
  await addUser('erin', 'home');
  const html = card(await pageOf('/users/erin'), 'rights');
  const rows = [...html.matchAll(/<tr>(?:(?!<tr>)[\s\S])*/g)].map(([row]) => row);
  const home = rows.find((row) => row.includes('home/erin/**')) ?? '';
  assert.match(home, /href="\/roles\/home"/);
  assert.match(home, /home\/\$\{user\}\/\*\*/);
  assert.match(home, /10\.0\.0\.0\/8/);
  assert.match(home, />push</);
  const open = rows.find((row) => row.includes('open/**')) ?? '';
  assert.match(open, /href="\/roles\/everybody"/);
  assert.match(open, /href="\/anonymous"/);
  assert.doesNotMatch(open, />push</);
});

test('rights of another kind are said too: everything, and reading what happened', async () => {
  await addUser('inspector', 'auditor');
  assert.match(card(await pageOf('/users/inspector'), 'rights'), /href="\/roles\/auditor"/);
  assert.match(card(await pageOf('/users/admin'), 'rights'), /all repositories[\s\S]*href="\/roles\/admin"/);
});

test('a disabled account holds what everybody does, and the page says so', async () => {
  const { id } = await addUser('gone-fishing', 'read-all');
  await web.users.setEnabled(id, false);
  const html = card(await pageOf('/users/gone-fishing'), 'rights');
  assert.doesNotMatch(html, /href="\/roles\/read-all"/);
  assert.match(html, /open\/\*\*/);
  assert.match(html, /disabled/i);
});

test('many rights come in pages', async () => {
  const many = Array.from({ length: 120 }, (_, index) => ({
    ...PULL,
    repository: `many/r${String(index).padStart(3, '0')}`,
  }));
  await addRole('many', many);
  await addUser('hoarder', 'many');
  const counted = async (path: string) => [...card(await pageOf(path), 'rights').matchAll(/many\/r\d{3}/g)].length;
  const first = card(await pageOf('/users/hoarder'), 'rights');
  const next = /rel="next" href="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  assert.equal(await counted('/users/hoarder'), 50);
  assert.equal(await counted(next), 50);
  assert.equal(await counted('/users/hoarder?rights=3'), 20);
  assert.equal(await counted('/users/hoarder?rights=x'), 50);
});

async function addEvents(actor: string, count: number) {
  const rows = Array.from({ length: count }, (_, index) => ({
    ...{
      event_id: `${actor}-${index}`,
      envelope_id: 1,
      received_at: index,
      at: index,
      action: index % 2 ? 'push' : 'pull',
    },
    ...{
      repository: `team/app${index}`,
      tag: 'v1',
      digest: null,
      media_type: '',
      size_bytes: null,
      from_repository: null,
    },
    ...{ actor, actor_confirmed: 1 as const, address: '10.0.0.1', user_agent: '', method: 'PUT', instance_id: '' },
    ...{ verified: 1 as const, of_manifest: 1 as const },
  }));
  await web.db.insertInto('events').values(rows).execute();
}

test('recent activity: the last pushes, pulls and sign-ins, with the way to all of them', async () => {
  await addUser('busy', 'read-all');
  await addEvents('busy', 30);
  const busy = createVisitor(web.url);
  await busy.signIn('busy', PASSWORD);
  const html = card(await pageOf('/users/busy'), 'activity');
  assert.deepEqual(
    [...html.matchAll(/title="team\/app(\d+)"/g)].map(([, index]) => Number(index)),
    [29, 28, 27, 26, 25, 24, 23, 22],
  );
  assert.match(html, /href="\/events\?user=busy"/);
  assert.match(html, /signed in/);
  assert.match(html, /href="\/audit\?actor=busy"/);
});

test('who did nothing yet has a page that says so', async () => {
  await addUser('newcomer');
  const html = await pageOf('/users/newcomer');
  assert.match(card(html, 'activity'), /No activity/);
  assert.doesNotMatch(card(html, 'activity'), /<table/);
});

test('deleting a user shows before what goes and what stays', async () => {
  const { id } = await addUser('leaver', 'read-all');
  const leaver = createVisitor(web.url);
  await leaver.signIn('leaver', PASSWORD);
  await createStars({ db: web.db }).star(id, 'team/app');
  await createRefreshTokens(web.db).issue({ userId: id, passwordVersion: 1, service: 's', clientId: 'docker' });
  const asked = ['pull'];
  const refusal = { subject: 'leaver', subjectKind: 'user' as const, address: '10.0.0.1', repository: 'secret/app' };
  web.refusals.record({ ...refusal, asked, missing: asked, client: 'docker' });
  web.refusals.record({ ...refusal, subject: 'busy', asked, missing: asked, client: 'docker' });
  await addEvents('leaver', 2);
  const html = await pageOf('/users/leaver/-/delete');
  for (const part of [/read-all/, /1 session/, /1 saved login/, /1 starred repository/, /1 refused request/])
    assert.match(html, part);
  assert.match(html, /15 minutes/);
  assert.match(await pageOf('/users/leaver'), /href="\/users\/leaver\/-\/delete"/);

  const done = await admin.post('/users/leaver/-/delete', {});
  assert.equal(`${done.status} ${done.headers.get('location')}`, '303 /users');
  assert.equal(await web.users.find('leaver'), undefined);
  assert.deepEqual(await rolesOf(id), []);
  assert.equal((await leaver.request('/account')).status, 303);
  assert.match(await (await leaver.signIn('leaver', PASSWORD)).text(), /user name or password/i);
  for (const table of ['sessions', 'refresh_tokens', 'stars'] as const) {
    const rows = await web.db.selectFrom(table).select('user_id').where('user_id', '=', id).execute();
    assert.deepEqual(rows, [], table);
  }
  assert.deepEqual((await web.refusals.list({ subject: 'leaver', limit: 5 })).rows, []);
  assert.equal((await web.refusals.list({ subject: 'busy', limit: 5 })).rows.length, 1);
  const history = await web.db.selectFrom('events').select('id').where('actor', '=', 'leaver').execute();
  assert.equal(history.length, 2, 'the name in history stays');
  const { entries } = await web.audit.list({ limit: 1, action: 'user.remove' });
  assert.deepEqual(
    [entries[0]?.actor, entries[0]?.object, entries[0]?.detail['roles']],
    ['admin', 'leaver', ['read-all']],
  );
  assert.match(await pageOf('/audit'), /user deleted/);
});

test('nobody deletes their own account, also not another admin who is the last one', async () => {
  const page = await pageOf('/users/admin/-/delete');
  assert.match(page, /your own account/i);
  assert.doesNotMatch(page, /btn-destroy/);
  assert.equal((await admin.post('/users/admin/-/delete', {})).status, 422);
  assert.ok(await web.users.find('admin'));
  const id = (await web.users.find('admin'))?.id ?? 0;
  await assert.rejects(web.users.remove(id), { code: 'CONFLICT', key: 'user.last_admin' });
});

test('a name that is free again brings nothing back', async () => {
  const again = await addUser('leaver');
  assert.deepEqual(await rolesOf(again.id), []);
  assert.equal((await admin.request('/users/nobody-here/-/delete')).status, 404);
});

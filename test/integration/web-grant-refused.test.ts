/** From a refused request to a grant: the narrowest first, and nothing wider than what was chosen. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Holder } from '../../server/access/grants.ts';
import { ANONYMOUS } from '../../server/access/rights.ts';
import { grantRefusedPage } from '../../server/web/activity/grant-refused.ts';
import { createVisitor, FIRST_PASSWORD, startWeb, type TestWeb, type Visitor } from '../support/app/web.ts';

let web: TestWeb;
let admin: Visitor;
let carol: { kind: 'user'; id: number };

before(async () => {
  const previewMatches = async (pattern: string) => ({ total: pattern === 'web/**' ? 7 : 1, names: [] });
  web = await startWeb({
    pages: ({ core, stores, refusals, useCases }) => [
      grantRefusedPage({ ...core, ...stores, refusals, previewMatches, granting: useCases.grants }),
    ],
  });
  const { users } = web;
  const { id } = await users.add({
    username: 'carol',
    passwordHash: 'x',
    mustChangePassword: false,
    roleIds: [],
    by: '',
  });
  carol = { kind: 'user', id };
  admin = createVisitor(web.url);
  await admin.signIn('admin', FIRST_PASSWORD);
});
after(() => web?.stop());

async function refused(repository: string, missing: readonly string[], subject = 'carol'): Promise<string> {
  const subjectKind = subject === '' ? ('anonymous' as const) : ('user' as const);
  const asked = [...new Set(['pull', ...missing])];
  web.refusals.record({ subject, subjectKind, address: '10.0.0.1', repository, asked, missing, client: 'docker' });
  const { rows } = await web.refusals.list({ repository, subject, limit: 1 });
  return `/events/refused/${rows[0]?.id}/grant`;
}
const rulesOf = async (holder: Holder) => {
  const held = new Set((await web.grants.rolesOf(holder)).map(({ id }) => id));
  const roles = (await web.roles.list()).filter(({ id }) => held.has(id));
  return roles.flatMap(({ rules }) =>
    rules.map((rule) => `${rule.repository} ${rule.canPush ? 'push' : 'pull'}${rule.canDelete ? ' delete' : ''}`),
  );
};

test('exactly this repository and these actions stand first and are chosen; then the folder; then roles', async () => {
  const html = await (await admin.request(await refused('web/shop', ['pull']))).text();
  const choices = [...html.matchAll(/type="radio" name="choice" value="([^"]+)"( checked)?/g)];
  const writeAll = (await web.roles.find('write-all'))?.id;
  const readAll = (await web.roles.find('read-all'))?.id;
  const deleteAll = (await web.roles.find('delete-all'))?.id;
  assert.deepEqual(
    choices.map(([, value, checked]) => `${value}${checked ?? ''}`),
    ['repository checked', 'folder', `role:${readAll}`, `role:${writeAll}`, `role:${deleteAll}`],
  );
  assert.match(html, /7 repositories/);
});

test('the first choice gives that and nothing else', async () => {
  const path = await refused('web/shop', ['push']);
  const done = await admin.post(path, { choice: 'repository' });
  assert.equal(done.headers.get('location'), '/events/refused');
  assert.deepEqual(await rulesOf(carol), ['web/shop push']);
  const { entries } = await web.audit.list({ limit: 5, action: 'role.' });
  assert.deepEqual(
    entries
      .slice(0, 2)
      .map(({ action, object, detail }) => [action, object, detail['role'] ?? '', detail['repository'] ?? '']),
    [
      ['role.grant', 'carol', 'web-shop-push', 'web/shop'],
      ['role.add', 'web-shop-push', '', 'web/shop'],
    ],
  );
});

test('the folder gives all that lies in it, and a role is what it was', async () => {
  await admin.post(await refused('data/in/raw', ['pull']), { choice: 'folder' });
  assert.ok((await rulesOf(carol)).includes('data/in/** pull'));
  const readAll = (await web.roles.find('read-all'))?.id;
  await admin.post(await refused('other/app', ['pull']), { choice: `role:${readAll}` });
  assert.ok((await rulesOf(carol)).includes('** pull'));
});

test('a second person gets the same role, not another one', async () => {
  const before = (await web.roles.list()).length;
  await web.users.add({ username: 'dora', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: '' });
  await admin.post(await refused('web/shop', ['push'], 'dora'), { choice: 'repository' });
  assert.equal((await web.roles.list()).length, before);
});

test('what a rule of its own would say is not offered a second time as a role', async () => {
  const html = await (await admin.request(await refused('web/shop', ['push']))).text();
  assert.doesNotMatch(html, /<strong class="mono">web-shop-push</);
});

test('for everybody it is the same, and said to be for everybody', async () => {
  const path = await refused('open/tool', ['pull'], '');
  assert.match(await (await admin.request(path)).text(), /everyone/i);
  await admin.post(path, { choice: 'repository' });
  assert.deepEqual(await rulesOf(ANONYMOUS), ['open/tool pull']);
});

test('a choice that is none, or too little for what was refused, is refused', async () => {
  const path = await refused('web/admin', ['delete']);
  const readAll = (await web.roles.find('read-all'))?.id;
  for (const choice of ['', 'everything', `role:${readAll}`, 'role:x']) {
    assert.equal((await admin.post(path, { choice })).status, 422, choice);
  }
});

test('without a folder, and for the catalog, there is less to choose', async () => {
  const alone = await (await admin.request(await refused('single', ['pull']))).text();
  assert.doesNotMatch(alone, /value="folder"/);
  const catalog = await (await admin.request(await refused('registry:catalog', ['*']))).text();
  assert.doesNotMatch(catalog, /type="radio"/);
});

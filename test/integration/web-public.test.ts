/** One switch opens a repository or a folder to everybody; the page says through what it is open. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import bcrypt from 'bcryptjs';
import { ANONYMOUS } from '../../server/access/rights.ts';
import { startRepositoryWeb } from '../support/app/repository-web.ts';
import { createVisitor, type TestWeb, type Visitor } from '../support/app/web.ts';
import { seedRepository } from '../support/data/seed.ts';

const PASSWORD = 'a-long-enough-one';
const APP = '/repositories/team/app';
const FOLDER = '/repositories?folder=team';
const RULE = { address: '*', canPull: true, canPush: false, canDelete: false };

let web: TestWeb;
let admin: Visitor;
let reader: Visitor;
let guest: Visitor;

before(async () => {
  ({ web } = await startRepositoryWeb(PASSWORD));
  for (const name of ['team/app', 'team/web', 'other/app']) await seedRepository(web.db, name, [{ tags: ['v1'] }]);
  const all = await web.roles.find('read-all');
  const passwordHash = await bcrypt.hash(PASSWORD, 4);
  await web.users.add({
    username: 'reader',
    passwordHash,
    mustChangePassword: false,
    roleIds: [all?.id ?? 0],
    by: 'test',
  });
  [admin, reader, guest] = [createVisitor(web.url), createVisitor(web.url), createVisitor(web.url)];
  await admin.signIn('admin', PASSWORD);
  await reader.signIn('reader', PASSWORD);
});
after(() => web?.stop());

const pageOf = async (who: Visitor, path: string) => (await who.request(path)).text();
const stateOf = (html: string) => /role="switch" aria-checked="(true|false)"/.exec(html)?.[1];
const isLocked = (html: string) => /<button class="switch"[^>]*\bdisabled\b/.test(html);
const badge = (html: string) => /<span class="chip chip-amber"[^>]*>[\s\S]{0,300}?\bpublic\b/.test(html);
const mayPull = async (path: string) => (await guest.request(path)).status === 200;

test('a repository is opened, and closed again, for everybody', async () => {
  assert.equal(stateOf(await pageOf(admin, APP)), 'false');
  assert.equal(await mayPull(APP), false);
  const opened = await admin.post(`${APP}/-/public`, { public: 'yes', tab: 'access' });
  assert.equal(`${opened.status} ${opened.headers.get('location')}`, `303 ${APP}/-/access`);
  assert.match(await pageOf(admin, `${APP}/-/access`), /team\/app is public: everyone can pull without signing in/);
  assert.equal(stateOf(await pageOf(admin, APP)), 'true');
  assert.equal(await mayPull(APP), true);
  assert.equal(await mayPull('/repositories/team/web'), false);
  assert.ok(badge(await pageOf(reader, APP)));
  assert.ok(badge(await pageOf(guest, APP)));

  assert.equal((await admin.post(`${APP}/-/public`, { public: 'no' })).headers.get('location'), APP);
  assert.equal(await mayPull(APP), false);
  assert.ok(!badge(await pageOf(reader, APP)));
  assert.deepEqual(await web.grants.rolesOf(ANONYMOUS), []);
});

test('both are in the audit log, with what was opened', async () => {
  const { entries } = await web.audit.list({ limit: 2, object: 'anonymous' });
  const facts = entries.map(({ action, detail }) => [action, detail['repository']]);
  assert.deepEqual(facts, [
    ['role.revoke', 'team/app'],
    ['role.grant', 'team/app'],
  ]);
});

test('a folder is opened with all that lies in it; what is in it then says through what, and cannot be closed alone', async () => {
  const html = await pageOf(admin, FOLDER);
  assert.equal(stateOf(html), 'false');
  assert.equal(
    (await admin.post('/repositories/-/public', { public: 'yes', folder: 'team' })).headers.get('location'),
    FOLDER,
  );
  assert.equal(stateOf(await pageOf(admin, FOLDER)), 'true');
  assert.equal(isLocked(await pageOf(admin, FOLDER)), false);
  assert.equal(await mayPull('/repositories/team/web'), true);
  assert.equal(await mayPull('/repositories/other/app'), false);
  const inside = await pageOf(admin, APP);
  assert.equal(stateOf(inside), 'true');
  assert.ok(isLocked(inside));
  assert.match(inside, /href="\/roles\/team-all-pull"[\s\S]*team\/\*\*/);
  const refused = await admin.post(`${APP}/-/public`, { public: 'no' });
  assert.equal(refused.status, 409);
  assert.match(await refused.text(), /Still public through role team-all-pull/);
  await admin.post('/repositories/-/public', { public: 'no', folder: 'team' });
  assert.equal(await mayPull('/repositories/team/web'), false);
});

test('what everybody may do from some addresses only is told, and is not public', async () => {
  const { id } = await web.roles.add({ name: 'office', description: '' });
  await web.roles.setRules(id, [{ ...RULE, repository: 'other/**', address: '10.0.0.0/8' }]);
  await web.grants.grant(ANONYMOUS, id, 'admin');
  const html = await pageOf(admin, '/repositories/other/app');
  assert.equal(stateOf(html), 'false');
  assert.match(html, /only from 10\.0\.0\.0\/8/);
  assert.ok(!badge(await pageOf(reader, '/repositories/other/app')));
  await web.roles.remove(id);
});

test('only admins have the switch, and only they can press it', async () => {
  assert.equal(stateOf(await pageOf(reader, APP)), undefined);
  assert.equal((await reader.post(`${APP}/-/public`, { public: 'yes' })).status, 403);
  assert.equal((await reader.post('/repositories/-/public', { public: 'yes', folder: 'team' })).status, 403);
  assert.match((await guest.post(`${APP}/-/public`, { public: 'yes' })).headers.get('location') ?? '', /^\/login/);
  assert.deepEqual(await web.grants.rolesOf(ANONYMOUS), []);
});

test('nonsense opens nothing', async () => {
  for (const folder of ['', '/', '**', 'team/', '../x', 'Team Work', '{a,b}']) {
    assert.equal((await admin.post('/repositories/-/public', { public: 'yes', folder })).status, 400, folder);
  }
  assert.equal((await admin.post(`${APP}/-/public`, { public: 'maybe' })).status, 400);
  assert.equal((await admin.post('/repositories/not/there/-/public', { public: 'yes' })).status, 404);
  assert.deepEqual(await web.grants.rolesOf(ANONYMOUS), []);
});

test('the whole registry has no switch', async () => {
  assert.equal(stateOf(await pageOf(admin, '/repositories')), undefined);
});

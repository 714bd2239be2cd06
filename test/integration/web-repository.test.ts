/** The tabs of a repository as the people of a company see them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import bcrypt from 'bcryptjs';
import { createTrash } from '../../server/housekeeping/trash.ts';
import { type RepositoryWeb, startRepositoryWeb } from '../support/app/repository-web.ts';
import { createVisitor, type TestWeb, type Visitor } from '../support/app/web.ts';
import { seedRepository } from '../support/data/seed.ts';

const PASSWORD = 'a-long-enough-one';
const APP = '/repositories/team/app';

let web: TestWeb;
let people: Record<'admin' | 'pusher' | 'reader' | 'outsider' | 'nobody', Visitor>;
let digest = '';
let deleted: RepositoryWeb['deleted'] = [];

before(async () => {
  ({ web, deleted } = await startRepositoryWeb(PASSWORD));
  const { digests } = await seedRepository(web.db, 'team/app', [
    {
      tags: ['v2', 'latest'],
      pulls: 5,
      annotations: { 'org.opencontainers.image.description': 'Said by the <b>image</b>' },
    },
    { tags: ['v1'], pulls: 2 },
    {},
  ]);
  digest = digests[1] ?? '';
  const guest = createVisitor(web.url);
  people = {
    admin: await signedIn('admin'),
    pusher: await person('pusher', { canPush: true, canDelete: true }),
    reader: await person('reader', {}),
    outsider: await person('outsider'),
    nobody: guest,
  };
});
after(() => web?.stop());

async function signedIn(name: string): Promise<Visitor> {
  const visitor = createVisitor(web.url);
  await visitor.signIn(name, PASSWORD);
  return visitor;
}

async function person(username: string, rule?: { canPush?: boolean; canDelete?: boolean }): Promise<Visitor> {
  const roleIds: number[] = [];
  if (rule !== undefined) {
    const role = await web.roles.add({ name: `role-${username}`, description: '' });
    const most = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
    await web.roles.setRules(role.id, [{ ...most, ...rule }]);
    roleIds.push(role.id);
  }
  const passwordHash = await bcrypt.hash(PASSWORD, 4);
  await web.users.add({ username, passwordHash, mustChangePassword: false, roleIds, by: 'test' });
  return signedIn(username);
}

async function text(who: Visitor, path: string, status = 200): Promise<string> {
  const answer = await who.request(path);
  const html = await answer.text();
  assert.equal(answer.status, status, `${path}: ${html.slice(0, 300)}`);
  return html;
}

const TABS = ['', '/-/untagged', '/-/activity', '/-/access', '/-/about'];
test('every tab has the same head, and is hidden from who may not pull', async () => {
  for (const tab of TABS) {
    const html = await text(people.reader, `${APP}${tab}`);
    assert.match(html, /<h1>app<\/h1>/, tab);
    assert.match(html, /Said by the &lt;b&gt;image&lt;\/b&gt;/, tab);
    assert.equal(html.match(/<nav class="tabs"[\s\S]*?<\/nav>/)?.[0].match(/aria-current="page"/g)?.length, 1, tab);
    await text(people.outsider, `${APP}${tab}`, 404);
    await text(people.reader, `/repositories/team/none${tab}`, 404);
  }
});

test('buttons are there for who may, and greyed with the reason for who may not', async () => {
  const [reader, pusher] = [await text(people.reader, APP), await text(people.pusher, APP)];
  assert.match(reader, /aria-disabled="true" title="[^"]*delete[^"]*"/);
  assert.doesNotMatch(reader, /\/-\/refresh/);
  assert.match(pusher, /href="[^"]*\/-\/delete"/);
  assert.match(pusher, /\/-\/refresh/);
  assert.doesNotMatch(await text(people.reader, `${APP}/-/about`), /<textarea/);
});

test('a star is set and taken off on any tab, and leads back to it', async () => {
  const starred = await people.reader.post(`${APP}/-/star`, { tab: 'about' });
  assert.deepEqual([starred.status, starred.headers.get('location')], [303, `${APP}/-/about`]);
  assert.match(await text(people.reader, APP), /aria-pressed="true"[\s\S]*?<span class="num">1</);
  assert.match(await text(people.pusher, APP), /aria-pressed="false"[\s\S]*?<span class="num">1</);
  await people.reader.post(`${APP}/-/unstar`, {});
  assert.match(await text(people.reader, APP), /aria-pressed="false"[\s\S]*?<span class="num">0</);
  assert.equal((await people.outsider.post(`${APP}/-/star`, {})).status, 404);
});

test('a description is previewed, saved, and shown in the head of every tab', async () => {
  const words = { text: 'Edge *gateway*.\n\n<script>alert(1)</script>', version: '0' };
  const preview = await people.pusher.post(`${APP}/-/about/edit`, { ...words, do: 'preview' });
  assert.match(await preview.text(), /<em>gateway<\/em>[\s\S]*&lt;script&gt;/);
  assert.equal((await people.reader.post(`${APP}/-/about/edit`, words)).status, 403);
  assert.equal((await people.pusher.post(`${APP}/-/about/edit`, words)).status, 303);
  const about = await text(people.reader, `${APP}/-/about`);
  assert.match(about, /<p>Edge <em>gateway<\/em>\.<\/p><p>&lt;script&gt;/);
  assert.match(await text(people.reader, APP), /repository-summary">Edge gateway\.</);
  const { entries } = await web.audit.list({ action: 'description.edit', limit: 10 });
  assert.deepEqual(
    entries.map(({ actor, object }) => `${actor} ${object}`),
    ['pusher team/app'],
  );
});

test('of two who edit the second sees both texts, and saves again over what is shown', async () => {
  const late = await people.admin.post(`${APP}/-/about/edit`, { text: 'mine', version: '0' });
  const html = await late.text();
  assert.equal(late.status, 409);
  assert.match(html, />\s*mine<\/textarea>/);
  assert.match(html, /readonly>\s*Edge \*gateway\*/);
  const version = /name="version" value="(\d+)"/.exec(html)?.[1] ?? '';
  assert.equal((await people.admin.post(`${APP}/-/about/edit`, { text: 'mine', version })).status, 303);
});

test('what is too long is refused and not lost', async () => {
  const long = 'é'.repeat(33_000);
  const answer = await people.pusher.post(`${APP}/-/about/edit`, { text: long, version: '2' });
  assert.equal(answer.status, 422);
  assert.ok((await answer.text()).includes(long));
});

test('access: admins see everybody and why, others themselves', async () => {
  const admin = await text(people.admin, `${APP}/-/access`);
  for (const piece of ['role-pusher', 'role-reader', '>pusher<', '>reader<']) assert.ok(admin.includes(piece), piece);
  assert.doesNotMatch(admin, />outsider</);
  const reader = await text(people.reader, `${APP}/-/access`);
  assert.match(reader, /role-reader/);
  assert.doesNotMatch(reader, /pusher/);
});

const checks = [
  ['admin', 'user=pusher&action=push&address=10.0.0.1', /Yes\. pusher can push to[\s\S]*role-pusher/],
  ['admin', 'user=reader&action=push&address=10.0.0.1', /No\. reader cannot push to/],
  ['admin', 'user=&action=pull', /No\. anonymous cannot pull/],
  ['admin', 'user=nosuch&action=pull', /User nosuch not found/],
  ['admin', 'user=pusher&action=pull&address=there', /there is not an IP address/],
  ['reader', 'user=pusher&action=push', /No\. reader cannot push to/],
  ['reader', 'action=pull', /Yes\. reader can pull/],
] as const;
for (const [who, query, expected] of checks) {
  test(`${who} asks ${query}`, async () => {
    assert.match(await text(people[who], `${APP}/-/access?${query}`), expected);
  });
}

test('from an answer an admin goes on to the roles of whom it is about', async () => {
  const href = (query: string, html: string) => assert.match(html, new RegExp(`class="btn" href="${query}"`));
  href('/users', await text(people.admin, `${APP}/-/access`));
  href('/users/reader', await text(people.admin, `${APP}/-/access?user=reader&action=push`));
  href('/anonymous', await text(people.admin, `${APP}/-/access?user=&action=push`));
});

test('activity shows pulls per tag', async () => {
  const html = await text(people.reader, `${APP}/-/activity`);
  assert.match(html, /pulled-tags[\s\S]*:(v2|latest)"[\s\S]*:v1"/);
});

test('chosen tags are not deleted before their preview', async () => {
  const chooser = await text(people.pusher, `${APP}/-/delete`);
  assert.match(chooser, /action="[^"]*\/repositories\/team\/app\/-\/selection"/);
  assert.match(chooser, /name="do" value="delete"/);
  assert.match(chooser, new RegExp(`name="tag" value="v1@${digest}"`));
  assert.equal((await people.pusher.post(`${APP}/-/delete`, { tag: `v1@${digest}` })).status, 404);
  const answer = await people.pusher.post(`${APP}/-/selection`, { do: 'delete', back: 'tags', tag: `v1@${digest}` });
  const preview = await answer.text();
  assert.equal(answer.status, 200, preview);
  assert.match(preview, /Delete 1 tag of team\/app[\s\S]*action="[^"]*\/-\/deletion"/);
  const nonsense = await people.pusher.post(`${APP}/-/selection`, { do: 'delete', tag: 'v1@nonsense' });
  assert.equal(nonsense.status, 400);
  assert.deepEqual(deleted, []);
  assert.match(await text(people.pusher, APP), />v1</);
});

test('a repository that is gone says so to who could pull it, with the way back for who may', async () => {
  const item = { mediaType: 'm', raw: Buffer.from('{}'), tags: ['v9'], deletedBy: 'pusher' };
  await createTrash(web.db, Date.now).add({ repository: 'team/old', digest, ...item });
  assert.match(await text(people.pusher, '/repositories/team/old', 404), /v9[\s\S]*action="[^"]*\/restore"/);
  const reader = await text(people.reader, '/repositories/team/old', 404);
  assert.match(reader, /are in the trash/);
  assert.doesNotMatch(reader, /\/restore"/);
  assert.doesNotMatch(await text(people.outsider, '/repositories/team/old', 404), /are in the trash|v9/);
});

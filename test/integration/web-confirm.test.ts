import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { carriedFields } from '../../server/web/shell/form.ts';
import { createVisitor, startWeb } from '../support/app/web.ts';

const MINUTE = 60_000;
let ahead = 0;
const web = await startWeb({ deps: { now: () => Date.now() + ahead } });
after(() => web.stop());

const admin = createVisitor(web.url);
const PASSWORD = 'first-admin-password';
const add = (username: string) => admin.post('/users', { username, password: 'a-long-enough-one' });

test('soon after the password was typed it is not asked for again', async () => {
  await admin.signIn('admin', PASSWORD);
  assert.equal((await admin.request('/users/-/new')).status, 200);
  assert.equal((await add('early')).headers.get('location'), '/users/early');
});

test('eleven minutes later making a user, giving roles and resetting a password ask for it, and nothing happens', async () => {
  ahead = 11 * MINUTE;
  const before = await web.users.find('early');
  const page = await admin.request('/users/-/new');
  assert.equal(`${page.status} ${page.headers.get('location')}`, '303 /confirm?next=%2Fusers%2F-%2Fnew');
  const asked = [
    await add('late'),
    await admin.post('/users/early/roles', { add: '1' }),
    await admin.post('/users/early/reset-password', {}),
  ];
  for (const response of asked) {
    assert.equal(response.status, 200);
    assert.match(await response.text(), /type="password"/);
  }
  assert.equal(await web.users.find('late'), undefined);
  assert.deepEqual(await web.users.find('early'), before);
  assert.deepEqual(await web.grants.rolesOf({ kind: 'user', id: before?.id ?? 0 }), []);
});

/** The form that asks for the password, as a browser would send it. */
function readForm(html: string): { action: string; fields: URLSearchParams } {
  const form = /<form[^>]*class="form-stack"[^>]*action="([^"]*)"[\s\S]*?<\/form>/.exec(html);
  const fields = new URLSearchParams();
  for (const [, name, value] of (form?.[0] ?? '').matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    fields.append(name ?? '', value ?? '');
  }
  return { action: form?.[1] ?? '', fields };
}

function confirmed(html: string, password: string): Promise<Response> {
  const { action, fields } = readForm(html);
  fields.append('_password', password);
  return admin.request(action, { method: 'POST', body: fields });
}

test('a form that was asked for the password in between is carried out with all that was typed', async () => {
  const rules = { 'repository.0': 'team/**', 'address.0': '10.0.0.0/8', 'push.0': 'on', do: 'save' };
  await web.roles.add({ name: 'builders', description: '' });
  const asked = await admin.post('/roles/builders/rules', rules);
  const html = await asked.text();
  const wrong = await confirmed(html, 'not-it');
  assert.equal(wrong.status, 422);
  assert.deepEqual((await web.roles.find('builders'))?.rules, []);
  const cookie = admin.jar.get('rw');
  const done = await confirmed(await wrong.text(), PASSWORD);
  assert.equal(`${done.status} ${done.headers.get('location')}`, '303 /roles/builders');
  assert.notEqual(admin.jar.get('rw'), cookie);
  const [rule] = (await web.roles.find('builders'))?.rules ?? [];
  assert.deepEqual(
    { ...rule, id: 0 },
    {
      ...{ id: 0, repository: 'team/**', address: '10.0.0.0/8' },
      ...{ canPull: false, canPush: true, canDelete: false },
    },
  );
  const { entries } = await web.audit.list({ limit: 10, action: 'session.confirm' });
  assert.deepEqual(
    entries.slice(0, 2).map(({ outcome }) => outcome),
    ['ok', 'refused'],
  );
});

test('several values of one field stay several', async () => {
  ahead += 11 * MINUTE;
  const ids = (await web.roles.list()).slice(0, 2).map(({ id }) => String(id));
  const chosen = ids.map((id): [string, string] => ['role_id', id]);
  const body = new URLSearchParams([['_csrf', await admin.token()], ['username', 'many'], ...chosen]);
  const asked = await admin.request('/users', { method: 'POST', body });
  const done = await confirmed(await asked.text(), PASSWORD);
  assert.equal(done.status, 200, 'the page with the generated password');
  const many = await web.users.find('many');
  assert.equal((await web.grants.rolesOf({ kind: 'user', id: many?.id ?? 0 })).length, 2);
});

test('a password that was typed is in no page: the form comes back filled in, and asks for it alone', async () => {
  ahead += 11 * MINUTE;
  const fields = { username: 'kept', password: 'a-secret-that-was-typed', must_change: 'on', role_id: '1' };
  const asked = await (await admin.post('/users', fields)).text();
  assert.doesNotMatch(asked, /a-secret-that-was-typed/);
  const back = await confirmed(asked, PASSWORD);
  const html = await back.text();
  assert.equal(back.status, 422);
  assert.match(html, /name="username"[^>]*value="kept"/);
  assert.match(html, /name="must_change" checked/);
  assert.match(html, /name="role_id" value="1" checked/);
  assert.match(html, /Enter this password again/);
  assert.doesNotMatch(html, /a-secret-that-was-typed/);
  assert.equal(await web.users.find('kept'), undefined);
  assert.equal((await admin.post('/users', fields)).headers.get('location'), '/users/kept');
});

test('every field for a password is known as one that no page carries on', async () => {
  const root = join(import.meta.dirname, '..', '..', 'views');
  const names = new Set<string>();
  for (const file of await readdir(root, { recursive: true })) {
    if (!file.endsWith('.ejs')) continue;
    const text = await readFile(join(root, file), 'utf8');
    for (const [field] of text.matchAll(/\{[^{}]*type: 'password'[^{}]*\}|<input[^>]*type="password"[^>]*>/g)) {
      names.add(/name(?:: '|=")([\w]+)/.exec(field)?.[1] ?? field);
    }
  }
  names.delete('_password');
  assert.ok(names.size >= 3);
  assert.deepEqual(
    [...names].filter((name) => carriedFields({ [name]: 'x' }).fields.length > 0),
    [],
  );
});

test('what is typed into other fields cannot stand in for the password', async () => {
  ahead += 11 * MINUTE;
  const asked = await admin.post('/users', { username: 'forged', password: PASSWORD, confirmed: 'yes' });
  assert.equal(asked.status, 200);
  assert.equal(await web.users.find('forged'), undefined);
});

/** Admins' forms that neither widen what anybody may do nor harm an account. */
const HARMLESS = ['/status/crawl', '/connect/merge', '/connect/try'];

test('every form of admins asks for it, unless it is on the list of harmless ones', () => {
  const forms = web.routes.filter(({ method, policy }) => method === 'POST' && policy === 'admin');
  assert.ok(forms.length >= 10);
  const unconfirmed = forms.filter(({ confirmed }) => !confirmed).map(({ path }) => String(path));
  assert.deepEqual(
    unconfirmed.filter((path) => !HARMLESS.includes(path)),
    [],
  );
});

test('every route that asks for it does nothing before, and leads back to a page of ours', async () => {
  for (const { method, path, confirmed } of web.routes) {
    if (!confirmed) continue;
    const filled = String(path).replace(':name', 'early').replace(':id', '1');
    if (method === 'GET') {
      const location = (await admin.request(filled)).headers.get('location') ?? '';
      assert.equal(location, `/confirm?next=${encodeURIComponent(filled)}`);
      continue;
    }
    const { action, fields } = readForm(await (await admin.post(filled, { role_id: '1', _retype: '' })).text());
    assert.equal(action, filled);
    assert.equal(fields.get('role_id'), '1', filled);
  }
  assert.deepEqual(await web.grants.rolesOf({ kind: 'anonymous', id: 0 }), []);
  assert.equal((await web.users.find('early'))?.enabled, true);
});

test('a wrong password does not confirm; the right one gives a new session and leads back', async () => {
  const cookie = admin.jar.get('rw');
  const wrong = await admin.post('/confirm', { _password: 'not-it', next: '/users/-/new' });
  assert.equal(wrong.status, 422);
  assert.match((await admin.request('/users/-/new')).headers.get('location') ?? '', /^\/confirm/);
  const right = await admin.post('/confirm', { _password: PASSWORD, next: '/users/-/new' });
  assert.equal(right.headers.get('location'), '/users/-/new');
  assert.notEqual(admin.jar.get('rw'), cookie);
  assert.equal((await add('late')).headers.get('location'), '/users/late');
});

test('the confirmation never leads to another site', async () => {
  const response = await admin.post('/confirm', { _password: PASSWORD, next: '//evil.example/' });
  assert.equal(response.headers.get('location'), '/');
});

test('a clock set back does not make a confirmation last', async () => {
  // Further back, the session itself ends.
  ahead -= MINUTE / 2;
  assert.match((await admin.request('/users/-/new')).headers.get('location') ?? '', /^\/confirm/);
});

test('an admin signs everybody else out at once', async () => {
  ahead += MINUTE / 2;
  const other = createVisitor(web.url);
  await other.signIn('early', 'a-long-enough-one');
  assert.equal((await other.request('/account')).status, 200);
  await admin.post('/confirm', { _password: PASSWORD, next: '/users' });
  const response = await admin.post('/users/-/sessions/end', {});
  assert.equal(response.headers.get('location'), '/users');
  assert.equal((await other.request('/account')).headers.get('location'), '/login?next=%2Faccount');
  assert.equal((await admin.request('/account')).status, 200);
});

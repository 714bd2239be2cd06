import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createVisitor, startWeb } from '../support/web.ts';

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
  const asked = [
    await admin.request('/users/-/new'),
    await add('late'),
    await admin.post('/users/early/roles', { role_id: '1' }),
    await admin.post('/users/early/reset-password', {}),
  ];
  for (const response of asked) {
    assert.equal(response.status, 303);
    assert.match(response.headers.get('location') ?? '', /^\/confirm\?next=%2Fusers%2F/);
  }
  assert.equal(await web.users.find('late'), undefined);
  assert.deepEqual(await web.users.find('early'), before);
  assert.deepEqual(await web.grants.rolesOf({ kind: 'user', id: before?.id ?? 0 }), []);
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
    const response = method === 'GET' ? await admin.request(filled) : await admin.post(filled, { role_id: '1' });
    const location = response.headers.get('location') ?? '';
    assert.match(`${response.status} ${location}`, /^303 \/confirm\?next=%2F[^:]*$/, `${method} ${filled}`);
  }
  assert.deepEqual(await web.grants.rolesOf({ kind: 'anonymous', id: 0 }), []);
  assert.equal((await web.users.find('early'))?.enabled, true);
});

test('a wrong password does not confirm; the right one gives a new session and leads back', async () => {
  const cookie = admin.jar.get('rw');
  const wrong = await admin.post('/confirm', { password: 'not-it', next: '/users/-/new' });
  assert.equal(wrong.status, 422);
  assert.match((await admin.request('/users/-/new')).headers.get('location') ?? '', /^\/confirm/);
  const right = await admin.post('/confirm', { password: PASSWORD, next: '/users/-/new' });
  assert.equal(right.headers.get('location'), '/users/-/new');
  assert.notEqual(admin.jar.get('rw'), cookie);
  assert.equal((await add('late')).headers.get('location'), '/users/late');
});

test('it never leads to another site', async () => {
  const response = await admin.post('/confirm', { password: PASSWORD, next: '//evil.example/' });
  assert.equal(response.headers.get('location'), '/');
});

test('a clock set back does not make it last', async () => {
  ahead = -MINUTE;
  assert.match((await admin.request('/users/-/new')).headers.get('location') ?? '', /^\/confirm/);
});

test('an admin signs everybody else out at once', async () => {
  ahead = 0;
  const other = createVisitor(web.url);
  await other.signIn('early', 'a-long-enough-one');
  assert.equal((await other.request('/account')).status, 200);
  await admin.post('/confirm', { password: PASSWORD, next: '/users' });
  const response = await admin.post('/users/-/sessions/end', {});
  assert.equal(response.headers.get('location'), '/users');
  assert.equal((await other.request('/account')).headers.get('location'), '/login?next=%2Faccount');
  assert.equal((await admin.request('/account')).status, 200);
});

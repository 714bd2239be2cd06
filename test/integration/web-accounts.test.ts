import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError } from '../../server/errors.ts';
import type { PageModule } from '../../server/web/shell/routes.ts';
import { createVisitor, startWeb, type TestWeb } from '../support/app/web.ts';

const PASSWORD = 'a-password-for-tests';
const failing: PageModule = (routes) => {
  routes.get('/', 'browse', (page) =>
    page.render('shell/error', { title: 'Start', status: 200, text: page.path, id: undefined }),
  );
  routes.get('/bug', 'public', () => {
    throw new TypeError('secret detail');
  });
  routes.get('/upstream', 'public', () => {
    throw new AppError('UPSTREAM', 'The registry refused the connection.');
  });
};

let web: TestWeb;
before(async () => {
  web = await startWeb({ pages: [failing], trustedProxies: ['127.0.0.1'] });
  const passwordHash = await web.hasher.hash(PASSWORD);
  const known = await web.roles.list();
  const add = (username: string, roleNames: readonly string[]) =>
    web.users.add({
      username,
      passwordHash,
      mustChangePassword: false,
      roleIds: known.filter(({ name }) => roleNames.includes(name)).map(({ id }) => id),
      by: 'admin',
    });
  await add('boss', ['admin']);
  await add('member', ['read-all']);
  await add('inspector', ['auditor']);
});
after(() => web.stop());

async function signedIn(username: string, headers: Record<string, string> = {}) {
  const visitor = createVisitor(web.url, headers);
  const response = await visitor.signIn(username, PASSWORD);
  assert.equal(response.status, 303);
  return visitor;
}
function filled(path: string | RegExp): string {
  return String(path).replace(':name', 'member');
}

test('every route that is not public is closed to strangers', async () => {
  const stranger = createVisitor(web.url);
  const closed = web.routes.filter(({ policy }) => policy !== 'public');
  assert.ok(closed.length > 20, `${closed.length} routes`);
  for (const { method, path, policy } of closed) {
    const response = method === 'GET' ? await stranger.request(filled(path)) : await stranger.post(filled(path), {});
    const where = `${method} ${path}`;
    if (policy === 'setup') assert.equal(response.status, 404, where);
    else assert.match(`${response.status} ${response.headers.get('location')}`, /^303 \/login/, where);
  }
});

test('every admin route is closed to everybody else, with odd spellings too', async () => {
  for (const name of ['member', 'inspector']) {
    const visitor = await signedIn(name);
    const forAdmins = web.routes.filter(({ policy }) => policy === 'admin');
    assert.ok(forAdmins.length > 10, `${forAdmins.length} routes`);
    for (const { method, path } of forAdmins) {
      const response = method === 'GET' ? await visitor.request(filled(path)) : await visitor.post(filled(path), {});
      assert.equal(response.status, 403, `${name}: ${method} ${path}`);
    }
    for (const path of ['/users/', '/USERS', '/users%2F1', '/users//member']) {
      assert.ok([403, 404].includes((await visitor.request(path)).status), path);
    }
  }
  assert.equal((await (await signedIn('member')).request('/audit')).status, 403);
  assert.equal((await (await signedIn('inspector')).request('/audit')).status, 200);
});

test('nothing changes by GET', async () => {
  const boss = await signedIn('boss');
  for (const { path } of web.routes.filter(({ method }) => method === 'POST')) {
    if (web.routes.some((entry) => entry.method === 'GET' && entry.path === path)) continue;
    assert.equal((await boss.request(filled(path))).status, 404, String(path));
  }
});

test('a form without a token, with a foreign one or from another site is refused', async () => {
  const boss = await signedIn('boss');
  const other = await signedIn('boss');
  const fields = { name: 'forged', description: '' };
  const foreign = await other.token();
  const send = (extra: Record<string, string>, headers: Record<string, string> = {}) =>
    boss.request('/roles', { method: 'POST', body: new URLSearchParams({ ...fields, ...extra }), headers });
  assert.equal((await send({})).status, 403);
  assert.equal((await send({ _csrf: foreign })).status, 403);
  assert.equal((await send({ _csrf: await boss.token() }, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await send({ _csrf: await boss.token() }, { origin: 'http://evil.example' })).status, 403);
  assert.equal(await web.roles.find('forged'), undefined);
});

test('the sign-in form has a token, too', async () => {
  const body = new URLSearchParams({ username: 'boss', password: PASSWORD });
  const response = await fetch(`${web.url}/login`, { method: 'POST', body, redirect: 'manual' });
  assert.equal(response.status, 403);
});

test('after sign-in only an own page is next', async () => {
  for (const [next, location] of [
    ['/audit?actor=x', '/audit?actor=x'],
    ['//evil.example', '/'],
    ['https://evil.example', '/'],
    ['/x/..//evil.example', '/'],
  ] as const) {
    const response = await createVisitor(web.url).post('/login', { username: 'boss', password: PASSWORD, next });
    assert.equal(response.headers.get('location'), location);
  }
});

test('a session known before sign-in never becomes signed in', async () => {
  const visitor = createVisitor(web.url);
  visitor.jar.set('rw', 's%3Achosen.signature');
  await visitor.signIn('boss', PASSWORD);
  assert.notEqual(visitor.jar.get('rw'), 's%3Achosen.signature');
  const old = visitor.jar.get('rw') ?? '';
  await visitor.signIn('boss', PASSWORD);
  assert.notEqual(visitor.jar.get('rw'), old);
});

test('signing out ends the session on the server', async () => {
  const visitor = await signedIn('member');
  const cookie = visitor.jar.get('rw') ?? '';
  const response = await visitor.post('/sign-out', {});
  assert.match(response.headers.get('clear-site-data') ?? '', /cache/);
  visitor.jar.set('rw', cookie);
  assert.equal((await visitor.request('/account')).status, 303);
});

test('strangers leave no session behind', async () => {
  const before = await web.db.selectFrom('sessions').selectAll().execute();
  await createVisitor(web.url).request('/login');
  await createVisitor(web.url).signIn('boss', 'wrong-password-here');
  assert.equal((await web.db.selectFrom('sessions').selectAll().execute()).length, before.length);
});

test('a disabled account is out at once', async () => {
  const visitor = await signedIn('member');
  assert.equal((await visitor.request('/account')).status, 200);
  const member = await web.users.find('member');
  await web.users.setEnabled(member?.id ?? 0, false);
  assert.equal((await visitor.request('/account')).status, 303);
  await web.users.setEnabled(member?.id ?? 0, true);
});

test('over https the cookie is __Host- and Secure, over plain HTTP it is neither', async () => {
  const cookieOf = async (headers: Record<string, string>) => {
    const visitor = createVisitor(web.url, headers);
    const response = await visitor.signIn('boss', PASSWORD);
    return response.headers.getSetCookie().find((line) => /^(__Host-)?rw=/.test(line)) ?? '';
  };
  const https = await cookieOf({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.0.0.9' });
  assert.match(https, /^__Host-rw=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const plain = await cookieOf({ 'x-forwarded-proto': 'http', 'x-forwarded-for': '10.0.0.9' });
  assert.match(plain, /^rw=.*; Path=\/; HttpOnly; SameSite=Lax$/);
});

test('headers are strict, and those for https come only with https', async () => {
  const plain = await fetch(`${web.url}/login`, { headers: { 'x-forwarded-host': '10.0.0.7:8090' } });
  const csp = plain.headers.get('content-security-policy') ?? '';
  for (const part of [
    "default-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ]) {
    assert.ok(csp.includes(part), part);
  }
  assert.equal(csp.includes('unsafe-inline'), false);
  assert.equal(csp.includes('upgrade-insecure'), false);
  assert.equal(plain.headers.get('cache-control'), 'no-store');
  assert.equal(plain.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(plain.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(plain.headers.get('strict-transport-security'), null);
  assert.equal(plain.headers.get('cross-origin-opener-policy'), null);
  assert.equal(plain.headers.get('access-control-allow-origin'), null);
  const https = await fetch(`${web.url}/login`, { headers: { 'x-forwarded-proto': 'https' } });
  assert.match(https.headers.get('strict-transport-security') ?? '', /max-age=31536000/);
  assert.equal(https.headers.get('cross-origin-opener-policy'), 'same-origin');
});

test('a bug shows an id and no detail, an upstream failure shows its sentence', async () => {
  const bug = await fetch(`${web.url}/bug`);
  const html = await bug.text();
  assert.equal(bug.status, 500);
  const id = /<code>([0-9a-f]{12})<\/code>/.exec(html)?.[1] ?? 'none';
  assert.ok(web.logged().includes(id));
  assert.equal(html.includes('secret detail'), false);
  const upstream = await fetch(`${web.url}/upstream`, { headers: { 'accept-language': 'zh-CN' } });
  assert.equal(upstream.status, 502);
  assert.match(await upstream.text(), /Registry 没有响应/);
});

test('hostile names are shown as text', async () => {
  const boss = await signedIn('boss');
  const html = await (await boss.request(`/users?filter=${encodeURIComponent('"><script>x</script>')}`)).text();
  assert.equal(html.includes('<script>x'), false);
});

test('more fields than the form has are refused', async () => {
  const boss = await signedIn('boss');
  const response = await boss.post('/users', { username: 'sneaky', isAdmin: 'true' });
  assert.equal(response.status, 422);
  assert.equal(await web.users.find('sneaky'), undefined);
});

test('the last active admin stays one', async () => {
  const boss = await signedIn('boss');
  const adminRole = await web.roles.find('admin');
  const first = await boss.post('/users/admin/enabled', { enabled: 'no' });
  assert.equal(first.status, 303);
  assert.equal((await boss.post('/users/boss/enabled', { enabled: 'no' })).status, 422);
  assert.equal((await boss.post('/users/boss/roles', { remove: String(adminRole?.id) })).status, 422);
  assert.equal((await boss.request('/users')).status, 200);
});

test('a new password ends the other sessions and keeps this one', async () => {
  const other = await signedIn('inspector');
  const visitor = await signedIn('inspector');
  const fields = { password: 'another-good-one', repeated: 'another-good-one' };
  assert.equal((await visitor.post('/account/password', { current: 'wrong-one-here', ...fields })).status, 422);
  const response = await visitor.post('/account/password', { current: PASSWORD, ...fields });
  assert.equal(response.status, 303);
  assert.equal((await visitor.request('/account')).status, 200);
  assert.equal((await other.request('/account')).status, 303);
});

test('the default password opens one page, which asks strangers for the code from the log', async () => {
  const fresh = await startWeb({ adminPassword: null, trustedProxies: ['127.0.0.1'], pages: [failing] });
  try {
    const visitor = createVisitor(fresh.url, { 'x-forwarded-for': '10.0.0.9' });
    assert.equal((await visitor.signIn('admin', 'admin')).headers.get('location'), '/setup-password');
    assert.equal((await visitor.request('/users')).headers.get('location'), '/setup-password');
    const fields = { password: 'my-own-password', repeated: 'my-own-password' };
    assert.equal((await visitor.post('/setup-password', fields)).status, 422);
    assert.equal((await visitor.post('/setup-password', { ...fields, code: 'AAAA-BBBB-CCCC-DDDD' })).status, 422);
    const code = /"code":"([^"]+)"/.exec(fresh.logged())?.[1] ?? '';
    const going = await visitor.post('/login', { username: 'admin', password: 'admin', next: '/users' });
    assert.equal(going.headers.get('location'), '/setup-password?next=%2Fusers');
    const asked = await visitor.request('/setup-password?next=%2Fusers');
    assert.match(await asked.text(), /name="next" value="\/users"/);
    const done = await visitor.post('/setup-password', { ...fields, code, next: '/users' });
    assert.equal(done.headers.get('location'), '/users');
    assert.equal((await visitor.request('/users')).status, 200);
    const elsewhere = { headers: { 'x-forwarded-host': 'registry.example.com:8090' } };
    assert.match(await (await visitor.request('/users', elsewhere)).text(), /plain HTTP/);
    // Browsers treat localhost as secure, also where its visitors come through a published port.
    assert.doesNotMatch(await (await visitor.request('/users')).text(), /plain HTTP/);
  } finally {
    await fresh.stop();
  }
});

test('without accounts the pages are open and none is about people', async () => {
  const open = await startWeb({ config: { registry: { auth: { enabled: false } } }, pages: [failing] });
  try {
    assert.equal((await fetch(`${open.url}/`)).status, 200);
    for (const path of ['/users', '/login', '/account', '/audit']) {
      assert.equal((await fetch(`${open.url}${path}`)).status, 404, path);
    }
  } finally {
    await open.stop();
  }
});

test('under a sub-path every link and redirect stays there', async () => {
  const sub = await startWeb({ config: { server: { base_path: '/registry' } }, pages: [failing] });
  try {
    const visitor = createVisitor(sub.url);
    assert.match((await visitor.request('/users')).headers.get('location') ?? '', /^\/registry\/login\?next=%2Fusers$/);
    const response = await visitor.post('/login', {
      username: 'admin',
      password: 'first-admin-password',
      next: '/users',
    });
    assert.equal(response.headers.get('location'), '/registry/users');
    const html = await (await visitor.request('/users')).text();
    assert.deepEqual(
      [...html.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)]
        .map(([, path]) => path)
        .filter((path) => !path?.startsWith('/registry')),
      [],
    );
  } finally {
    await sub.stop();
  }
});

test('sign-ins that fail are counted apart, and do not bury what people did', async () => {
  const stranger = createVisitor(web.url, { 'x-forwarded-for': '10.77.0.1' });
  for (let guess = 0; guess < 5; guess += 1) assert.equal((await stranger.signIn('inspector', 'wrong')).status, 422);
  const { entries } = await web.audit.list({ limit: 100, actor: 'inspector', action: 'session.' });
  assert.deepEqual(
    entries.filter(({ outcome }) => outcome !== 'ok'),
    [],
  );
  const boss = await signedIn('boss');
  const list = await (await boss.request('/audit?action=failed&actor=inspector')).text();
  assert.match(list, /10\.77\.0\.1[\s\S]*wrong user name or password, 5 times since/);
  const all = await (await boss.request('/audit')).text();
  assert.doesNotMatch(all, /10\.77\.0\.1/);
  assert.match(all, /href="[^"]*action=failed[^"]*"/);
});

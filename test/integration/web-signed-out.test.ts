/** Whoever lost the session without wanting to is told so on the page they came to, with the way back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createVisitor, FIRST_PASSWORD, startWeb, type TestWeb } from '../support/app/web.ts';

let web: TestWeb;
before(async () => {
  web = await startWeb();
});
after(() => web?.stop());

const BAR = /You were signed out\./;
const pageOf = async (visitor: ReturnType<typeof createVisitor>, path = '/keyboard') =>
  (await visitor.request(path)).text();

async function signedIn() {
  const visitor = createVisitor(web.url);
  await visitor.signIn('admin', FIRST_PASSWORD);
  return visitor;
}

test('a session that ended is told of, with the way back to the page', async () => {
  const visitor = await signedIn();
  assert.doesNotMatch(await pageOf(visitor), BAR);
  await web.db.deleteFrom('sessions').execute();
  const html = await pageOf(visitor, '/keyboard?a=1');
  assert.match(html, BAR);
  assert.match(html, /class="btn btn-primary[^"]*" href="\/login\?next=%2Fkeyboard%3Fa%3D1"/);
  await visitor.signIn('admin', FIRST_PASSWORD);
  assert.doesNotMatch(await pageOf(visitor), BAR);
});

test('a request in the background does not use the sentence up', async () => {
  const visitor = await signedIn();
  await web.db.deleteFrom('sessions').execute();
  await visitor.request('/keyboard', { headers: { 'X-Background': '1' } });
  assert.match(await pageOf(visitor), BAR);
});

test('on an error page, too', async () => {
  const visitor = await signedIn();
  await web.db.deleteFrom('sessions').execute();
  assert.match(await pageOf(visitor, '/no-such-page'), BAR);
});

test('the form for signing in says it once, in its own words', async () => {
  const visitor = await signedIn();
  await web.db.deleteFrom('sessions').execute();
  const html = await pageOf(visitor, '/login');
  assert.doesNotMatch(html, BAR);
  assert.match(html, /Your session has ended/);
});

test('who goes on without signing in is not told again', async () => {
  const visitor = await signedIn();
  await web.db.deleteFrom('sessions').execute();
  const answer = await visitor.post('/preferences', { next: '/keyboard', signed_out: 'seen' });
  assert.equal(answer.headers.get('location'), '/keyboard');
  assert.doesNotMatch(await pageOf(visitor), BAR);
});

test('nobody can sign somebody out by that form', async () => {
  const visitor = await signedIn();
  await visitor.post('/preferences', { next: '/keyboard', signed_out: 'seen' });
  assert.equal((await visitor.request('/account')).status, 200);
});

test('signing out on purpose is no surprise, and neither is never having signed in', async () => {
  const visitor = await signedIn();
  await visitor.post('/sign-out', {});
  assert.doesNotMatch(await pageOf(visitor), BAR);
  assert.doesNotMatch(await pageOf(createVisitor(web.url)), BAR);
});

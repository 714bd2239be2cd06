/** Lists follow what is typed; without JavaScript the same form does it by Enter, and addresses hold nothing empty. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { PageModule } from '../../server/web/shell/routes.ts';
import { startWeb, type TestWeb } from '../support/app/web.ts';
import { launch, problemsOf, signIn, skip } from '../support/browser/browser.ts';
import { hasFocus } from '../support/browser/in-page.js';

/** Says what the server was asked. */
const echo: PageModule = (routes) => {
  routes.get('/echo', 'public', (page, _request, response) => void response.type('text').send(page.path));
};

let web: TestWeb;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  web = await startWeb({ pages: [echo] });
  for (const username of ['anna', 'annika', 'bert']) {
    await web.users.add({ username, passwordHash: 'x', mustChangePassword: false, roleIds: [], by: 'test' });
  }
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

async function open(path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ locale: 'en', baseURL: web.url, ...options });
  const page = await context.newPage();
  const problems = problemsOf(page);
  await signIn(page, web.url, { next: path });
  return { page, context, problems, field: page.locator('main .card-filter input[type=search]') };
}

test('rows follow what is typed; focus, address and the way back stay', { skip }, async () => {
  const { page, context, problems, field } = await open('/users');
  const row = (name: string) => page.locator('main tbody').getByRole('link', { name, exact: true });
  await row('bert').waitFor();
  await page.evaluate("document.querySelector('main h1').dataset.kept = 'yes'");
  await field.click();
  await page.keyboard.type('ann');
  await row('bert').waitFor({ state: 'detached' });
  assert.equal(await row('annika').count(), 1);
  assert.equal(await field.evaluate(hasFocus), true);
  assert.equal(await field.inputValue(), 'ann');
  assert.equal(new URL(page.url()).search, '?filter=ann');
  await page.keyboard.type('ika');
  await row('anna').waitFor({ state: 'detached' });
  await field.fill('nobody-like-that');
  await page.locator('main .empty').waitFor();
  await field.fill('');
  await row('bert').waitFor();
  assert.equal(new URL(page.url()).search, '');
  assert.equal(await page.locator('main h1[data-kept=yes]').count(), 1, 'the page was not loaded again');
  assert.deepEqual(problems, []);
  await context.close();
});

test('an older answer never takes the place of a newer one', { skip }, async () => {
  const { page, context, field } = await open('/users');
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/users?filter=ann', async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  const asked = page.waitForRequest('**/users?filter=ann');
  await field.fill('ann');
  await asked;
  await field.fill('bert');
  await page.locator('main tbody').getByRole('link', { name: 'anna' }).waitFor({ state: 'detached' });
  release();
  assert.equal(await page.locator('main tbody').getByRole('link', { name: 'bert' }).count(), 1);
  assert.equal(new URL(page.url()).search, '?filter=bert');
  await context.close();
});

for (const javaScriptEnabled of [true, false]) {
  test(`Enter sends the form, and nothing empty (scripts: ${javaScriptEnabled})`, { skip }, async () => {
    const { page, context } = await open('/audit', { javaScriptEnabled });
    const actor = page.locator('main .card-filter input[name=actor]');
    await actor.fill('admin');
    await actor.press('Enter');
    await page.waitForURL('**/audit?actor=admin');
    await actor.fill('');
    await actor.press('Enter');
    await page.waitForURL(/\/audit$/);
    await page.goto('/audit?actor=&action=&after=');
    assert.equal(new URL(page.url()).search, '');
    await context.close();
  });
}

test('programs are answered at the address that they asked', { skip }, async () => {
  const answer = await fetch(`${web.url}/echo?q=&a=1`, { redirect: 'manual' });
  assert.deepEqual([answer.status, await answer.text()], [200, '/echo?q=&a=1']);
});

/** The form for signing in: a password that can be looked at; and pages on paper. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startWeb, type TestWeb } from '../support/app/web.ts';
import { launch, signIn, skip } from '../support/browser/browser.ts';
import { checkOpen, lasting, watchContext } from '../support/browser/page-check.ts';

let web: TestWeb;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  web = await startWeb();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

test('the password can be shown, and is hidden before it is sent', { skip }, async () => {
  const context = await browser.newContext({ locale: 'en', baseURL: web.url });
  await watchContext(context);
  const page = await context.newPage();
  await page.goto('/login');
  const field = page.getByLabel('Password', { exact: true });
  const button = page.getByRole('button', { name: 'Show password' });
  await page.getByLabel('User', { exact: false }).first().fill('admin');
  await field.fill('wrong-password');
  await button.click();
  assert.equal(await field.getAttribute('type'), 'text');
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  assert.deepEqual(lasting(await checkOpen(page)), []);
  await field.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.equal(await field.getAttribute('type'), 'password');
  await context.close();
});

test('without JavaScript there is no button that does nothing', { skip }, async () => {
  const context = await browser.newContext({ locale: 'en', baseURL: web.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto('/login');
  await page.getByLabel('Password', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Show password' }).count(), 0);
  await context.close();
});

test('on paper a page is light and without the ways around it', { skip }, async () => {
  const context = await browser.newContext({ locale: 'en', baseURL: web.url, colorScheme: 'dark' });
  const page = await context.newPage();
  await signIn(page, web.url, { next: '/users' });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.equal(await page.evaluate('getComputedStyle(document.body).color'), 'rgb(34, 49, 59)');
  for (const hidden of ['.sidebar', '.topbar-tools', '.page-actions']) {
    assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
  }
  assert.ok(await page.getByRole('heading', { level: 1 }).isVisible());
  await context.close();
});

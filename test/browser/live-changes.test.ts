/** An open page is told what changed in it, and needs no request for that. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { EVENT_SECRET, MEMBER, type Stack, startStack } from '../support/app/app.ts';
import { browserOf } from '../support/app/walk.ts';
import { launch, signIn, skip } from '../support/browser/browser.ts';
import { eventually } from '../support/process/eventually.ts';
import { pushImage } from '../support/registry/content.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const without = skip || (await registrySkip('3.1.1'));
const PATH = '/repositories/team/app';
let stack: Stack;
let beside: RunningRegistry;
let browser: Browser;

before(async () => {
  if (without !== false) return;
  stack = await startStack();
  // On the same storage, and needs no token.
  beside = await startRegistry({
    ...{ version: '3.1.1', storage: stack.registry.storage },
    notifications: { url: `${stack.app.url}/api/notification`, headers: { Authorization: [EVENT_SECRET] } },
  });
  await pushImage(beside.url, 'team/app', 'v1');
  const visitor = await browserOf(stack.app.url, MEMBER);
  await eventually('the repository is listed', async () => (await visitor.request(PATH)).status === 200);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await beside?.stop();
  await stack?.stop();
});

async function open(): Promise<{ page: Page; asked: string[] }> {
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  await signIn(page, stack.app.url, { ...MEMBER, next: PATH });
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname === PATH) asked.push(`${request.method()} ${request.isNavigationRequest() ? 'page' : 'again'}`);
  });
  return { page, asked };
}

const tag = (page: Page, name: string) => page.getByRole('main').getByRole('link', { name, exact: true }).first();

test('the first change is asked for, later ones come with the news; its forms go on working', {
  skip: without,
}, async () => {
  const { page, asked } = await open();
  await pushImage(beside.url, 'team/app', 'v2');
  await tag(page, 'v2').waitFor();
  assert.ok(asked.length > 0 && asked.every((each) => each === 'GET again'));
  // What is summed up after a push may still be asked for, and at the turn of a minute a page is drawn anew.
  let told = 0;
  for (let version = 3; version < 8; version += 1) {
    asked.length = 0;
    await pushImage(beside.url, 'team/app', `v${version}`);
    await tag(page, `v${version}`).waitFor();
    if (asked.length === 0) told += 1;
  }
  assert.ok(told > 0, 'every change was asked for');
  await page.getByRole('button', { name: /^Star/ }).click();
  await page.locator('form[action$="/-/unstar"]').waitFor({ state: 'attached' });
  await page.context().close();
});

test('what comes while somebody reads further down is shown when asked for', { skip: without }, async () => {
  const { page } = await open();
  await pushImage(beside.url, 'team/app', 'w1');
  await tag(page, 'w1').waitFor();
  await tag(page, 'w1').focus();
  await pushImage(beside.url, 'team/app', 'w2');
  const mark = page.locator('.live-mark');
  await mark.waitFor();
  assert.equal(await tag(page, 'w2').count(), 0);
  await mark.click();
  await tag(page, 'w2').waitFor();
  await page.context().close();
});

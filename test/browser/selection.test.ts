/** Deleting many tags at once and bringing them back, in a real browser beside a real registry; with and without a script. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN_PASSWORD, type RunningApp, startApp } from '../support/app/app.ts';
import { launch, skip as noBrowser, signIn } from '../support/browser/browser.ts';
import {
  checkPage,
  contextOptions,
  lasting,
  lookName,
  TWO_LOOKS,
  watchContext,
} from '../support/browser/page-check.ts';
import { digestOf, pushImage } from '../support/registry/content.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const skip = noBrowser || (await registrySkip('3.1.1'));
const ADMIN = { username: 'admin', password: ADMIN_PASSWORD };
let registry: RunningRegistry;
let app: RunningApp;
let browser: Browser;

before(async () => {
  if (skip !== false) return;
  registry = await startRegistry({ version: '3.1.1' });
  app = await startApp({ config: { registry: { url: registry.url, name: 'registry:5000' } } });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.stop();
  await registry?.stop();
});

/** @returns the names of its tags, one image each. */
async function pushTags(repository: string, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `v${index + 10}`);
  for (const name of names) await pushImage(registry.url, repository, name);
  const authorization = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
  const path = `${app.url}/api/v1/repositories/${repository}/-/refresh`;
  assert.equal((await fetch(path, { method: 'POST', headers: { authorization } })).status, 200);
  return names;
}

async function openAs(options: Parameters<Browser['newContext']>[0], path: string): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', baseURL: app.url, ...options });
  await watchContext(context);
  const page = await context.newPage();
  await signIn(page, app.url, ADMIN);
  await page.goto(`${app.url}${path}`);
  return page;
}

async function there(repository: string, names: readonly string[]): Promise<number> {
  const found = await Promise.all(names.map((name) => digestOf(registry.url, repository, name)));
  return found.filter((digest) => digest !== undefined).length;
}

const boxes = (page: Page) => page.locator('tbody input[form]');
const bar = (page: Page) => page.locator('.selection-bar');

test('ten tags are deleted in four clicks, and one undo brings all of them back', { skip }, async () => {
  const names = await pushTags('team/four', 11);
  const page = await openAs({}, '/repositories/team/four?sort=name&direction=asc');
  await boxes(page).nth(0).click();
  await boxes(page)
    .nth(9)
    .click({ modifiers: ['Shift'] });
  assert.match((await bar(page).textContent()) ?? '', /10 images, 10 tags/);
  await bar(page).getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('heading', { name: 'Delete 10 tags of team/four' }).waitFor();
  await page.getByRole('button', { name: 'Delete 10 tags' }).click();
  await page.waitForURL(/undo=/);
  assert.equal(await there('team/four', names), 1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('10 items were restored').waitFor();
  assert.equal(await there('team/four', names), 11);
  await page.context().close();
});

test('without a script a form deletes two tags, and the trash restores both', { skip }, async () => {
  const names = await pushTags('team/plain', 3);
  const page = await openAs({ javaScriptEnabled: false }, '/repositories/team/plain?view=flat');
  await page.getByRole('checkbox', { name: 'Select v10' }).check();
  await page.getByRole('checkbox', { name: 'Select v11' }).check();
  await bar(page).getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Delete 2 tags' }).click();
  await page.waitForURL(/undo=/);
  assert.equal(await there('team/plain', names), 1);
  await page.getByRole('link', { name: /^Trash 2/ }).click();
  for (const box of await boxes(page).all()) await box.check();
  await bar(page).getByRole('button', { name: 'Restore' }).click();
  await page.getByText('2 items were restored').waitFor();
  assert.equal(await there('team/plain', names), 3);
  await page.context().close();
});

test('the menu of a row offers each of its tags, and its links say which digest was shown', { skip }, async () => {
  const { digest } = await pushImage(registry.url, 'team/menu', 'v1', 'same');
  await pushImage(registry.url, 'team/menu', 'v1_2', 'same');
  await pushTags('team/menu', 1);
  const page = await openAs({}, '/repositories/team/menu?sort=tags');
  const row = page.locator('tbody tr').filter({ hasText: 'v1_2' });
  await row.locator('summary').click();
  const deletions = await row.getByRole('link', { name: /^Delete / }).all();
  const told = await Promise.all(
    deletions.map(async (link) => [await link.textContent(), await link.getAttribute('href')]),
  );
  const path = (tag: string) => `/repositories/team/menu:${tag}/-/delete?digest=${digest}`;
  assert.deepEqual(told.sort(), [
    ['Delete v1_2…', path('v1_2')],
    ['Delete v1…', path('v1')],
  ]);
  assert.equal(
    await row.getByRole('link', { name: 'v1', exact: true }).getAttribute('href'),
    `./menu:v1?digest=${digest}`,
  );
  await row.getByRole('link', { name: 'Open', exact: true }).click();
  await page.waitForURL(`**/repositories/team/menu@${digest}`);
  await page.context().close();
});

test('two images are compared, references are copied', { skip }, async () => {
  await pushTags('team/two', 3);
  const page = await openAs({ permissions: ['clipboard-read', 'clipboard-write'] }, '/repositories/team/two?view=flat');
  const compare = bar(page).getByRole('button', { name: 'Compare' });
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  assert.equal(await compare.isDisabled(), true);
  await page.getByRole('checkbox', { name: 'Select v12' }).uncheck();
  await bar(page).getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied').first().waitFor();
  const copied = await page.evaluate('navigator.clipboard.readText()');
  assert.equal(copied, 'registry:5000/team/two:v11\nregistry:5000/team/two:v10');
  await compare.click();
  await page.waitForURL(/\/compare\?a=/);
  await page.context().close();
});

for (const look of TWO_LOOKS) {
  test(`nothing is wrong with the trash: ${lookName(look)}`, { skip }, async () => {
    const page = await openAs(contextOptions(look), '/housekeeping/trash');
    for (const path of ['/housekeeping/trash', '/repositories/team/two/-/trash', '/repositories/team/two']) {
      assert.deepEqual(lasting(await checkPage(page, path)), [], path);
    }
    await page.context().close();
  });
}

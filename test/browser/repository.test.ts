/** A repository in a real browser: described and starred without JavaScript, previewed with it, and nothing for axe to find. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startRepositoryWeb } from '../support/app/repository-web.ts';
import { FIRST_PASSWORD, type TestWeb } from '../support/app/web.ts';
import { launch, signIn, skip } from '../support/browser/browser.ts';
import {
  checkPage,
  contextOptions,
  lasting,
  lookName,
  TWO_LOOKS,
  watchContext,
} from '../support/browser/page-check.ts';
import { seedRepository } from '../support/data/seed.ts';

const TABS = ['', '/-/untagged', '/-/activity', '/-/access?user=admin&action=push', '/-/about', '/-/delete'];
let web: TestWeb;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  ({ web } = await startRepositoryWeb(FIRST_PASSWORD));
  await seedRepository(web.db, 'team/app', [{ tags: ['v2', 'latest'], pulls: 5 }, { tags: ['v1'], pulls: 2 }, {}]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

async function signedIn(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', baseURL: web.url, ...options });
  await watchContext(context);
  const page = await context.newPage();
  await signIn(page, web.url);
  return page;
}

test('without JavaScript a repository is described, previewed and starred', { skip }, async () => {
  const page = await signedIn({ javaScriptEnabled: false });
  await page.goto(`${web.url}/repositories/team/app/-/about`);
  await page.click('summary:has-text("Edit description")');
  await page.fill('#description-text', 'Edge *gateway*.');
  await page.click('button:has-text("Preview")');
  assert.equal(await page.locator('[data-preview-result] em').textContent(), 'gateway');
  await page.click('button:has-text("Save")');
  assert.equal(await page.locator('.repository-summary').textContent(), 'Edge gateway.');
  await page.click('.star-button');
  assert.equal(await page.locator('.star-button').getAttribute('aria-pressed'), 'true');
  await page.context().close();
});

test('while somebody writes, the preview follows; the page breaks no rule of its own', { skip }, async () => {
  const page = await signedIn({});
  const complaints: string[] = [];
  page.on(
    'console',
    (message) => /Content Security|TrustedHTML/.test(message.text()) && complaints.push(message.text()),
  );
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${web.url}/repositories/team/app/-/about`);
  await page.click('summary:has-text("Edit description")');
  await page.fill('#description-text', '# New\n\n<img src=x onerror=alert(1)> [bad](javascript:alert(1))');
  const preview = page.locator('[data-preview-place]');
  await preview.locator('h3').waitFor();
  assert.equal(await preview.locator('img, a').count(), 0);
  assert.match((await preview.textContent()) ?? '', /<img src=x onerror=alert\(1\)>/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

for (const look of TWO_LOOKS) {
  test(`nothing is wrong with any tab: ${lookName(look)}`, { skip }, async () => {
    const page = await signedIn(contextOptions(look));
    for (const tab of TABS) {
      assert.deepEqual(lasting(await checkPage(page, `/repositories/team/app${tab}`)), [], tab);
    }
    await page.context().close();
  });
}

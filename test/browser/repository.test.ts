/** A repository in a real browser: described and starred without JavaScript, previewed with it, and nothing for axe to find. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { startRepositoryWeb } from '../support/repository-web.ts';
import { seedRepository } from '../support/seed.ts';
import { ROOT, type TestWeb } from '../support/web.ts';

const PASSWORD = 'first-admin-password';
const AXE = readFileSync(join(ROOT, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const TABS = ['', '/-/untagged', '/-/activity', '/-/access?user=admin&action=push', '/-/about', '/-/delete'];
let web: TestWeb;
let browser: Browser;
before(async () => {
  ({ web } = await startRepositoryWeb(PASSWORD));
  await seedRepository(web.db, 'team/app', [{ tags: ['v2', 'latest'], pulls: 5 }, { tags: ['v1'], pulls: 2 }, {}]);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

async function signedIn(options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'en', ...options })).newPage();
  await page.goto(`${web.url}/login`);
  await page.fill('input[name=username]', 'admin');
  await page.fill('input[name=password]', PASSWORD);
  await page.click('main button');
  await page.waitForURL(`${web.url}/**`);
  return page;
}

test('without JavaScript a repository is described, previewed and starred', async () => {
  const page = await signedIn({ javaScriptEnabled: false });
  await page.goto(`${web.url}/repositories/team/app/-/about`);
  await page.click('summary:has-text("Edit the description")');
  await page.fill('#description-text', 'Edge *gateway*.');
  await page.click('button:has-text("Preview")');
  assert.equal(await page.locator('[data-preview-result] em').textContent(), 'gateway');
  await page.click('button:has-text("Save")');
  assert.equal(await page.locator('.repository-summary').textContent(), 'Edge gateway.');
  await page.click('.star-button');
  assert.equal(await page.locator('.star-button').getAttribute('aria-pressed'), 'true');
  await page.context().close();
});

test('while somebody writes, the preview follows; the page breaks no rule of its own', async () => {
  const page = await signedIn({});
  const complaints: string[] = [];
  page.on(
    'console',
    (message) => /Content Security|TrustedHTML/.test(message.text()) && complaints.push(message.text()),
  );
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${web.url}/repositories/team/app/-/about`);
  await page.click('summary:has-text("Edit the description")');
  await page.fill('#description-text', '# New\n\n<img src=x onerror=alert(1)> [bad](javascript:alert(1))');
  const preview = page.locator('[data-preview-place]');
  await preview.locator('h3').waitFor();
  assert.equal(await preview.locator('img, a').count(), 0);
  assert.match((await preview.textContent()) ?? '', /<img src=x onerror=alert\(1\)>/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

for (const [colorScheme, width, locale] of [
  ['light', 1440, 'en'],
  ['dark', 390, 'zh-CN'],
] as const) {
  test(`axe finds nothing on any tab (${colorScheme}, ${width}, ${locale})`, async () => {
    const page = await signedIn({
      colorScheme,
      viewport: { width, height: 900 },
      locale,
      bypassCSP: true,
      reducedMotion: 'reduce',
    });
    for (const tab of TABS) {
      await page.goto(`${web.url}/repositories/team/app${tab}`);
      await page.addScriptTag({ content: AXE });
      const found = await page.evaluate(
        'axe.run("main").then(({ violations }) => violations.map(({ id, nodes }) => id + nodes[0].html))',
      );
      assert.deepEqual(found, [], tab);
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${tab} is too wide`);
    }
    await page.context().close();
  });
}

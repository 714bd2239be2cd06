import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { EVERYTHING } from '../../server/catalog/visibility.ts';
import { homePage } from '../../server/web/pages/home.ts';
import { repositoryRow, UP } from '../support/browse-facts.ts';
import { activityDays, found, homeFacts } from '../support/home-facts.ts';
import { startWeb, type TestWeb } from '../support/web.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** As live updates do it, with one more push. */
const REPLACE_WITH_NEWS = `
  const main = document.querySelector('main');
  const copy = main.cloneNode(true);
  const first = copy.querySelector('[data-home-pushes] > li');
  const fresh = first.cloneNode(true);
  fresh.dataset.key = 'another push';
  first.before(fresh);
  main.replaceChildren(...copy.childNodes);`;

let web: TestWeb;
let browser: Browser;
let rows = [repositoryRow()];

/** Over stores that answer from memory: what is tested here is the page. */
function pages() {
  const facts = homeFacts();
  const page = () => ({ rows, total: rows.length, isExact: true, next: undefined, previous: undefined });
  return [
    homePage({
      ...{ host: facts.host, readonly: false, firstRun: facts.firstRun, now: () => facts.at },
      visibility: { of: async () => EVERYTHING },
      repositories: { list: async () => page() },
      space: { total: async () => facts.total, series: async () => [], biggest: async () => [] },
      activity: {
        ofView: async (_, days) => activityDays(days),
        ofRepositories: async (ids, days) => new Map(ids.map((id) => [id, activityDays(days)])),
        pushersToday: async () => 2,
        pushedBy: async () => rows.slice(0, 1),
      },
      findings: {
        of: async () =>
          facts.findings && { ...facts.findings, stalest: [found('team/old')], fastest: [found('ml/new')] },
      },
      stars: { of: async () => [] },
      indexState: () => UP,
      registryState: () => ({ reachable: true, version: '3.1.1' }),
    }),
  ];
}

before(async () => {
  web = await startWeb({ pages: pages() });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

async function open(options: BrowserContextOptions, path = '/'): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'en', ...options })).newPage();
  await page.goto(`${web.url}/login`);
  await page.fill('input[name=username]', 'admin');
  await page.fill('input[name=password]', 'first-admin-password');
  await page.press('input[name=password]', 'Enter');
  await page.waitForURL((url) => !url.pathname.includes('login'));
  await page.goto(web.url + path);
  return page;
}

test('shows everything without JavaScript', async () => {
  const page = await open({ javaScriptEnabled: false });
  const main = page.getByRole('main');
  const chart = main.locator('svg.activity-wide');
  assert.match((await chart.getAttribute('aria-label')) ?? '', /^The last 14 days: 10,500 pulls/);
  assert.ok(await chart.isVisible());
  assert.match((await main.textContent()) ?? '', /team\/old.*3 images/s);
  assert.equal(await main.getByText('live', { exact: true }).isVisible(), false);
  await main.getByText('Log in with docker').click();
  assert.match((await main.textContent()) ?? '', /docker login -u admin registry\.example\.com/);
  await main.getByText('Log in with docker').click();
  await main.getByText('Show as a table').first().click();
  assert.equal(await main.getByRole('row').count(), 15);
  await main.getByRole('link', { name: '90 d' }).click();
  assert.match((await chart.getAttribute('aria-label')) ?? '', /^The last 90 days/);
  await page.context().close();
});

test('a push that comes while the page is open is marked, those of before are not', async () => {
  rows = [repositoryRow()];
  const page = await open({});
  await page.locator('[data-home-pushes] > li').first().waitFor();
  assert.equal(await page.locator('.home-pushes .is-new').count(), 0);
  // As live updates do it.
  await page.evaluate(REPLACE_WITH_NEWS);
  await page.locator('.home-pushes .is-new').waitFor();
  assert.equal(await page.locator('.home-pushes .is-new').count(), 1);
  await page.context().close();
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [locale, width] of [
    ['en', 1440],
    ['zh-CN', 390],
  ] as const) {
    test(`axe finds nothing (${colorScheme}, ${locale}, ${width})`, async () => {
      const page = await open({ colorScheme, locale, viewport: { width, height: 900 }, bypassCSP: true });
      await page.evaluate(axe);
      const found = await page.evaluate<AxeResult>(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`);
      assert.deepEqual(
        found.violations.map(({ id, nodes }) => [id, nodes[0]?.html]),
        [],
      );
      assert.ok(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'));
      await page.context().close();
    });
  }
}

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

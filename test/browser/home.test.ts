import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { homePage } from '../../server/web/home/home.ts';
import { startWeb, type TestWeb } from '../support/app/web.ts';
import { launch, signIn, skip } from '../support/browser/browser.ts';
import { hasFocus } from '../support/browser/in-page.js';
import {
  checkOpen,
  contextOptions,
  lasting,
  lookName,
  TWO_LOOKS,
  watchContext,
} from '../support/browser/page-check.ts';
import { repositoryRow, UP } from '../support/data/browse-facts.ts';
import { activityDays, found, homeFacts } from '../support/data/home-facts.ts';
import { registryFacts } from '../support/data/operations-facts.ts';

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

/** Over stores that answer from memory: what is tested here is the page. */
function pages() {
  const facts = homeFacts();
  const rows = [repositoryRow()];
  const page = { rows, total: rows.length, isExact: true, next: undefined, previous: undefined };
  return [
    homePage({
      ...{ firstRun: facts.firstRun, now: () => facts.at },
      visibility: { of: async () => EVERYTHING },
      repositories: { list: async () => page },
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
      operations: { indexState: () => UP, registry: registryFacts },
    }),
  ];
}

before(async () => {
  if (skip !== false) return;
  web = await startWeb({ pages: pages() });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

async function open(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', ...options });
  await watchContext(context);
  const page = await context.newPage();
  await signIn(page, web.url);
  return page;
}

test('shows everything without JavaScript', { skip }, async () => {
  const page = await open({ javaScriptEnabled: false });
  const main = page.getByRole('main');
  const chart = main.locator('svg.activity-wide');
  assert.match((await chart.getAttribute('aria-label')) ?? '', /^The last 14 days: 10,500 pulls/);
  assert.ok(await chart.isVisible());
  assert.match((await main.textContent()) ?? '', /team\/old.*3 images/s);
  assert.equal(await main.getByText('live', { exact: true }).isVisible(), false);
  await main.getByText('docker login command').click();
  assert.match((await main.textContent()) ?? '', /docker login -u admin registry\.example\.com/);
  await main.getByText('docker login command').click();
  await main.getByText('Show as table').first().click();
  assert.equal(await main.getByRole('row').count(), 15);
  await main.getByRole('link', { name: '90 days' }).click();
  assert.match((await chart.getAttribute('aria-label')) ?? '', /^The last 90 days/);
  await page.context().close();
});

test('a day says its values under the pointer and at the focus, by arrow keys', { skip }, async () => {
  const page = await open({});
  const days = page.locator('svg.activity-wide .activity-day');
  const tipOf = (index: number) => days.nth(index).locator('.activity-tip');
  assert.equal(await tipOf(3).isVisible(), false);
  await days.nth(3).hover();
  await tipOf(3)
    .getByText(/pulls · /)
    .waitFor();
  await page.mouse.move(0, 0);
  await days.last().focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await days.nth(-2).evaluate(hasFocus), true);
  assert.match((await days.nth(-2).getAttribute('aria-label')) ?? '', /^Nov 19, 2026: [\d,]+ pulls/);
  await tipOf(-2).getByText('Nov 19, 2026').waitFor();
  await page.keyboard.press('Home');
  assert.equal(await days.first().evaluate(hasFocus), true);
  assert.equal(await page.locator('svg.activity-wide [data-stop][tabindex="0"]').count(), 1, 'one stop for Tab');
  assert.deepEqual(lasting(await checkOpen(page)), []);
  await page.context().close();
});

test('a push that comes while the page is open is marked, those of before are not', { skip }, async () => {
  const page = await open({});
  await page.locator('[data-home-pushes] > li').first().waitFor();
  assert.equal(await page.locator('.home-pushes .is-new').count(), 0);
  // As live updates do it.
  await page.evaluate(REPLACE_WITH_NEWS);
  await page.locator('.home-pushes .is-new').waitFor();
  assert.equal(await page.locator('.home-pushes .is-new').count(), 1);
  await page.context().close();
});

for (const look of TWO_LOOKS) {
  test(`nothing is wrong with it: ${lookName(look)}`, { skip }, async () => {
    const page = await open(contextOptions(look));
    assert.deepEqual(lasting(await checkOpen(page)), []);
    await page.context().close();
  });
}

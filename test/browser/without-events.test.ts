/** Where no events come an open page shows by itself what is pushed, and its age goes back to the start. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { ADMIN_PASSWORD, type RunningApp, startApp } from '../support/app/app.ts';
import { launch, problemsOf, signIn } from '../support/browser/browser.ts';
import { eventually } from '../support/process/eventually.ts';
import { requireTools } from '../support/process/tools.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { type RunningRegistry, startRegistry } from '../support/registry/registry.ts';

const { skip } = await requireTools('registry-3.1.1', 'chromium');
// A page that stays open has its list read at each heartbeat of its stream.
const TWO_LOOKS_MS = 60_000;

let registry: RunningRegistry;
let app: RunningApp;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  registry = await startRegistry();
  await pushImageOf(registry.url, 'team/app', 'v1', { layers: ['one'] });
  app = await startApp({ config: { registry: { url: registry.url, name: registry.host } } });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.stop();
  await registry?.stop();
});

test('an open page shows a new tag by itself, and how old it is', { skip }, async () => {
  const context = await browser.newContext({ locale: 'en' });
  const page = await context.newPage();
  const problems = problemsOf(page);
  await signIn(page, app.url, { password: ADMIN_PASSWORD });
  const isIndexed = async () => {
    await page.goto(`${app.url}/repositories`);
    return (await page.locator('time[data-age="*"]').count()) > 0;
  };
  await eventually('the first index run', isIndexed);
  await pushImageOf(registry.url, 'team/app', 'v2', { layers: ['two'] });
  await page.goto(`${app.url}/repositories/team/app`);
  await page.getByRole('main').getByRole('link', { name: 'v2', exact: true }).first().waitFor();

  // As after an hour in which nothing was heard.
  const age = page.locator('time[data-age]');
  await age.evaluate((time) => {
    time.setAttribute('datetime', '2026-01-01T00:00:00Z');
    time.textContent = 'an hour ago';
  });
  await page.getByText('Tags last read: just now').waitFor({ timeout: TWO_LOOKS_MS });
  assert.deepEqual(problems, []);
  await context.close();
});

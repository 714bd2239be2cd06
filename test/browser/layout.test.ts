/** Lists of names that are as long as names may be, at every width, with scrollbars that take room. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launch, skip } from '../support/browser/browser.ts';
import { isCut } from '../support/browser/in-page.js';
import { layoutOf, WIDTHS } from '../support/browser/page-layout.ts';
import { openState, type StateWeb, startStates } from '../support/browser/states.ts';
import * as facts from '../support/data/browse-facts.ts';

const LONG = 'a-name-that-never-ends'.repeat(5);
const NAMES = [
  'shop',
  'team/app',
  `one/two/three/four/five/six/seven/eight/nine/ten/eleven/twelve/price-forecast`,
  `team/${LONG}`,
  `${LONG}/${LONG}`,
];

let web: StateWeb;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  web = await startStates();
  browser = await launch([], { hasScrollbars: true });
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

async function openList() {
  const rows = NAMES.map((name) => facts.repositoryRow({ name, newestTag: `v${LONG}` }));
  const state = { name: 'long names', path: '/repositories', shows: /Repositories/, world: { rows } };
  return openState(browser, web, state, { baseURL: web.url });
}

test('names of any length stay on one line and in their column', { skip }, async () => {
  const { page, context } = await openList();
  assert.deepEqual(await layoutOf(page, '/repositories', [...WIDTHS, 1180, 1179, 900, 768]), []);
  await context.close();
});

test('the folder gives way before the name does', { skip }, async () => {
  const { page, context } = await openList();
  await page.setViewportSize({ width: 1024, height: 900 });
  const link = page.getByRole('link', { name: /price-forecast$/ });
  const widthOf = async (part: string) => (await link.locator(part).boundingBox())?.width ?? 0;
  const cut = async (part: string) => link.locator(part).evaluate(isCut);
  assert.deepEqual([await cut('span'), await cut('b')], [true, false]);
  assert.ok((await widthOf('b')) > 80);
  await context.close();
});

test('in narrow windows the navigation is folded to icons whose names are read out', { skip }, async () => {
  const { page, context } = await openList();
  const widthAt = async (width: number) => {
    await page.setViewportSize({ width, height: 900 });
    return (await page.getByRole('navigation', { name: 'Main navigation' }).first().boundingBox())?.width;
  };
  assert.deepEqual([await widthAt(1180), await widthAt(1179), await widthAt(1024)], [224, 56, 56]);
  const link = page.getByRole('link', { name: 'Repositories', exact: true }).first();
  await link.focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  assert.ok(((await link.locator('.nav-label').boundingBox())?.width ?? 0) > 60, 'the focus shows the name');
  await context.close();
});

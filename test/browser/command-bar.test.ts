/** The command bar by keyboard, by finger, over a line that fails, and copying over plain HTTP. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { imagePage } from '../../server/web/image/image.ts';
import { searchPage } from '../../server/web/search/search.ts';
import type { PageModule } from '../../server/web/shell/routes.ts';
import { startWeb, type TestWeb } from '../support/app/web.ts';
import { launch, problemsOf, signIn, skip } from '../support/browser/browser.ts';
import { drawn, hasFocus } from '../support/browser/in-page.js';
import { checkOpen, contextOptions, LOOKS, lasting, lookName, watchContext } from '../support/browser/page-check.ts';
import * as facts from '../support/data/browse-facts.ts';
import { eventually } from '../support/process/eventually.ts';

const HOST = 'registry.test';
const NAMES = ['platform/api-gateway', 'platform/auth'];
const TAG = 'v4.12.1';
const NOTHING = { rows: [], next: undefined };

/** Run inside the page, so they come as text. */
const BLOCKED_STORAGE = `Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('blocked', 'SecurityError'); },
});`;
const PASTE_FIELD = `{
  const field = document.createElement('textarea');
  field.id = 'pasted';
  document.body.append(field);
  field.focus();
}`;

/** Lines that fail are part of some tests, and signing out over plain HTTP cannot clear the site's data. */
const EXPECTED = /Failed to load resource|Clear-Site-Data header/;

/** Of the page that was opened last. */
let problems: readonly string[] = [];
let web: TestWeb;
let browser: Browser;

/** The pages over stores that answer from memory. */
function pages(): readonly PageModule[] {
  const row = facts.repositoryRow();
  const shared = { visibility: { of: async () => EVERYTHING }, readonly: false };
  const repositories = { find: async (_: unknown, name: string) => (name === row.name ? row : undefined) };
  const suggest = async (_: unknown, text: string) => {
    const last = text.split(' ').at(-1) ?? '';
    const tagged = `${row.name}:${TAG}`;
    if (last !== '' && tagged.startsWith(last) && last.includes(':'))
      return [{ kind: 'tag' as const, label: tagged, text: tagged, reference: tagged }];
    const found = last === '' ? [] : NAMES.filter((name) => name.includes(last));
    const facts = (name: string) =>
      name.endsWith('auth')
        ? { facts: { tagCount: 1, newestTag: 'v2', sizeBytes: 1000, agedAt: Date.now() - 3_700_000 } }
        : {};
    return found.map((name) => ({
      kind: 'repository' as const,
      label: name,
      text: name,
      reference: name,
      ...facts(name),
    }));
  };
  const search = {
    suggest,
    search: async (_: unknown, text: string) => ({
      query: { terms: text === '' ? [] : [{ text, not: false, test: { kind: 'word' as const, text } }], notes: [] },
      ...{ jump: null, repositories: NOTHING, images: NOTHING },
    }),
  };
  const fact = { digest: facts.digestOf('a'), kind: 'index' as const };
  const deps = {
    ...shared,
    ...{ search, repositories, host: 'registry.test:5000', indexState: () => facts.UP },
    tagFacts: async (_: unknown, __: string, tags: readonly string[]) =>
      new Map(tags.filter((tag) => tag === TAG).map((tag) => [tag, fact])),
    labelKeys: async () => ['team'],
    users: { list: async () => ({ users: [], next: undefined, total: 0 }) },
    tags: { resolve: async () => facts.tagRow(TAG) },
    images: { detail: async () => facts.imageDetail(), partsOf: async () => new Map() },
    documents: { read: async () => [], glance: async () => new Map() },
    opened: () => undefined,
  };
  return [searchPage(deps as never), imagePage(deps as never)];
}

before(async () => {
  if (skip !== false) return;
  web = await startWeb({
    pages: pages(),
    config: { registry: { url: 'http://registry.test:5000', name: 'registry.test:5000' } },
    trustedProxies: ['127.0.0.1'],
  });
  // A name that is not localhost: there browsers give no clipboard to plain HTTP.
  browser = await launch([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

afterEach(() => assert.deepEqual(problems, []));

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    ...{ locale: 'en', baseURL: `http://${HOST}:${web.port}` },
    ...options,
  });
  await watchContext(context);
  const page = await context.newPage();
  problems = problemsOf(page, EXPECTED);
  await signIn(page, '', { next: path });
  return page;
}

const IMAGE = `/repositories/platform/api-gateway:${TAG}`;
const box = (page: Page) => page.locator('.search-box input[data-search]');
const chosen = (page: Page) => page.locator('[role=option][aria-selected=true]');
const option = (page: Page, name: string | RegExp) => page.getByRole('option', { name });

test('by keyboard: opens, moves, chooses, and gives the focus back', { skip }, async () => {
  const page = await open('/search');
  const link = page.getByRole('link', { name: 'Registry Web' });
  await link.focus();
  await page.keyboard.press('/');
  await page.keyboard.type('platform');
  // The list may be that of its first letters.
  await option(page, 'Search everything for “platform”').waitFor();
  await option(page, 'platform/auth').waitFor();
  assert.equal(await box(page).getAttribute('aria-expanded'), 'true');
  assert.equal(await page.getByRole('status').filter({ hasText: 'suggestion' }).count(), 1);
  await page.keyboard.press('ArrowDown');
  assert.equal(await chosen(page).textContent(), 'platform/api-gateway');
  assert.equal(await box(page).getAttribute('aria-activedescendant'), await chosen(page).getAttribute('id'));
  await page.keyboard.press('ArrowUp');
  assert.equal(await chosen(page).count(), 0);
  await page.keyboard.press('ArrowUp');
  assert.equal(await chosen(page).textContent(), 'Search everything for “platform”');
  await page.keyboard.press('ArrowUp');
  assert.equal(await chosen(page).getAttribute('aria-label'), 'platform/auth 1 tag · newest v2 · 1 kB · 1h ago');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator(':focus').getAttribute('class'), 'brand');
  assert.equal(await box(page).inputValue(), '');
  await page.keyboard.press('Control+K');
  await page.keyboard.type('api-gateway');
  await option(page, 'platform/api-gateway').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/repositories/platform/api-gateway');
  await page.context().close();
});

test('opens by a click and by typing, not by passing it with Tab, and keeps its place', { skip }, async () => {
  const page = await open('/search');
  const palette = page.getByRole('dialog', { name: 'Search and commands' });
  const place = await page.locator('.topbar .search-box').boundingBox();
  await page.getByRole('link', { name: 'Registry Web' }).focus();
  await eventually('Tab reaches the box', async () => {
    await page.keyboard.press('Tab');
    return box(page).evaluate(hasFocus);
  });
  assert.equal(await palette.count(), 0);
  await page.keyboard.type('auth');
  await palette.getByRole('option', { name: /^platform\/auth/ }).waitFor();
  assert.equal(await box(page).inputValue(), 'auth');
  assert.deepEqual(await page.locator('.topbar .search-box').boundingBox(), place);
  const { x, width } = (await palette.boundingBox()) ?? { x: 0, width: 0 };
  assert.ok(Math.abs(x + width / 2 - 640) < 10, 'in the middle of the window');
  await page.mouse.click(20, 600);
  assert.equal(await palette.count(), 0);
  assert.equal(await box(page).evaluate(hasFocus), true);
  await box(page).click();
  await palette.waitFor();
  await page.context().close();
});

test('the last entry searches everything', { skip }, async () => {
  const page = await open('/search');
  await page.keyboard.press('/');
  await page.keyboard.type('no such thing');
  await page.getByRole('option').last().filter({ hasText: 'Search everything for “no such thing”' }).click();
  await page.waitForURL('**/search?q=no%20such%20thing');
  await page.context().close();
});

test('a tag is deleted only through the page that asks first', { skip }, async () => {
  const page = await open('/search');
  await page.keyboard.press('/');
  await page.keyboard.type('删除 api-g');
  await option(page, 'Choose a tag of platform/api-gateway…').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await box(page).inputValue(), '删除 platform/api-gateway:');
  await option(page, `Delete tag platform/api-gateway:${TAG}…`).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${IMAGE}/-/delete?digest=sha256:*`);
  await page.context().close();
});

test('an older answer never takes the place of a newer one', { skip }, async () => {
  const page = await open('/search');
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/search/suggestions?q=api*', async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  await box(page).click();
  const asked = page.waitForRequest('**/search/suggestions?q=api*');
  await box(page).fill('api');
  const older = await asked;
  const givenUp = page.waitForEvent('requestfailed', (each) => each === older);
  await box(page).fill('auth');
  await option(page, 'platform/auth').waitFor();
  release();
  await Promise.race([givenUp, older.response().then((answer) => answer?.finished())]);
  await page.evaluate(drawn);
  assert.equal(await option(page, 'platform/auth').count(), 1);
  assert.equal(await option(page, 'platform/api-gateway').count(), 0);
  await page.context().close();
});

const failures: readonly (readonly [string, (route: Route) => Promise<void>, RegExp])[] = [
  ['no line', (route) => route.abort(), /Server unreachable/],
  ['a broken server', (route) => route.fulfill({ status: 500, body: 'no' }), /server error/],
  ['the page of a proxy', (route) => route.fulfill({ status: 200, body: '<html>' }), /server error/],
  ['too many questions', (route) => route.fulfill({ status: 429, body: '' }), /Too many requests/],
];
for (const [what, answer, expected] of failures) {
  test(`says so: ${what}`, { skip }, async () => {
    const page = await open('/search');
    await page.route('**/search/suggestions*', answer);
    await box(page).click();
    await box(page).fill('api');
    await page.locator('.bar-note', { hasText: expected }).waitFor();
    assert.equal(await page.getByRole('option').count(), 0);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/search?q=api');
    await page.context().close();
  });
}

test('an ended session leads back to where one was', { skip }, async () => {
  const page = await open(IMAGE);
  await page.context().clearCookies();
  await page.keyboard.press('/');
  await page.locator('.bar-note', { hasText: 'You are signed out.' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/login?next=${encodeURIComponent(IMAGE)}`);
  await page.context().close();
});

test('remembers what was opened until somebody signs out', { skip }, async () => {
  const page = await open('/search');
  await page.keyboard.press('/');
  await page.keyboard.type('auth');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/search?q=auth');
  await page.goto('/search');
  await page.keyboard.press('/');
  await page.getByRole('group', { name: 'Recent' }).getByRole('option', { name: 'auth' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('summary.account-button').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/login*');
  assert.equal(await page.evaluate("localStorage.getItem('rw-recent')"), null);
  await page.context().close();
});

test('works where storage is blocked, and distrusts what stands there', { skip }, async () => {
  const page = await open('/search');
  const bad = {
    viewer: 'admin',
    entries: [null, { text: 'x', href: '//evil.test/' }, { text: 'y', href: 'javascript:1' }],
  };
  await page.evaluate(`localStorage.setItem('rw-recent', ${JSON.stringify(JSON.stringify(bad))})`);
  await page.keyboard.press('/');
  await option(page, 'Delete tag…').waitFor();
  assert.equal(await page.getByRole('group', { name: 'Recent' }).count(), 0);
  await page.addInitScript(BLOCKED_STORAGE);
  await page.goto('/search');
  await page.keyboard.press('/');
  await page.keyboard.type('auth');
  await option(page, 'platform/auth').click();
  await page.waitForURL('**/repositories/platform/auth');
  await page.context().close();
});

test('on a phone the icon opens it over the page', { skip }, async () => {
  const page = await open(IMAGE, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const icon = page.getByRole('link', { name: 'Open search' });
  await icon.tap();
  const sheet = page.getByRole('dialog', { name: 'Search and commands' });
  await sheet
    .getByRole('option', { name: /^Copy pull command/ })
    .first()
    .tap();
  await sheet.waitFor({ state: 'detached' });
  await page.locator('.copy-said', { hasText: 'Copied' }).waitFor();
  await icon.tap();
  await page.keyboard.press('Escape');
  assert.match((await page.locator(':focus').getAttribute('class')) ?? '', /search-link/);
  await icon.tap();
  await sheet.getByRole('button', { name: 'Close' }).tap();
  await page.locator('.topbar form.search-box').waitFor({ state: 'attached' });
  await page.context().close();
});

/** Pastes into a field, as a person would see what was copied. */
async function pasted(page: Page): Promise<string> {
  await page.evaluate(PASTE_FIELD);
  await page.keyboard.press('Control+V');
  const text = await page.locator('#pasted').inputValue();
  await page.evaluate("document.querySelector('#pasted').remove()");
  return text;
}

test('copies over plain HTTP, with the tool and form that were chosen', { skip }, async () => {
  const page = await open(IMAGE);
  assert.equal(await page.evaluate('navigator.clipboard === undefined'), true, 'a secure page proves nothing');
  const line = page.locator('.copy-box .copybox-text');
  const choose = async (name: string) => {
    await page.locator('.copy-choice > summary').click();
    await page.locator('.copy-choice').getByRole('button', { name, exact: true }).click();
  };
  await page.getByText('insecure-registries').waitFor();
  await page.getByRole('button', { name: 'Copy command' }).click();
  await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor({ state: 'attached' });
  assert.equal(await pasted(page), `docker pull registry.test:5000/platform/api-gateway:${TAG}`);
  await choose('podman');
  await line.filter({ hasText: 'podman' }).waitFor();
  assert.equal(await page.evaluate('document.activeElement.localName'), 'summary');
  await choose('digest @sha256:…');
  const expected = `podman pull --tls-verify=false registry.test:5000/platform/api-gateway@${facts.digestOf('a')}`;
  await line.filter({ hasText: expected }).waitFor();
  await page.getByRole('button', { name: 'Copy command' }).click();
  assert.equal(await pasted(page), expected);
  await page.reload();
  assert.equal(await line.textContent(), expected);
  await page.context().close();
});

test('a browser that refuses to copy leaves the line selected', { skip }, async () => {
  const page = await open(IMAGE);
  await page.evaluate('document.execCommand = () => false; 0');
  await page.getByRole('button', { name: 'Copy command' }).click();
  await page.getByRole('status').filter({ hasText: 'press Ctrl+C' }).waitFor();
  assert.match(String(await page.evaluate('String(document.getSelection())')), /^docker pull /);
  await page.context().close();
});

test('without JavaScript the result page lists commands, and the tool is chosen by a form', { skip }, async () => {
  const page = await open(`/search?q=${encodeURIComponent(`delete tag platform/api-gateway:${TAG}`)}`, {
    javaScriptEnabled: false,
  });
  await page.getByRole('link', { name: `Delete tag platform/api-gateway:${TAG}…` }).waitFor();
  await page.locator('.topbar input[type=search]').fill('dark');
  await page.locator('.topbar input[type=search]').press('Enter');
  await page.getByRole('button', { name: 'Theme: Dark' }).click();
  assert.equal(await page.locator('html').getAttribute('data-bs-theme'), 'dark');
  assert.equal(new URL(page.url()).search, '?q=dark');
  await page.goto(IMAGE);
  await page.locator('.copy-choice > summary').click();
  await page.locator('.copy-choice').getByRole('button', { name: 'kubernetes' }).click();
  assert.equal(new URL(page.url()).pathname, IMAGE);
  assert.equal(
    await page.locator('.copy-box .copybox-text').textContent(),
    `image: registry.test:5000/platform/api-gateway:${TAG}`,
  );
  await page.context().close();
});

for (const look of LOOKS) {
  test(`nothing for axe to find: ${lookName(look)}`, { skip }, async () => {
    const page = await open(IMAGE, contextOptions(look));
    if (look.width === 390) await page.locator('.search-link').click();
    else await page.keyboard.press('Control+K');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    assert.deepEqual(lasting(await checkOpen(page)), []);
    await page.keyboard.type('auth');
    await option(page, /^platform\/auth/).waitFor();
    assert.deepEqual(lasting(await checkOpen(page)), []);
    await page.keyboard.press('Escape');
    await page.locator('.copy-choice > summary').click();
    assert.deepEqual(lasting(await checkOpen(page)), []);
    await page.context().close();
  });
}

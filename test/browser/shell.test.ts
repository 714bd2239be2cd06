/** What surrounds every page: navigation that folds, keys, updates, and what happens when the connection or the session goes. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createLive, type Live } from '../../server/web/live/live.ts';
import { TOPIC } from '../../server/web/live/live-news.ts';
import type { PageModule } from '../../server/web/shell/routes.ts';
import { quietBus } from '../support/app/bus.ts';
import { liveDeps } from '../support/app/live.ts';
import { FIRST_PASSWORD, startWeb, type TestWeb } from '../support/app/web.ts';
import { launch, problemsOf, signIn, skip } from '../support/browser/browser.ts';
import { eventually } from '../support/process/eventually.ts';

const bus = quietBus();
let web: TestWeb;
let live: Live;
let browser: Browser;
let version = 1;

/** The start page says how often it was asked for. */
let drawn = 0;
const start: PageModule = (routes) => {
  routes.get('/', 'browse', (page) => {
    drawn += 1;
    return page.render('shell/error', {
      title: 'Start',
      status: 200,
      text: `drawn ${drawn}`,
      id: undefined,
      live: TOPIC.events,
      links: [{ text: 'On', href: page.url('/keyboard') }],
    });
  });
};

before(async () => {
  if (skip !== false) return;
  const isSessionAlive = (sid: string) => web.sessions.isAlive(sid);
  live = createLive(liveDeps({ bus, watchMs: 50, accessVersion: async () => version, isSessionAlive }));
  web = await startWeb({ pages: [live.pages, start] });
  for (let index = 0; index < 80; index += 1) {
    const username = `person-${String(index).padStart(2, '0')}`;
    await web.users.add({ username, passwordHash: 'x', mustChangePassword: false, roleIds: [], by: 'test' });
  }
  browser = await launch();
});
after(async () => {
  await browser?.close();
  live?.endAll();
  await web?.stop();
});

async function open(
  path: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: readonly string[] }> {
  const context = await browser.newContext({ locale: 'en', viewport: { width: 1280, height: 720 }, ...options });
  const page = await context.newPage();
  // Answers of 4xx and a line that fails are part of some tests.
  const problems = problemsOf(page, /Failed to load resource|net::ERR/);
  // The form itself has no stream.
  const streaming = options.javaScriptEnabled === false ? undefined : page.waitForResponse(/\/live\?since=/);
  await signIn(page, web.url, { next: path });
  await streaming;
  return { page, problems };
}

/** What the page itself says. */
const look = <T>(page: Page, code: string): Promise<T> => page.evaluate<T>(code);
const FOCUSED = 'document.activeElement?.textContent?.trim()';

for (const javaScriptEnabled of [true, false]) {
  test(`the navigation folds, and the next page is drawn that way, JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, {
    skip,
  }, async () => {
    const { page, problems } = await open('/users', { javaScriptEnabled });
    const wide = (await page.getByRole('navigation', { name: 'Main navigation' }).boundingBox())?.width ?? 0;
    await page.getByRole('button', { name: 'Collapse sidebar', exact: true }).click();
    await page.locator('body.is-folded').waitFor();
    const folded = (await page.getByRole('navigation', { name: 'Main navigation' }).boundingBox())?.width ?? 0;
    assert.ok(wide > 200 && folded < 60, `${wide} ${folded}`);
    await page.getByRole('link', { name: 'Roles' }).click();
    await page.getByRole('heading', { name: 'Roles' }).waitFor();
    assert.equal(await page.locator('body.is-folded').count(), 1);
    await page.getByRole('button', { name: 'Expand sidebar' }).click();
    await page.locator('body:not(.is-folded)').waitFor();
    assert.deepEqual(problems, []);
    await page.context().close();
  });
}

test('rows and places by keyboard, and nothing while somebody types', { skip }, async () => {
  const { page, problems } = await open('/users');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const focused = () => look<string>(page, FOCUSED);
  assert.equal(await focused(), 'person-00');
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(), 'admin');
  await page.keyboard.press(']');
  await page.waitForURL(/after=/);
  await page.keyboard.press('[');
  await page.waitForURL((url) => !url.search.includes('after='));
  await page.locator('main input[type=search]').fill('');
  await page.locator('main input[type=search]').pressSequentially('gr?j');
  assert.equal(await page.locator('main input[type=search]').inputValue(), 'gr?j');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await page.locator('main').focus();
  await page.keyboard.press('Control+j');
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.waitForURL(/\/roles$/);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/roles\/.+/);
  assert.deepEqual(problems, []);
  await page.context().close();
});

test('? shows the map, keeps the focus in it and gives it back; letters can be switched off', { skip }, async () => {
  const { page, problems } = await open('/users');
  await page.keyboard.press('j');
  await page.keyboard.press('?');
  const map = page.getByRole('dialog', { name: 'Keyboard' });
  await map.waitFor();
  for (let count = 0; count < 6; count += 1) {
    await page.keyboard.press('Tab');
    // The browser's own bar is part of the round; the page behind is not.
    assert.equal(await look(page, 'document.activeElement.closest("main, header, .sidebar") !== null'), false);
  }
  await page.keyboard.press('Escape');
  await map.waitFor({ state: 'detached' });
  assert.equal(await look(page, FOCUSED), 'admin');
  await page.goto(`${web.url}/keyboard`);
  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('button', { name: 'Turn on' }).waitFor();
  await page.goto(`${web.url}/users`);
  await page.keyboard.press('?');
  await page.keyboard.press('j');
  assert.equal(await look(page, 'document.activeElement.localName'), 'body');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  assert.deepEqual(problems, []);
  await page.context().close();
});

test('a list follows what happens, and does not move under the hands', { skip }, async () => {
  const { page, problems } = await open('/');
  const before = drawn;
  bus.publish({ kind: 'events-kept', repositories: ['team/app'] });
  await page.getByText(`drawn ${before + 1}`).waitFor();
  // Somebody is at work: a mark, and nothing else.
  await page.locator('main a').first().focus();
  bus.publish({ kind: 'events-kept', repositories: ['team/app'] });
  const mark = page.getByRole('button', { name: 'Show new content' });
  await mark.waitFor();
  assert.equal(await page.getByText(`drawn ${before + 1}`).count(), 1, 'what is shown stays');
  const shown = drawn;
  await mark.click();
  await page.getByText(`drawn ${shown + 1}`).waitFor();
  await mark.waitFor({ state: 'detached' });
  assert.equal(await look(page, 'document.activeElement.closest("main a") !== null'), true);
  assert.deepEqual(problems, []);
  await page.context().close();
});

test('a mark loads in place: scroll, focus and what is open stay', { skip }, async () => {
  const { page, problems } = await open('/users');
  await page.getByRole('link', { name: 'person-40' }).scrollIntoViewIfNeeded();
  await page.getByRole('link', { name: 'person-40' }).focus();
  const before = await look<number>(page, 'window.scrollY');
  assert.ok(before > 0);
  version += 1;
  await page.getByRole('button', { name: 'Show new content' }).click();
  await page.getByRole('button', { name: 'Show new content' }).waitFor({ state: 'detached' });
  assert.equal(await look<number>(page, 'window.scrollY'), before);
  assert.equal(await look(page, FOCUSED), 'person-40');
  assert.deepEqual(problems, []);
  await page.context().close();
});

test('back leads to where one was', { skip }, async () => {
  const { page } = await open('/users');
  await page.getByRole('link', { name: 'person-40' }).scrollIntoViewIfNeeded();
  const before = await look<number>(page, 'window.scrollY');
  await page.getByRole('link', { name: 'person-40' }).click();
  await page.waitForURL(/person-40/);
  await page.goBack();
  await page.waitForURL(/\/users$/);
  await eventually('scrolled', () => look<number>(page, 'window.scrollY'), { until: (y) => Math.abs(y - before) < 5 });
  await page.context().close();
});

test('an open page does not keep the session alive, and says when it has ended', { skip }, async () => {
  const { page, problems } = await open('/');
  const [user] = (await web.users.list({ filter: 'admin', limit: 1 })).users;
  assert.ok(user);
  const long = Date.now() - 10 * 60_000;
  await web.db.updateTable('sessions').set({ last_seen_at: long }).execute();
  const before = drawn;
  bus.publish({ kind: 'events-kept', repositories: ['team/app'] });
  await page.getByText(`drawn ${before + 1}`).waitFor();
  const rows = await web.db.selectFrom('sessions').select('last_seen_at').execute();
  assert.deepEqual(new Set(rows.map((row) => row.last_seen_at)), new Set([long]));
  await web.sessions.endAll(user.id);
  bus.publish({ kind: 'audited', action: 'session.end' });
  await page.getByText('Your session has ended.').waitFor();
  await page.locator('.live-status').getByRole('link', { name: 'Sign in' }).click();
  await page.getByText('Sign in to return to the page').waitFor();
  assert.deepEqual(problems, []);
  await page.context().close();
});

test('a form of an ended session is not done, says so, and one comes back to its page', { skip }, async () => {
  const { page } = await open('/roles/-/new');
  await page.getByLabel('Name', { exact: true }).fill('late');
  await web.db.deleteFrom('sessions').execute();
  await page.getByRole('button', { name: 'Create role' }).click();
  await page.getByText('the action was not performed').waitFor();
  assert.equal(await web.roles.find('late'), undefined);
  await page.fill('input[name=username]', 'admin');
  await page.fill('input[name=password]', FIRST_PASSWORD);
  await page.press('input[name=password]', 'Enter');
  await page.waitForURL(/\/roles\/-\/new$/);
  await page.context().close();
});

test('without a connection the page says so, and goes on by itself', { skip }, async () => {
  const { page } = await open('/');
  await page.context().setOffline(true);
  await page.getByText('Offline.').waitFor();
  await page.context().setOffline(false);
  await page.getByText('Offline.').waitFor({ state: 'detached' });
  const before = drawn;
  await eventually('it follows again', async () => {
    bus.publish({ kind: 'events-kept', repositories: ['team/app'] });
    return drawn > before;
  });
  await page.context().close();
});

test('a stream that arrives when the connection has gone does not hide that it has', { skip }, async () => {
  const { page } = await open('/keyboard');
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route(/\/live\?since=/, async (route) => {
    await held;
    await route.fulfill({ contentType: 'text/event-stream', body: ': here\n\n' }).catch(() => undefined);
  });
  const asked = page.waitForRequest(/\/live\?since=/);
  await page.goto(`${web.url}/`);
  await asked;
  await page.context().setOffline(true);
  await page.getByText('Offline.').waitFor();
  await look(
    page,
    `new MutationObserver(() => { document.body.dataset.told = document.querySelector('.live-status').textContent === '' ? 'gone' : 'said' })
      .observe(document.querySelector('.live-status'), { childList: true })`,
  );
  const askedAgain = page.waitForRequest(/\/live\?since=/);
  answer();
  await askedAgain;
  assert.notEqual(await look(page, 'document.body.dataset.told'), 'gone');
  await page.context().close();
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { FIRST_PASSWORD, startWeb, type TestWeb } from '../support/app/web.ts';
import { launch, problemsOf, skip } from '../support/browser/browser.ts';

const HOST = 'registry.test';
const PASSWORD = 'my-own-long-password';

let browser: Browser;
before(async () => {
  // A name that is not localhost: browsers treat only that one as secure over plain HTTP.
  if (skip === false) browser = await launch([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
});
after(() => browser?.close());

async function open(
  web: TestWeb,
  options: BrowserContextOptions,
): Promise<{ page: Page; problems: readonly string[] }> {
  const context = await browser.newContext({
    locale: 'en-US',
    extraHTTPHeaders: { 'x-forwarded-for': '10.0.0.9' },
    ...options,
  });
  const page = await context.newPage();
  const problems = problemsOf(page);
  await page.goto(`http://${HOST}:${web.port}/users`);
  return { page, problems };
}

for (const javaScriptEnabled of [true, false]) {
  test(`the first admin gets in and makes a user, JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, {
    skip,
  }, async () => {
    const web = await startWeb({ adminPassword: null, trustedProxies: ['127.0.0.1'] });
    try {
      const { page, problems } = await open(web, { javaScriptEnabled });
      await page.getByLabel('User name').fill('admin');
      await page.getByLabel('Password', { exact: true }).fill('admin');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByLabel('One-time code').fill(/"code":"([^"]+)"/.exec(web.logged())?.[1] ?? '');
      await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
      await page.getByLabel('Confirm password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Set password' }).click();

      await page.goto(`http://${HOST}:${web.port}/users`);
      await page.getByText('This connection uses plain HTTP').waitFor();
      await page.getByRole('link', { name: 'New user' }).click();
      await page.getByLabel('User name').fill('lin');
      await page.getByRole('checkbox', { name: 'write-all' }).check();
      await page.getByRole('checkbox', { name: 'delete-all' }).check();
      await page.getByRole('button', { name: 'Create user' }).click();
      await page.getByRole('heading', { name: 'User lin created.' }).waitFor();
      await page.getByRole('link', { name: 'I have saved it' }).click();
      await page.getByRole('button', { name: 'Remove role write-all' }).waitFor();
      assert.equal(await page.getByRole('button', { name: 'Remove role read-all' }).count(), 0);

      await page.locator('summary[aria-label="Language"]').click();
      await page.getByRole('button', { name: '简体中文' }).click();
      await page.getByRole('button', { name: '重置密码' }).waitFor();
      assert.deepEqual(problems, []);
    } finally {
      await web.stop();
    }
  });
}

test('a role shows what it matches before it is saved', { skip }, async () => {
  const web = await startWeb({ trustedProxies: ['127.0.0.1'] });
  try {
    const { page, problems } = await open(web, {});
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill(FIRST_PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto(`http://${HOST}:${web.port}/roles/-/new`);
    await page.getByLabel('Name', { exact: true }).fill('team');
    await page.getByRole('button', { name: 'Create role' }).click();
    await page.getByLabel('Repository', { exact: true }).first().fill('team/**');
    await page.getByRole('button', { name: 'Preview matches' }).click();
    await page.getByText('team/app').waitFor();
    assert.deepEqual((await web.roles.find('team'))?.rules, []);
    await page.getByRole('button', { name: 'Save rules' }).click();
    await page.getByText('Rules saved').waitFor();
    assert.equal((await web.roles.find('team'))?.rules[0]?.repository, 'team/**');
    await page.getByRole('link', { name: 'Delete role' }).click();
    await page.getByRole('button', { name: 'Delete role' }).click();
    await page.getByText('Role team deleted.').waitFor();
    assert.equal(await web.roles.find('team'), undefined);
    assert.deepEqual(problems, []);
  } finally {
    await web.stop();
  }
});

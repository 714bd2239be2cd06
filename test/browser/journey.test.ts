/** The whole way in a real browser: the first sign-in, a user, a push from a shell, the image, its tag deleted and back. */
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import { startApp } from '../support/app.ts';
import { freePorts } from '../support/ports.ts';
import { registryBinary } from '../support/registry.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { requireTools } from '../support/tools.ts';
import { assertFailed, assertWorked, createClients, eventually } from '../support/walk.ts';

const TEMPLATE = join(import.meta.dirname, '..', '..', 'conf', 'registry.yml');
const ADMIN_PASSWORD = 'my-own-long-password';
const LIN = { username: 'lin', password: 'the-password-of-lin' };
const { skip, paths } = await requireTools('registry-3.1.1', 'skopeo', 'chromium');

for (const javaScriptEnabled of [true, false]) {
  test(`from admin / admin to a deleted tag, JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, { skip }, async () => {
    const folder = await temporaryFolder('journey');
    const [port = 0, registryPort = 0] = await freePorts(2);
    const host = `localhost:${registryPort}`;
    const app = await startApp({
      port,
      isFresh: true,
      config: { registry: { binary: await registryBinary('3.1.1'), port: registryPort, name: host } },
      prepare: (conf) => copyFile(TEMPLATE, join(conf, 'registry.yml')),
    });
    const browser = await chromium.launch({ executablePath: paths.chromium, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const context = await browser.newContext({ locale: 'en-US', javaScriptEnabled });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));

      await signInFirst(page, app.url);
      await addWriter(page, app.url);
      const lin = await (await createClients(host, folder.path))(LIN);
      await eventually('the registry answers', () =>
        fetch(`http://${host}/`).then(
          (answer) => answer.ok,
          () => false,
        ),
      );
      assertWorked(await lin.login());
      await page.goto(`${app.url}/repositories`);
      assertWorked(await lin.push('team/app'));

      await eventually('the repository is listed', async () => {
        // With scripts the open page shows it by itself.
        if (!javaScriptEnabled) await page.reload();
        return page.locator('main').getByRole('link', { name: /app/ }).first().isVisible();
      });
      await page.locator('main').getByRole('link', { name: /app/ }).first().click();
      await page.locator('main').getByText('lin', { exact: true }).first().waitFor();
      await page.locator('main').getByRole('link', { name: 'v1', exact: true }).click();
      await page.waitForURL(/\/repositories\/team\/app(:v1|@sha256:)/);
      await page.getByText('COPY mark.txt').first().waitFor({ state: 'attached' });
      assertWorked(await lin.pull('team/app'));

      await page.goto(`${app.url}/repositories/team/app:v1/-/delete`);
      await page
        .locator('main')
        .getByRole('button', { name: /Delete/ })
        .click();
      await page.getByRole('button', { name: 'Undo' }).waitFor();
      assertFailed(await lin.pull('team/app'), /unknown|not found/i);
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.locator('main').getByRole('link', { name: 'v1', exact: true }).waitFor();
      assertWorked(await lin.pull('team/app'));
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
      await app.stop();
      await folder.remove();
    }
  });
}

async function signInFirst(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill('admin');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('New password').fill(ADMIN_PASSWORD);
  await page.getByLabel('The same again').fill(ADMIN_PASSWORD);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.waitForURL(`${url}/`);
}

async function addWriter(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/users`);
  await page.getByRole('link', { name: 'New user' }).click();
  await page.getByLabel('User name').fill(LIN.username);
  await page.getByRole('textbox', { name: 'Password' }).fill(LIN.password);
  await page.getByRole('checkbox', { name: 'write-all' }).check();
  await page.getByRole('button', { name: 'Create user' }).click();
  await page.waitForURL(/\/users\/lin$/);
}

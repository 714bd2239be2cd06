/** An empty registry tells how to fill it, and the page shows the first push by itself; without JavaScript after a click. */
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { writeImageLayout } from '../clients/sample.ts';
import { createShell } from '../clients/shell.ts';
import { ADMIN_PASSWORD, type RunningApp, startApp } from '../support/app/app.ts';
import { launch, signIn } from '../support/browser/browser.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePorts } from '../support/process/ports.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { requireTools } from '../support/process/tools.ts';
import { registryBinary } from '../support/registry/registry.ts';

const TEMPLATE = join(import.meta.dirname, '..', '..', 'conf', 'registry.yml');
const { skip, paths } = await requireTools('registry-3.1.1', 'skopeo', 'chromium');
let browser: Browser;

before(async () => {
  if (skip === false) browser = await launch();
});
after(() => browser?.close());

interface Bench {
  readonly app: RunningApp;
  readonly host: string;
  readonly folder: TemporaryFolder;
  stop(): Promise<void>;
}

async function startBench(): Promise<Bench> {
  const folder = await temporaryFolder('first-run');
  const [port = 0, registryPort = 0] = await freePorts(2);
  const host = `localhost:${registryPort}`;
  const app = await startApp({
    port,
    config: { registry: { binary: await registryBinary('3.1.1'), port: registryPort, name: host } },
    prepare: (conf) => copyFile(TEMPLATE, join(conf, 'registry.yml')),
  });
  const stop = async () => {
    await app.stop();
    await folder.remove();
  };
  return { app, host, folder, stop };
}

async function open(context: BrowserContext, { app }: Bench, next: string) {
  const page = await context.newPage();
  await signIn(page, app.url, { password: ADMIN_PASSWORD, next });
  return page;
}

/** What the page says, in the words of the one client that needs no engine. */
async function push({ host, folder }: Bench): Promise<void> {
  const layout = join(folder.path, 'layout');
  await writeImageLayout(layout, 'first');
  const shell = await createShell(paths.skopeo, folder.path, 'admin');
  const login = ['login', '--tls-verify=false', '-u', 'admin', '--password-stdin', host];
  const copy = ['copy', '--dest-tls-verify=false', `oci:${layout}:v1`, `docker://${host}/hello-world:latest`];
  for (const outcome of [await shell.run(login, { input: ADMIN_PASSWORD }), await shell.run(copy)]) {
    assert.ok(outcome.ok, outcome.text);
  }
}

for (const path of ['/', '/repositories']) {
  test(`the first push shows by itself on ${path}`, { skip }, async () => {
    const bench = await startBench();
    const context = await browser.newContext({ locale: 'en-US', permissions: ['clipboard-read', 'clipboard-write'] });
    try {
      const page = await open(context, bench, path);
      await page.getByText('Waiting for the first push').waitFor();
      await page.getByRole('button', { name: 'Copy' }).first().click();
      // The focus stands in the middle of the page, as it does for whoever has just copied the line.
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), `docker login -u admin ${bench.host}`);
      await page.getByRole('link', { name: 'podman', exact: true }).click();
      await page.getByText(`podman push --tls-verify=false ${bench.host}/hello-world`).waitFor();
      await page.getByRole('button', { name: 'Copy' }).last().click();
      await push(bench);
      await page
        .locator('main')
        .getByRole('link', { name: /hello-world/ })
        .first()
        .waitFor();
      assert.equal(await page.getByText('Waiting for the first push').count(), 0);
    } finally {
      await context.close();
      await bench.stop();
    }
  });
}

test('without JavaScript the page says how to look again', { skip }, async () => {
  const bench = await startBench();
  const context = await browser.newContext({ locale: 'en-US', javaScriptEnabled: false });
  try {
    const page = await open(context, bench, '/');
    // Until the first look at the registry has ended, the page does not say that it is empty.
    await eventually('the lines', async () => {
      await page.reload();
      return page.getByText(`docker push ${bench.host}/hello-world`).isVisible();
    });
    await push(bench);
    await eventually('the push is listed', async () => {
      const again = page.getByRole('link', { name: 'Refresh after the push' });
      if ((await again.count()) > 0) await again.click();
      return (
        (await page
          .locator('main')
          .getByRole('link', { name: /hello-world/ })
          .count()) > 0
      );
    });
  } finally {
    await context.close();
    await bench.stop();
  }
});

test('the set-up helper ticks off an event while one looks', { skip }, async () => {
  const bench = await startBench();
  const context = await browser.newContext({ locale: 'en-US' });
  try {
    const page = await open(context, bench, '/connect');
    await page.getByText('7 of 8 passed').waitFor();
    await push(bench);
    await page.getByText('All checks passed: the registry is connected.').waitFor();
    await page.getByRole('link', { name: 'registry:2' }).click();
    await page.getByText('rootcertbundle: /etc/docker/registry/registry-web.pem').waitFor();
    assert.equal(await page.getByText('signingalgorithms').count(), 0);
    await page.getByRole('link', { name: 'Show secret' }).click();
    assert.match((await page.getByText('Bearer').first().textContent()) ?? '', /Bearer [\w-]{20,}/);
  } finally {
    await context.close();
    await bench.stop();
  }
});

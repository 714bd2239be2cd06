/** From the end of a push to the new tag in a page that somebody has open, in a real browser, a hundred times. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { ADMIN_PASSWORD, EVENT_SECRET } from '../../../support/app/app.ts';
import { freePorts } from '../../../support/process/ports.ts';
import { findTool } from '../../../support/process/tools.ts';
import { pushImageOf } from '../../../support/registry/images.ts';
import { startRegistry } from '../../../support/registry/registry.ts';
import { type Line, median, note } from '../../lines.ts';
import { startServer } from '../server.ts';

const MAX_MS = 1000;
const REPOSITORY = 'team/app';

export async function pushRow(pushes: number): Promise<Line> {
  const [appPort = 0, registryPort = 0] = await freePorts(2);
  const url = `http://127.0.0.1:${appPort}/api/notification`;
  const headers = { Authorization: [EVENT_SECRET] };
  const registry = await startRegistry({ port: registryPort, notifications: { url, headers } });
  await pushImageOf(registry.url, REPOSITORY, 'v0');
  const config = { registry: { url: registry.url, name: registry.host }, notifications: { secret: EVENT_SECRET } };
  const server = await startServer({ config, port: appPort });
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox'] });
  try {
    const page = await openRepository(browser, server.app.url);
    const times: number[] = [];
    for (let push = 1; push <= pushes; push += 1) times.push(await visibleAfter(page, registry.url, `v${push}`));
    const intime = times.filter((ms) => ms < MAX_MS).length;
    note(`median ${median(times).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms`);
    return {
      what: 'push to visible in an open page',
      measured: `${intime} of ${pushes} below ${MAX_MS} ms`,
      goal: 'all',
      isMet: intime === pushes,
    };
  } finally {
    await browser.close();
    await server.stop();
    await registry.stop();
  }
}

async function chromiumPath(): Promise<string> {
  const path = await findTool('chromium');
  if (path === undefined) throw new Error('chromium is not installed');
  return path;
}

async function openRepository(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${url}/login?next=/repositories/${REPOSITORY}`);
  await page.fill('[name=username]', 'admin');
  await page.fill('[name=password]', ADMIN_PASSWORD);
  await Promise.all([page.waitForURL(`**/repositories/${REPOSITORY}`), page.click('main button')]);
  await page.getByText('v0', { exact: true }).first().waitFor();
  return page;
}

/** Milliseconds from the registry's answer to the push until the page shows the tag. */
async function visibleAfter(page: Page, registryUrl: string, tag: string): Promise<number> {
  await pushImageOf(registryUrl, REPOSITORY, tag);
  const pushed = performance.now();
  await page.getByText(tag, { exact: true }).first().waitFor();
  return performance.now() - pushed;
}

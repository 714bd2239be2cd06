/** Every page of the small demo, found by its links, at every width and with classic scrollbars. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Demo, startDemo } from '../../scripts/demo/demo.ts';
import { launch, signIn } from '../support/browser/browser.ts';
import { layoutOf, WIDTHS } from '../support/browser/page-layout.ts';
import { spider } from '../support/browser/spider.ts';
import { ADMIN } from '../support/browser/viewers.ts';
import { requireTools } from '../support/process/tools.ts';
import { registryBinary } from '../support/registry/registry.ts';

const { skip } = await requireTools('registry-3.1.1', 'chromium');

let demo: Demo;
before(async () => {
  if (skip !== false) return;
  const binary = await registryBinary('3.1.1');
  demo = await startDemo({ port: 0, isSmall: true, registryBinary: binary, say: () => undefined });
});
after(() => demo?.stop());

test('no page scrolls sideways, no table leaves its box, no name breaks, at any width', { skip }, async () => {
  const withScrollbars = await launch([], { hasScrollbars: true });
  try {
    const context = await withScrollbars.newContext({ baseURL: demo.url, locale: 'en-US', reducedMotion: 'reduce' });
    // Answers of the stream would draw pages anew while they are measured.
    await context.route(/\/live\?/, () => undefined);
    const page = await context.newPage();
    await signIn(page, demo.url, { username: ADMIN.name, ...(ADMIN.password && { password: ADMIN.password }) });
    const pages = await spider(page, ['/', ...(ADMIN.starts ?? [])]);
    assert.ok(pages.length > 40, `only ${pages.length} pages`);
    const problems: string[] = [];
    for (const { path } of pages) problems.push(...(await layoutOf(page, path, WIDTHS)));
    assert.deepEqual(problems, []);
  } finally {
    await withScrollbars.close();
  }
});

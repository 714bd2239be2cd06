/**
 * Every page of the demo, found by its links, in both schemes, languages and widths: accessible, within its policy, without
 * errors and never wider than its window. `PICTURES=folder` keeps a picture of each, `ALL_LOOKS=1` takes all eight looks.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { type Demo, startDemo } from '../../scripts/demo/demo.ts';
import { ADMIN, NOBODY, READER } from '../bench/interface/everything.ts';
import { LOOKS, lasting } from '../support/page-check.ts';
import { TWO_LOOKS, type Walked, walkPages } from '../support/page-walk.ts';
import { freePort } from '../support/ports.ts';
import { registryBinary } from '../support/registry.ts';
import { requireTools } from '../support/tools.ts';

const VIEWS = join(import.meta.dirname, '..', '..', 'views', 'pages');
const { skip, paths } = await requireTools('registry-3.1.1', 'chromium');
const looks = process.env['ALL_LOOKS'] === undefined ? TWO_LOOKS : LOOKS;
const pictures = process.env['PICTURES'];

/** Pages that no link leads to: forms in the middle of something, and what the states show. */
const ELSEWHERE = ['confirm', 'error', 'repository-gone', 'setup-password', 'user-secret'];

let demo: Demo;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  process.env['REGISTRY_BINARY'] = await registryBinary('3.1.1');
  demo = await startDemo({ port: await freePort(), isSmall: false, say: () => undefined });
  browser = await chromium.launch({ executablePath: paths.chromium, args: ['--no-sandbox', '--disable-gpu'] });
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

function assertGood({ problems }: Walked): void {
  assert.deepEqual(
    lasting(problems).map(({ kind, text }) => `${kind}: ${text}`),
    [],
  );
}

test('all pages that an admin can reach', { skip }, async () => {
  const walked = await walkPages({ browser, url: demo.url, viewer: ADMIN, looks, pictures });
  const views = (await readdir(VIEWS)).map((name) => name.replace(/\.ejs$/, ''));
  const missed = views.filter((view) => !ELSEWHERE.includes(view) && !walked.pages.some((page) => page.view === view));
  assert.deepEqual(missed, ['login'], 'every page is reached by a link');
  assertGood(walked);
});

for (const viewer of [READER, NOBODY]) {
  test(`all pages that ${viewer.name} can reach`, { skip }, async () => {
    assertGood(await walkPages({ browser, url: demo.url, viewer, looks, pictures }));
  });
}

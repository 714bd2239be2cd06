/**
 * Every page of the demo, found by its links, in both schemes, languages and widths: accessible, within its policy, without
 * errors. `PICTURES=folder` keeps a picture of each, `ALL_LOOKS=1` takes all eight looks.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { type Demo, startDemo } from '../../scripts/demo/demo.ts';
import { launch } from '../support/browser/browser.ts';
import { LOOKS, lasting, TWO_LOOKS } from '../support/browser/page-check.ts';
import { type Walked, walkPages } from '../support/browser/page-walk.ts';
import { ADMIN, NOBODY, READER } from '../support/browser/viewers.ts';
import { requireTools } from '../support/process/tools.ts';
import { registryBinary } from '../support/registry/registry.ts';

const VIEWS = join(import.meta.dirname, '..', '..', 'views');
const { skip } = await requireTools('registry-3.1.1', 'chromium');
const isWhole = process.env['ALL_LOOKS'] !== undefined;
const [WIDE, NARROW] = TWO_LOOKS;
const pictures = process.env['PICTURES'];

/** Pages that no link leads to: forms in the middle of something, and what the states show. */
const ELSEWHERE = [
  ...[
    'shell/confirm',
    'shell/error',
    'repositories/repository-gone',
    'accounts/setup-password',
    'accounts/user-secret',
  ],
  ...['housekeeping/selection-copy', 'housekeeping/selection-delete', 'housekeeping/selection-outcome'],
];

/** Templates that no other one includes; the layout draws each of them. */
function pageTemplates(): readonly string[] {
  const files = readdirSync(VIEWS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ejs'));
  const text = files.map((file) => readFileSync(join(VIEWS, file), 'utf8')).join('\n');
  const included = new Set([...text.matchAll(/part\('\/([^']+)'/g)].map(([, name]) => name));
  // One of several, chosen by the end of the name: the tabs of an image.
  const chosen = [...text.matchAll(/part\(`\/([^`$]+)\$\{/g)].map(([, start = '']) => start);
  return files
    .map((file) => file.replace(/\.ejs$/, ''))
    .filter((name) => name !== 'shell/layout' && !included.has(name))
    .filter((name) => !chosen.some((start) => start !== '' && name.startsWith(start)));
}

let demo: Demo;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  const binary = await registryBinary('3.1.1');
  demo = await startDemo({ port: 0, isSmall: false, registryBinary: binary, say: () => undefined });
  browser = await launch();
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
  const walked = await walkPages({
    browser,
    url: demo.url,
    viewer: ADMIN,
    looks: isWhole ? LOOKS : TWO_LOOKS,
    pictures,
  });
  const missed = pageTemplates().filter(
    (view) => !ELSEWHERE.includes(view) && !walked.pages.some((page) => page.view === view),
  );
  assert.deepEqual(missed, ['accounts/login'], 'every page is reached by a link');
  assertGood(walked);
});

// Their pages are the admin's with less on them: one look each.
for (const [viewer, look] of [
  [READER, NARROW],
  [NOBODY, WIDE],
] as const) {
  test(`all pages that ${viewer.name} can reach`, { skip }, async () => {
    assertGood(await walkPages({ browser, url: demo.url, viewer, looks: isWhole ? LOOKS : [look], pictures }));
  });
}

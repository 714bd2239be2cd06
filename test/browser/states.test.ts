/** Each state is there, says what it should, and nothing in it fails; axe looks at all of them, in both schemes and on a phone. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { openState, STATES, type StateWeb, startStates } from '../support/states.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = JSON.stringify({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });

let web: StateWeb;
let browser: Browser;
let axe: string;
before(async () => {
  axe = await readFile(AXE, 'utf8');
  web = await startStates();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<{ violations: readonly Violation[] }>(`axe.run(document, ${RULES})`);
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

for (const state of STATES) {
  test(`${state.name}: designed, and for everybody`, async () => {
    const opened = await openState(browser, web, state, { colorScheme: 'light', bypassCSP: true });
    const { page, context } = opened;
    assert.equal(opened.status, state.status ?? 200);
    assert.match((await page.locator('body').textContent()) ?? '', state.shows);
    assert.equal(await page.locator('h1').first().isVisible(), true);
    for (const [colorScheme, width] of [
      ['light', 1440],
      ['dark', 390],
    ] as const) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(page), [], `${colorScheme} ${width}`);
    }
    await context.setOffline(false);
    await context.close();
  });
}

test('an id on a page stands in the log', async () => {
  const broken = STATES.find(({ name }) => name === 'broken');
  assert.ok(broken);
  const { page, context } = await openState(browser, web, broken);
  const id = await page.locator('.message-code code').textContent();
  assert.match(web.logged(), new RegExp(`"id":"${id}"`));
  await context.close();
});

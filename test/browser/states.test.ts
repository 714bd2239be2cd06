/** Each state is there, says what it should, and nothing in it fails; axe looks at all of them, in both schemes and on a phone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launch, skip } from '../support/browser/browser.ts';
import { checkOpen, lasting, TWO_LOOKS, viewportOf } from '../support/browser/page-check.ts';
import { openState, STATES, type StateWeb, startStates } from '../support/browser/states.ts';

let web: StateWeb;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  web = await startStates();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

for (const state of STATES) {
  test(`${state.name}: designed, and for everybody`, { skip }, async () => {
    const { page, context, status, errors } = await openState(browser, web, state);
    assert.equal(status, state.status ?? 200);
    await page.getByText(state.shows).filter({ visible: true }).first().waitFor();
    assert.equal(await page.locator('h1').first().isVisible(), true);
    for (const { scheme, width } of TWO_LOOKS) {
      await page.setViewportSize(viewportOf(width));
      await page.emulateMedia({ colorScheme: scheme });
      assert.deepEqual(lasting(await checkOpen(page)), [], `${scheme} ${width}`);
    }
    assert.deepEqual(errors, []);
    await context.setOffline(false);
    await context.close();
  });
}

test('an id on a page stands in the log', { skip }, async () => {
  const broken = STATES.find(({ name }) => name === 'broken');
  assert.ok(broken);
  const { page, context } = await openState(browser, web, broken);
  const id = await page.locator('.message-code code').textContent();
  assert.match(web.logged(), new RegExp(`"id":"${id}"`));
  await context.close();
});

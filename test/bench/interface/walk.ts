import type { Page } from 'playwright-core';

export interface Step {
  readonly path: string;
  /** A link led here, not the address bar. */
  readonly isClicked: boolean;
}

/** The first link of each; where the step before leads, the next one begins. */
const LINKS = [
  ['a folder', 'main td a[href*="folder="]'],
  ['a repository', 'main td a[href*="/repositories/"]'],
  ['an image', 'main td a[href*="/repositories/"][href*=":"]'],
  ['its manifest', 'main a[href*="view=manifest"], main a[href$="manifest"]'],
  ['the space', 'nav a[href$="/space"]'],
  ['events', 'nav a[href$="/events"]'],
  ['users', 'nav a[href$="/users"]'],
  ['status', 'nav a[href$="/status"]'],
  ['home', 'nav a[href$="/"]'],
  ['the list', 'nav a[href$="/repositories"]'],
] as const;

/** From the list of folders down to an image, and once around. */
export async function* walkPages(page: Page, url: string): AsyncGenerator<Step> {
  await page.goto(`${url}/repositories?view=folders`, { waitUntil: 'load' });
  yield { path: '/repositories?view=folders', isClicked: false };
  for (const [what, selector] of LINKS) {
    const link = page.locator(selector).filter({ visible: true }).first();
    if ((await link.count()) === 0) throw new Error(`${new URL(page.url()).pathname} leads to no page of ${what}`);
    const before = page.url();
    await link.click();
    await page.waitForURL((now) => now.href !== before, { waitUntil: 'load' });
    const { pathname, search } = new URL(page.url());
    yield { path: pathname + search, isClicked: true };
  }
}

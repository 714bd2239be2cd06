/** Somebody at a browser: with a mouse, with the keyboard alone, with a thumb on a phone, or with scripts switched off. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { createLanguages, type Locale, type TranslateParams } from '../../../server/web/shell/i18n.ts';
import { problemsOf } from './browser.ts';
import { hasFocus, hasFocusNearby, showsFocus } from './in-page.js';

export const HANDS = ['mouse', 'keyboard', 'thumb', 'no-script'] as const;
export type Hand = (typeof HANDS)[number];
/** What is pressed or filled in, as a screen reader would call it. */
export type Role = 'link' | 'button' | 'checkbox' | 'radio' | 'textbox' | 'searchbox' | 'combobox' | 'option';

export interface PersonOptions {
  readonly browser: Browser;
  readonly url: string;
  readonly hand: Hand;
  readonly locale: Locale;
}

const languages = createLanguages(join(import.meta.dirname, '..', '..', '..', 'locales'));
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const MAX_MS = 20_000;
// More stops than any page has before what somebody looks for.
const MAX_STOPS = 250;

export async function createPerson({ browser, url, hand, locale }: PersonOptions) {
  const context = await browser.newContext({
    baseURL: url,
    locale,
    javaScriptEnabled: hand !== 'no-script',
    viewport: hand === 'thumb' ? PHONE : DESK,
    hasTouch: hand === 'thumb',
    isMobile: hand === 'thumb',
  });
  context.setDefaultTimeout(MAX_MS);
  const page = await context.newPage();
  const problems = problemsOf(page);
  const translate = languages.translator(locale);

  /** The first that can be seen: menus hold others of the same name. */
  function find(role: Role, name: string | RegExp, within: Locator | Page = page): Locator {
    const isExact = typeof name === 'string';
    return within
      .getByRole(role, { name, ...(isExact ? { exact: true } : {}) })
      .filter({ visible: true })
      .first();
  }

  async function activate(target: Locator, key = 'Enter'): Promise<void> {
    await target.waitFor();
    if (hand === 'keyboard') {
      await reach(page, target);
      await page.keyboard.press(key);
    } else if (hand === 'thumb') await target.tap();
    else await target.click();
  }

  return {
    page,
    hand,
    problems,
    find,
    t(key: string, params?: TranslateParams): string {
      assert.ok(languages.has(key), `there is no text ${key}`);
      return translate(key, params);
    },
    /** By address: what somebody has as a bookmark. */
    visit: (path: string) => page.goto(path),
    /** `main`, where the page itself says things. */
    main: page.getByRole('main'),

    async press(role: Role, name: string | RegExp, within?: Locator): Promise<void> {
      await activate(find(role, name, within));
    },
    async fill(label: string | RegExp, text: string, role: Role = 'textbox'): Promise<void> {
      const target =
        role === 'textbox'
          ? page
              .getByLabel(label, { exact: typeof label === 'string' })
              .filter({ visible: true })
              .first()
          : find(role, label);
      await target.waitFor();
      if (hand !== 'keyboard') return target.fill(text);
      await reach(page, target);
      await page.keyboard.press('Control+a');
      await page.keyboard.type(text);
    },
    async tick(role: 'checkbox' | 'radio', name: string | RegExp): Promise<void> {
      const target = find(role, name);
      await target.waitFor();
      if (await target.isChecked()) return;
      await (role === 'radio' && hand === 'keyboard' ? choose(page, target) : activate(target, 'Space'));
      assert.equal(await target.isChecked(), true, `${name} is ticked`);
    },
    /** What folds: a menu, a section. */
    async unfold(name: string | RegExp, within: Locator = page.locator('body')): Promise<Locator> {
      const folded = within
        .locator('details', {
          has: page
            .locator('summary')
            .getByText(name)
            .or(page.locator('summary').and(page.getByLabel(name))),
        })
        .first();
      await activate(folded.locator('summary').first());
      return folded;
    },
    async sees(text: string | RegExp, within: Locator = page.getByRole('main')): Promise<void> {
      await within.getByText(text).filter({ visible: true }).first().waitFor();
    },
    activate,
    close: () => context.close(),
  };
}
export type Person = Awaited<ReturnType<typeof createPerson>>;

/** Tab until it has the focus, which must be seen. */
async function reach(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    if (await target.evaluate(hasFocus)) return assertFocusIsSeen(target);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Not reached with ${MAX_STOPS} Tabs: ${target}`);
}

/** One of several that exclude each other: Tab finds one of them, arrows the others. */
async function choose(page: Page, target: Locator): Promise<void> {
  const isNear = () => target.evaluate(hasFocusNearby);
  for (let stop = 0; stop < MAX_STOPS && !(await isNear()); stop += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  for (let step = 0; step < MAX_STOPS && !(await target.isChecked()); step += 1) await page.keyboard.press('ArrowDown');
}

async function assertFocusIsSeen(target: Locator): Promise<void> {
  const isSeen = await target.evaluate(showsFocus);
  assert.ok(isSeen, `the focus cannot be seen on ${target}`);
}

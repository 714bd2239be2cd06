/** The browser that tests look with, and how somebody signs in there. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { FIRST_PASSWORD } from '../app/web.ts';
import { requireTools } from '../process/tools.ts';

const given = process.env['CHROMIUM_PATH'];
const found =
  given === undefined ? await requireTools('chromium') : { skip: false as const, paths: { chromium: given } };

/** Why tests that need a browser are left out; false: there is one. */
export const skip = found.skip;

export interface LaunchOptions {
  /** Classic ones, which take room; without it there are none. */
  readonly hasScrollbars?: boolean;
}

/** @param args beside those that every machine needs. */
export async function launch(args: readonly string[] = [], { hasScrollbars }: LaunchOptions = {}): Promise<Browser> {
  if (skip !== false) throw new Error(skip);
  return chromium.launch({
    executablePath: found.paths.chromium,
    args: ['--no-sandbox', '--disable-gpu', ...args],
    ...(hasScrollbars === true ? { ignoreDefaultArgs: ['--hide-scrollbars'] } : {}),
  });
}

export interface SignIn {
  /** Default: the first admin of `startWeb`. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Where the form leads; default: home. */
  readonly next?: string | undefined;
}

/** By the form, as people do; afterwards the page stands where the form leads. */
export async function signIn(page: Page, url: string, who: SignIn = {}): Promise<void> {
  const { username = 'admin', password = FIRST_PASSWORD, next } = who;
  await page.goto(`${url}/login${next === undefined ? '' : `?next=${encodeURIComponent(next)}`}`);
  await page.fill('main input[name=username]', username);
  await page.fill('main input[name=password]', password);
  await page.press('main input[name=password]', 'Enter');
  await page.waitForURL(({ pathname }) => pathname !== '/login');
}

/**
 * Errors of scripts and of the content security policy, as they come.
 * @param expected what the console may say; default: answers of 4xx, which are part of some walks.
 */
export function problemsOf(page: Page, expected = /status of 4\d\d/): readonly string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) problems.push(`${page.url()}: ${message.text()}`);
  });
  return problems;
}

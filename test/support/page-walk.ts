/** Every page of an instance with believable content, looked at in several ways. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { checkPage, contextOptions, LOOKS, type Look, lookName, type ProblemKind, watchContext } from './page-check.ts';
import { type Found, spider } from './spider.ts';

export interface Viewer {
  readonly name: string;
  /** Without one: nobody signs in. */
  readonly password?: string;
  /** Where to begin, beside home. */
  readonly starts?: readonly string[];
}

export interface WalkOptions {
  readonly browser: Browser;
  readonly url: string;
  readonly viewer: Viewer;
  readonly looks: readonly Look[];
  /** Where pictures go; undefined: none are made. */
  readonly pictures?: string | undefined;
}

export interface WalkProblem {
  readonly kind: ProblemKind;
  /** Page, look and what is wrong. */
  readonly text: string;
}

export interface Walked {
  readonly pages: readonly Found[];
  readonly problems: readonly WalkProblem[];
}

/** Between them both schemes, languages and widths. */
export const TWO_LOOKS = LOOKS.filter(
  ({ scheme, locale, width }) => (scheme === 'light') === (locale === 'en') && (locale === 'en') === (width === 1440),
);

export async function walkPages({ browser, url, viewer, looks, pictures }: WalkOptions): Promise<Walked> {
  const first = await browser.newContext({ baseURL: url, locale: 'en-US' });
  await signIn(first, viewer);
  const pages = await spider(await first.newPage(), ['/', ...(viewer.starts ?? [])]);
  const { cookies } = await first.storageState();
  await first.close();
  const problems: WalkProblem[] = [];
  for (const look of looks) {
    const context = await browser.newContext({ ...contextOptions(look), baseURL: url });
    await context.addCookies(cookies);
    await watchContext(context);
    // What happens meanwhile may move rows of an open page; here each page is looked at as it came.
    await context.route(/\/live\?/, (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: ': quiet\n\n' }),
    );
    problems.push(...(await lookAt(context, pages, { look, viewer, pictures })));
    await context.close();
  }
  return { pages, problems };
}

async function signIn(context: BrowserContext, { name, password }: Viewer): Promise<void> {
  if (password === undefined) return;
  const page = await context.newPage();
  await page.goto('/login');
  await page.fill('input[name=username]', name);
  await page.fill('input[name=password]', password);
  await page.press('input[name=password]', 'Enter');
  await page.waitForURL(/\/$/);
  await page.close();
}

interface LookAt {
  readonly look: Look;
  readonly viewer: Viewer;
  readonly pictures: string | undefined;
}

async function lookAt(context: BrowserContext, pages: readonly Found[], { look, viewer, pictures }: LookAt) {
  const page = await context.newPage();
  const problems: WalkProblem[] = [];
  for (const { path } of pages) {
    for (const { kind, text } of await checkPage(page, path)) {
      problems.push({ kind, text: `${viewer.name}, ${lookName(look)}, ${path}: ${text}` });
    }
    if (pictures !== undefined) await page.screenshot({ path: await pictureOf(pictures, path, look, viewer) });
  }
  return problems;
}

async function pictureOf(folder: string, path: string, look: Look, viewer: Viewer): Promise<string> {
  await mkdir(folder, { recursive: true });
  const page = path.replaceAll(/[^a-z0-9]+/gi, '_').slice(0, 80);
  return join(folder, `${viewer.name}${page}-${lookName(look).replaceAll(' ', '-')}.png`);
}

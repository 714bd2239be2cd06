/** Every page of an instance with believable content, looked at in several ways. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { signIn } from './browser.ts';
import { checkPage, contextOptions, type Look, lookName, type ProblemKind, watchContext } from './page-check.ts';
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

export async function walkPages({ browser, url, viewer, looks, pictures }: WalkOptions): Promise<Walked> {
  const first = await browser.newContext({ baseURL: url, locale: 'en-US' });
  const page = await first.newPage();
  if (viewer.password !== undefined) await signIn(page, url, { username: viewer.name, password: viewer.password });
  const pages = await spider(page, ['/', ...(viewer.starts ?? [])]);
  const { cookies } = await first.storageState();
  await first.close();
  const problems: WalkProblem[] = [];
  for (const look of looks) {
    const context = await browser.newContext({ ...contextOptions(look), baseURL: url });
    await context.addCookies(cookies);
    await watchContext(context);
    // What happens meanwhile may move rows of an open page; here each page is looked at as it came. The stream is never
    // answered: after one that ended the page would ask for what it missed.
    await context.route(/\/live\?/, () => undefined);
    problems.push(...(await lookAt(context, pages, { look, viewer, pictures })));
    await context.close();
  }
  return { pages, problems };
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

/** Finds one page of every kind by following links, as somebody would who looks at everything once. */
import type { Page } from 'playwright-core';
import { linksAndView } from './in-page.js';

export interface Found {
  readonly path: string;
  /** Name of the template. */
  readonly view: string;
}

const MAX_PAGES = 250;
const DIGEST = /sha256:[0-9a-f]{64}/g;
/** These do something, or are no pages. */
const LEFT_OUT =
  /\/(sign-out|live|assets|raw|manifest|config|download)(\/|\?|$)|\.(json|pem|yml|yaml|txt|md|css|csv)(\?|$)/;

/** Opens everything that can be reached from `starts` without changing anything; of alike pages the first. */
export async function spider(page: Page, starts: readonly string[]): Promise<readonly Found[]> {
  const queue = [...starts];
  const seen = new Set(queue.flatMap(traitsOf));
  const found: Found[] = [];
  for (let path = queue.shift(); path !== undefined && found.length < MAX_PAGES; path = queue.shift()) {
    await page.goto(path);
    const { view, links } = await page.evaluate(linksAndView);
    found.push({ path, view });
    for (const link of links) {
      const news = LEFT_OUT.test(link) ? [] : traitsOf(link).filter((trait) => !seen.has(trait));
      if (news.length > 0) queue.push(link);
      for (const trait of news) seen.add(trait);
    }
  }
  return found;
}

/** What makes a page another page: its route, and each thing that its query says besides which rows. */
function traitsOf(link: string): readonly string[] {
  const { pathname, searchParams } = new URL(link, 'http://any');
  const route = routeOf(decodeURIComponent(pathname));
  const query = [...searchParams].filter(([name]) => !ALIKE.has(name));
  // What a tab or a view is called decides what is drawn; the rest is only there or not.
  return [route, ...query.map(([name, value]) => `${route}?${name}${TELLING.has(name) ? `=${value}` : ''}`)];
}

function routeOf(pathname: string): string {
  return pathname
    .replace(DIGEST, '…')
    .replace(/^\/repositories\/.+?(@…|:[^/]+)?(\/-\/.*)?$/, (_, reference: string | undefined, rest = '') => {
      return `/repositories/…${reference === undefined ? '' : reference.slice(0, 1)}${rest}`;
    })
    .replace(/^\/(users|roles)\/(?!-\/)[^/]+/, '/$1/…')
    .replace(/\d+/g, '#');
}

const TELLING = new Set(['tab', 'view', 'tags', 'raw', 'runs', 'version']);
/** Other rows, or the same in another order. */
const ALIKE = new Set([
  'sort',
  'direction',
  'digest',
  'platform',
  'kind',
  'next',
  'from',
  'row',
  'days',
  'folder',
  'part',
  'file',
]);

/** The interface as a browser meets it, with 10 000 repositories: `npm run bench -- interface`. CHROMIUM_PATH as in the tests. */

import { loadavg } from 'node:os';
import type { Browser, BrowserContext } from 'playwright-core';
import { launch } from '../support/browser/browser.ts';
import { contextOptions, type Look } from '../support/browser/page-check.ts';
import { scaleOf } from './catalog/sizes.ts';
import { type Stage, startStage } from './catalog/stages.ts';
import { pageLines, stateLines } from './interface/everything.ts';
import { type Loaded, readSeen, recordNetwork, type Seen, watchPages } from './interface/seen.ts';
import { walkPages } from './interface/walk.ts';
import { type Line, median, note, show } from './lines.ts';

const IS_SMALL = process.argv.includes('--small');
const ROUNDS = IS_SMALL ? 2 : 5;
const SLOWED = 4;
const LIST = '/repositories?sort=pushed';
const SETTLES_MS = 600;

interface Visit {
  readonly loaded: readonly Loaded[];
  readonly seen: Seen;
}

const USUAL: Look = { scheme: 'light', locale: 'en', width: 1440 };

/** Signed in, and nothing of it in the cache. */
async function signedIn(browser: Browser, { admin, server: { app } }: Stage): Promise<BrowserContext> {
  const context = await browser.newContext(contextOptions(USUAL));
  const cookies = admin.split('; ').map((cookie) => {
    const end = cookie.indexOf('=');
    return { name: cookie.slice(0, end), value: cookie.slice(end + 1), url: app.url };
  });
  await context.addCookies(cookies);
  return context;
}

/** @param rate how many times slower the processor seems. */
async function firstVisit(browser: Browser, stage: Stage, rate: number): Promise<Visit> {
  const context = await signedIn(browser, stage);
  await watchPages(context);
  const page = await context.newPage();
  const network = await recordNetwork(page);
  await network.session.send('Emulation.setCPUThrottlingRate', { rate });
  await page.goto(stage.server.app.url + LIST, { waitUntil: 'load' });
  await page.waitForTimeout(SETTLES_MS);
  const seen = await readSeen(page);
  const visit = { loaded: network.take(), seen };
  await context.close();
  return visit;
}

async function firstVisitLines(browser: Browser, stage: Stage): Promise<readonly Line[]> {
  const slow: Visit[] = [];
  for (let round = 0; round < ROUNDS; round += 1) slow.push(await firstVisit(browser, stage, SLOWED));
  const { loaded } = slow[0] ?? { loaded: [] };
  const kilobytes = (kind: string) =>
    loaded.filter((each) => each.kind === kind).reduce((sum, each) => sum + each.bytes, 0) / 1000;
  const sizes = [kilobytes('Script'), kilobytes('Stylesheet'), kilobytes('Font')] as const;
  const paint = median(slow.map(({ seen }) => seen.largestPaintMs));
  for (const { kind, url, bytes } of loaded) note(`${kind} ${new URL(url).pathname}: ${(bytes / 1000).toFixed(1)} kB`);
  return [
    {
      what: 'JavaScript / CSS / fonts of a first visit, compressed',
      measured: `${sizes.map((size) => size.toFixed(1)).join(' / ')} kB`,
      goal: '< 60 / < 40 / 0 kB',
      isMet: sizes[0] < 60 && sizes[1] < 40 && sizes[2] === 0,
    },
    {
      what: `first visit of the list, processor ${SLOWED}× slower: largest contentful paint`,
      measured: `${paint.toFixed(0)} ms (${slow.map(({ seen }) => seen.largestPaintMs.toFixed(0)).join(', ')})`,
      goal: '< 1000 ms',
      isMet: paint < 1000,
    },
  ];
}

/** From page to page as people go, by clicks: the cache is warm. */
async function walkLines(browser: Browser, stage: Stage): Promise<readonly Line[]> {
  const context = await signedIn(browser, stage);
  await watchPages(context);
  const page = await context.newPage();
  const network = await recordNetwork(page);
  const clicks: number[] = [];
  const visits: Seen[] = [];
  const warm: Loaded[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for await (const { path, isClicked } of walkPages(page, stage.server.app.url)) {
      await page.waitForTimeout(SETTLES_MS);
      const seen = await readSeen(page);
      visits.push(seen);
      const loaded = network.take();
      if (round === 0) continue;
      if (isClicked) clicks.push(seen.clickToPaintMs);
      const click = isClicked ? `${seen.clickToPaintMs.toFixed(0)} ms` : 'opened';
      if (round === 1) note(`${path}: ${click}, ${loaded.map(({ kind }) => kind).join(' + ')}`);
      warm.push([...loaded]);
    }
  }
  await context.close();
  return linesOf({ clicks, visits, warm });
}

interface Walked {
  readonly clicks: readonly number[];
  readonly visits: readonly Seen[];
  /** What each page loaded once the cache was warm. */
  readonly warm: readonly (readonly Loaded[])[];
}

function linesOf({ clicks, visits, warm }: Walked): readonly Line[] {
  const shift = Math.max(...visits.map((seen) => seen.layoutShift));
  const violations = visits.flatMap((seen) => seen.violations);
  const most = warm.reduce((one, other) => (other.length > one.length ? other : one), []);
  const isLean = warm.every((loaded) => loaded.every(({ kind }) => kind === 'Document' || kind === 'EventSource'));
  return [
    {
      what: 'later pages: click to painted, median of all',
      measured: `${median(clicks).toFixed(0)} ms (slowest ${Math.max(...clicks).toFixed(0)} ms)`,
      goal: '< 150 ms',
      isMet: median(clicks) < 150,
    },
    { what: 'layout shift, at most', measured: shift.toFixed(4), goal: '0', isMet: shift === 0 },
    {
      what: 'requests of a warm page, at most',
      measured: most.map(({ kind }) => kind).join(' + '),
      goal: 'Document + EventSource',
      isMet: isLean && most.length <= 2,
    },
    {
      what: 'violations of the content security policy and of Trusted Types over the walk',
      measured: violations.length === 0 ? '0' : `${violations.length}: ${[...new Set(violations)].join(', ')}`,
      goal: '0',
      isMet: violations.length === 0,
    },
  ];
}

const browser = await launch();
const stage = await startStage(scaleOf(process.argv).middle);
// Times are those of a quiet machine: what else runs is in them.
note(`load of the machine: ${loadavg()[0]?.toFixed(1)}`);
try {
  const short = [() => firstVisitLines(browser, stage), () => walkLines(browser, stage)];
  // Half an hour.
  const long = [() => stateLines(browser), () => pageLines(browser)];
  const measures = IS_SMALL ? short : [...short, ...long];
  for (const measure of measures) {
    for (const line of await measure()) show(line);
  }
} finally {
  await browser.close();
  await stage.stop();
}
process.exit();

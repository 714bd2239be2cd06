/** What a browser tells of a page: when it was painted, what moved, what was loaded, what was refused. */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { seenByTest, shiftByTest } from '../../support/browser/in-page.js';
import { watchContext } from '../../support/browser/page-check.ts';
import { eventually } from '../../support/process/eventually.ts';

/** Of the page that is open now; times are milliseconds. */
export interface Seen {
  /** Since the navigation began. */
  readonly largestPaintMs: number;
  /** From the click that led here; NaN without one. */
  readonly clickToPaintMs: number;
  readonly layoutShift: number;
  readonly violations: readonly string[];
}

/** Runs in every document before anything else, beside what every test watches. The click is kept for the page that it leads to. */
const WATCH = `(() => {
  const seen = { largestPaintMs: 0, firstPaintMs: 0 };
  window.__seen = seen;
  const watch = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (entry) => { seen.largestPaintMs = entry.startTime; });
  watch('paint', (entry) => { if (entry.name === 'first-contentful-paint') seen.firstPaintMs = entry.startTime; });
  const clickedAt = Number(sessionStorage.getItem('clickedAt') ?? NaN);
  sessionStorage.removeItem('clickedAt');
  seen.clickToPaint = () => performance.timeOrigin + seen.firstPaintMs - clickedAt;
  document.addEventListener('click', (event) => {
    sessionStorage.setItem('clickedAt', String(performance.timeOrigin + event.timeStamp));
  }, true);
})()`;

export async function watchPages(context: BrowserContext): Promise<void> {
  await watchContext(context);
  await context.addInitScript({ content: WATCH });
}

export async function readSeen(page: Page): Promise<Seen> {
  // Not waitForFunction: what it repeats inside the page is refused by the page's own policy.
  await eventually('the page is painted', () =>
    page.evaluate<boolean>('window.__seen?.firstPaintMs > 0 && window.__seen.largestPaintMs > 0'),
  );
  const seen = await page.evaluate(seenByTest);
  if (seen === undefined) throw new Error('nobody watches this page: its context needs watchPages');
  const times = await page.evaluate<Pick<Seen, 'largestPaintMs' | 'clickToPaintMs'>>(
    '({ largestPaintMs: __seen.largestPaintMs, clickToPaintMs: __seen.clickToPaint() })',
  );
  return {
    ...times,
    layoutShift: await page.evaluate(shiftByTest),
    violations: seen.filter((text) => text.startsWith('policy')),
  };
}

export interface Loaded {
  readonly kind: string;
  readonly url: string;
  /** As sent over the network, compressed, with its head. */
  readonly bytes: number;
}

export interface Recorder {
  /** What came over the network since the last time; what the browser's own cache gave is not among it. */
  take(): readonly Loaded[];
  readonly session: CDPSession;
}

interface Pending {
  readonly kind: string;
  readonly url: string;
}

export async function recordNetwork(page: Page): Promise<Recorder> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const pending = new Map<string, Pending>();
  let bytes = new Map<string, number>();
  const forget = (id: string) => void pending.delete(id);
  session.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
    pending.set(requestId, { kind: type ?? 'Other', url: request.url });
  });
  session.on('Network.requestServedFromCache', ({ requestId }) => forget(requestId));
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.fromDiskCache === true) forget(requestId);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  return {
    session,
    take() {
      const loaded = [...pending].map(([id, each]) => ({ ...each, bytes: bytes.get(id) ?? 0 }));
      pending.clear();
      bytes = new Map();
      const documents = new Set(loaded.filter(({ kind }) => kind === 'Document').map(({ url }) => url));
      // Fetched when the pointer came near, shown when it was clicked: one request.
      const isShown = ({ kind, url }: Loaded) => kind === 'Prefetch' && documents.has(url);
      return loaded.filter((each) => each.url.startsWith('http') && !isShown(each));
    },
  };
}

/** An open list page without a browser: does what `public/js/live.js` does when nobody reads, types or holds anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PageChange } from '../../../../server/web/shell/page-change.ts';
import type { PageClient } from './page-client.ts';

/** As in `public/js/live.js`. */
const AT_MOST_EVERY_MS = 400;

export interface TabEvents {
  /** It shows something new. @param bytes that were sent for it. */
  readonly onChanged: (source: 'request' | 'stream', bytes: number) => void;
  /** It asked, and nothing was new. */
  readonly onSame: () => void;
  readonly onFailed: (problem: string) => void;
}

export interface Tab {
  /** HTML of the page. */
  text(): string;
}

/** Resolves once its stream is open. */
export async function openTab(client: PageClient, path: string, events: TabEvents): Promise<Tab> {
  const page = await readPage(client, path);
  let shown = page;
  /** The text is the one that changes apply to: it came by asking again. */
  let isHeld = false;
  let isTold = false;
  let isAsking = false;
  let last = 0;

  function hold(text: string, hash: string | undefined): void {
    shown = { ...shown, text, hash };
    isHeld = hash !== undefined;
  }

  /** As `fetchPage` of `public/js/refresh.js`. */
  async function askAgain(): Promise<void> {
    const known = shown.hash === undefined ? {} : { 'if-none-match': `"${shown.hash}"` };
    const answer = await client.ask(path, { accept: 'text/html', 'x-background': '1', ...known });
    if (answer.status === 304) return events.onSame();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    hold(answer.text, /"(.+)"/.exec(answer.etag ?? '')?.[1]);
    events.onChanged('request', answer.bytes);
  }

  async function plan(): Promise<void> {
    isTold = true;
    if (isAsking) return;
    isAsking = true;
    while (isTold) {
      await sleep(Math.max(0, last + AT_MOST_EVERY_MS - performance.now()));
      last = performance.now();
      isTold = false;
      await askAgain().catch((error: unknown) => events.onFailed(String(error)));
    }
    isAsking = false;
  }

  /** As `applyChange` of `public/js/refresh.js`. */
  function change({ from, to, parts }: PageChange, bytes: number): void {
    if (isHeld && shown.hash === to) return;
    if (!isHeld || shown.hash !== from) return void plan();
    const { text } = shown;
    hold(parts.map((part) => (typeof part === 'string' ? part : text.slice(...part))).join(''), to);
    events.onChanged('stream', bytes);
  }

  function hear(name: string, data: string): void {
    if (name === 'broken' || name === 'closed' || name === 'ended') events.onFailed(`stream ${name} ${data}`);
    else if (name === 'page') change(JSON.parse(data), data.length);
    else if (name === 'changed' && isConcerned(page.watched, JSON.parse(data))) void plan();
  }

  await openStream(client, page.stream, hear);
  return { text: () => shown.text };
}

interface Page {
  readonly text: string;
  /** `data-hash` of its body, where it is the same for others. */
  readonly hash: string | undefined;
  /** `data-live` of its `<main>`. */
  readonly watched: string;
  /** Address of its stream of events. */
  readonly stream: string;
}

async function readPage(client: PageClient, path: string): Promise<Page> {
  const { status, text } = await client.ask(path);
  const of = (name: string) => new RegExp(`data-${name}="([^"]*)"`).exec(text)?.[1];
  const [watched, stream, askedAt, hash] = [of('live'), of('live-stream'), of('asked-at'), of('hash')];
  if (status !== 200 || watched === undefined || stream === undefined || askedAt === undefined) {
    throw new Error(`${path} answered ${status}, and it is no page that follows`);
  }
  const asked = new URLSearchParams({ since: askedAt, ...(hash !== undefined && { shown: hash }) });
  return { text, hash, watched, stream: `${stream}?${asked}` };
}

/** As in `public/js/live.js`. */
function isConcerned(watched: string, names: readonly string[]): boolean {
  if (names.length === 0) return true;
  if (names.includes('#index') && !watched.startsWith('#')) return true;
  if (watched === '*') return names.some((name) => !name.startsWith('#'));
  return names.some((name) => name === watched || name.startsWith(`${watched}/`));
}

/** The server's first message is a comment: then it knows of the stream. */
function openStream(client: PageClient, path: string, hear: (name: string, data: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOpen = false;
    client.stream(path, (name, data) => {
      if (isOpen) return void hear(name, data);
      if (name !== '') return void reject(new Error(`stream ${name} ${data}`));
      isOpen = true;
      resolve();
    });
  });
}

/** An open list page without a browser: does what `public/js/live.js` does when nobody reads, types or holds anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, PageClient } from './page-client.ts';

/** As in `public/js/live.js`. */
const AT_MOST_EVERY_MS = 400;

export interface TabOptions {
  readonly client: PageClient;
  readonly path: string;
  /** The page shows what was told of these repositories. No names: everything may be different. */
  readonly onFollowed: (names: readonly string[], answer: Answer) => void;
  readonly onFailed: (problem: string) => void;
}

export interface Tab {
  close(): void;
}

/** What the page says of itself. */
interface Page {
  /** `data-live` of its `<main>`. */
  readonly watched: string;
  readonly stream: string;
}

/** Resolves once its stream is open. */
export async function openTab({ client, path, onFollowed, onFailed }: TabOptions): Promise<Tab> {
  const page = await readPage(client, path);
  let told: string[] | undefined;
  let isFollowing = false;
  let isClosed = false;
  let last = 0;

  async function follow(): Promise<void> {
    isFollowing = true;
    while (told !== undefined && !isClosed) {
      await sleep(Math.max(0, last + AT_MOST_EVERY_MS - performance.now()));
      last = performance.now();
      const names = told;
      told = undefined;
      const answer = await askAgain(client, path).catch(String);
      if (isClosed) return;
      if (typeof answer === 'string') onFailed(answer);
      else onFollowed(names, answer);
    }
    isFollowing = false;
  }

  function hear(name: string, data: string): void {
    if (isClosed) return;
    if (name === 'broken' || name === 'closed' || name === 'ended') return void onFailed(`stream ${name} ${data}`);
    if (name !== 'changed') return;
    const names = JSON.parse(data) as readonly string[];
    if (!isConcerned(page.watched, names)) return;
    told = [...(told ?? []), ...names];
    if (!isFollowing) void follow();
  }

  const end = await openStream(client, page.stream, hear);
  return {
    close() {
      isClosed = true;
      end();
    },
  };
}

/** The step that depends on what `live.js` asks for: `fetchPage` of `public/js/refresh.js`. */
async function askAgain(client: PageClient, path: string): Promise<Answer> {
  const answer = await client.ask(path, { accept: 'text/html', 'x-background': '1' });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return answer;
}

async function readPage(client: PageClient, path: string): Promise<Page> {
  const { status, body } = await client.ask(path, { 'accept-encoding': 'identity' });
  const html = body.toString();
  const [watched, stream, askedAt] = ['live', 'live-stream', 'asked-at'].map(
    (name) => new RegExp(`data-${name}="([^"]*)"`).exec(html)?.[1],
  );
  if (status !== 200 || watched === undefined || stream === undefined || askedAt === undefined) {
    throw new Error(`${path} answered ${status}, and it is no page that follows`);
  }
  return { watched, stream: `${stream}?since=${askedAt}` };
}

/** As `isConcerned` in `public/js/live.js`. */
function isConcerned(watched: string, names: readonly string[]): boolean {
  if (names.length === 0) return true;
  if (names.includes('#index') && !watched.startsWith('#')) return true;
  if (watched === '*') return names.some((name) => !name.startsWith('#'));
  return names.some((name) => name === watched || name.startsWith(`${watched}/`));
}

/** The server's first message is a comment: then it knows of the stream. */
function openStream(client: PageClient, path: string, hear: (name: string, data: string) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    let isOpen = false;
    const end = client.stream(path, (name, data) => {
      if (isOpen) return void hear(name, data);
      if (name !== '') return void reject(new Error(`stream ${name} ${data}`));
      isOpen = true;
      resolve(end);
    });
  });
}

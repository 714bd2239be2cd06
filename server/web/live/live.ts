import type { Response } from 'express';
import type { Rights, Subject } from '../../access/rights.ts';
import type { Visibility, VisibilityStore } from '../../catalog/visibility/visibility.ts';
import { type Clock, monotonic } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { audienceOf, fingerprint } from '../shell/audience.ts';
import type { Page } from '../shell/page.ts';
import { viewerValues } from '../shell/placeholders.ts';
import type { PageModule } from '../shell/routes.ts';
import type { SharedPage } from '../shell/shared-pages.ts';
import { createGathering, FOLLOWED, type Gathered, isConcerned, newsFor, TOPIC } from './live-news.ts';
import { createLivePages, type PageNews, type SharedPageSource } from './live-pages.ts';
import { createLiveReads, type LiveReadsDeps, type Reader } from './live-reads.ts';
import { createRecent } from './live-recent.ts';

export interface LiveDeps extends LiveReadsDeps {
  readonly visibility: VisibilityStore;
  readonly sharedPages: SharedPageSource;
  /**
   * Rights as they are at this moment: what was taken away is not told any more.
   * @param accessVersion As it was asked for at this moment.
   */
  readonly rightsOf: (subject: Subject, accessVersion?: number) => Promise<Rights>;
  readonly visibleNames: (visibility: Visibility, names: readonly string[]) => Promise<readonly string[]>;
  /** Different after every change of accounts and rights, by whichever process. */
  readonly accessVersion: () => Promise<number>;
  /** Must not keep it alive. */
  readonly isSessionAlive: (sid: string) => Promise<boolean>;
  readonly log: Logger;
  /** For tests. */
  readonly gatherMs?: number;
  readonly lifetimeMs?: number;
  readonly watchMs?: number;
  readonly clock?: Clock;
}

interface Stream {
  readonly response: Response;
  readonly rights: (accessVersion?: number) => Promise<Rights>;
  readonly isAlive: () => Promise<boolean>;
  readonly isSignedIn: boolean;
  readonly address: string;
  /** Who counts against the limit: a person, or an address of strangers. */
  readonly owner: string;
  /** undefined: the page does not tell how old its list is. */
  readonly reader: Reader | undefined;
  /** Finished HTML; '' for who has not signed in. */
  readonly name: string;
  /** What it shows, where that is remembered. */
  page: SharedPage | undefined;
  seen: { readonly rights: Rights; readonly print: string };
}

/** Of these names those that may be seen. */
type VisibleTo = (seen: Visibility, names: ReadonlySet<string>) => Promise<readonly string[]>;

/** What is told at once to all who are concerned. */
interface Round {
  readonly gathered: Gathered;
  readonly visibleTo: VisibleTo;
  readonly newsOf: (key: string) => Promise<PageNews>;
  /** Of rights, asked for once for all; undefined: each asks. */
  readonly accessVersion: number | undefined;
}

const GATHER_MS = 60;
/** Telling a thousand pages takes its time; three times as long is left to everything else. */
const REST_FACTOR = 3;
const MAX_REST_MS = 1500;
const WATCH_MS = 2000;
const HEARTBEAT_MS = 20_000;
/** Then the browser asks again, and is let in again or not. */
const LIFETIME_MS = 5 * 60_000;
const MAX_STREAMS = 1000;
const MAX_PER_OWNER = 100;

/**
 * One event stream per open page: what changed, of that which its viewer may see now. It also says when the viewer's
 * rights changed, and when the session has ended; it never keeps one alive.
 */
export function createLive(deps: LiveDeps) {
  const { gatherMs = GATHER_MS, lifetimeMs = LIFETIME_MS, watchMs = WATCH_MS, clock = monotonic, log } = deps;
  const streams = new Set<Stream>();
  const gathering = createGathering();
  const recent = createRecent(deps.now);
  const reads = createLiveReads(deps);
  const livePages = createLivePages(deps.sharedPages);
  let restUntil = 0;
  let isTelling = false;
  let timer: NodeJS.Timeout | undefined;
  let watching: NodeJS.Timeout | undefined;
  let version: number | undefined;

  function plan(): void {
    if (isTelling) return;
    timer ??= setTimeout(() => void flush(), Math.max(gatherMs, restUntil - clock()));
  }

  deps.bus.subscribe(FOLLOWED, (message) => {
    recent.add(message);
    // Nobody is told, but a page that comes back must not be shown what was before.
    if (streams.size === 0) return deps.sharedPages.markChanged();
    gathering.add(message);
    plan();
    if (message.kind !== 'audited') return;
    if (message.action.startsWith('session.')) void forEach(endIfOver);
    else void watch();
  });

  async function forEach(work: (stream: Stream) => Promise<void>): Promise<void> {
    await Promise.all(
      [...streams].map((stream) =>
        work(stream).catch((error: unknown) => {
          log.warn({ error }, 'live update not sent');
          stream.response.end();
        }),
      ),
    );
  }

  async function flush(): Promise<void> {
    timer = undefined;
    isTelling = true;
    const begun = clock();
    const round = await startRound(gathering.take());
    await forEach((stream) => tell(stream, round));
    isTelling = false;
    restUntil = clock() + Math.min(MAX_REST_MS, (clock() - begun) * REST_FACTOR);
    if (!gathering.isEmpty()) plan();
  }

  async function startRound(gathered: Gathered): Promise<Round> {
    deps.sharedPages.markChanged();
    const accessVersion = await deps.accessVersion().catch(() => undefined);
    return { gathered, visibleTo: createVisibleTo(gathered), newsOf: livePages.round(), accessVersion };
  }

  function createVisibleTo(gathered: Gathered): VisibleTo {
    // Many streams see alike: each view of the registry is asked for once.
    const known = new Map<string, Promise<readonly string[]>>();
    return (seen, names) => {
      const key = `${seen.id} ${names === gathered.changed}`;
      const visible = known.get(key) ?? deps.visibleNames(seen, [...names]);
      known.set(key, visible);
      return visible;
    };
  }

  /** What happened between the page and its stream: it asks, because nobody knows what it shows. */
  async function tellMissed(stream: Stream, since: number): Promise<void> {
    const missed = recent.after(since);
    if (missed === undefined) return;
    const visibleTo = createVisibleTo(missed);
    await tell(stream, { gathered: missed, visibleTo, newsOf: async () => undefined, accessVersion: undefined });
  }

  async function tell(stream: Stream, { gathered, visibleTo, newsOf, accessVersion }: Round): Promise<void> {
    const rights = await stream.rights(accessVersion);
    const seen = await deps.visibility.of(rights, stream.address);
    const names = await newsFor(gathered, {
      rights,
      isSignedIn: stream.isSignedIn,
      rightsChanged: noteRights(stream, rights),
      visible: async (changed) => (changed.size === 0 ? [] : visibleTo(seen, changed)),
    });
    if (names === undefined) return;
    const news = followsShared(stream, rights, names) ? await newsOf(stream.page.key) : undefined;
    if (news === undefined) send(stream, 'changed', names);
    else if (news !== 'same') send(stream, 'page', news(stream.name));
  }

  /** Another process may have changed accounts, or ended a session. */
  async function watch(): Promise<void> {
    const now = await deps.accessVersion().catch(() => version);
    if (now === version) return;
    version = now;
    gathering.accounts();
    plan();
    void forEach(endIfOver);
  }

  async function endIfOver(stream: Stream): Promise<void> {
    if (await stream.isAlive()) return;
    stream.response.write('event: ended\ndata: {}\n\n');
    stream.response.end();
  }

  function open(stream: Stream): void {
    const { response } = stream;
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      // nginx would hold the messages back.
      'X-Accel-Buffering': 'no',
    });
    response.write(': here\n\n');
    streams.add(stream);
    watching ??= setInterval(() => void watch(), watchMs).unref();
    const heartbeat = setInterval(() => {
      response.write(':\n\n');
      endIfOver(stream)
        .then(() => lookFor(stream))
        .catch(() => response.end());
    }, HEARTBEAT_MS).unref();
    const end = setTimeout(() => response.end(), lifetimeMs).unref();
    response.on('close', () => {
      clearInterval(heartbeat);
      clearTimeout(end);
      streams.delete(stream);
      if (stream.page) livePages.leave(stream.page.key);
      if (stream.reader) reads.end(stream.reader);
      if (streams.size > 0) return;
      clearInterval(watching);
      watching = undefined;
    });
  }

  async function lookFor({ reader }: Stream): Promise<void> {
    if (reader !== undefined) await reads.look(reader);
  }

  async function streamOf(page: Page, sid: string, response: Response): Promise<Stream> {
    const { viewer, origin } = page;
    const { subject, isSignedIn } = viewer;
    const rights = page.authEnabled ? (version?: number) => deps.rightsOf(subject, version) : async () => viewer.rights;
    const of = page.query('of');
    const maySee = async (name: string) =>
      (await deps.visibleNames(await deps.visibility.of(await rights(), origin.address), [name])).length > 0;
    return {
      response,
      rights,
      reader: of === '' ? undefined : { of, response, maySee },
      isAlive: async () => !isSignedIn || deps.isSessionAlive(sid),
      isSignedIn,
      address: origin.address,
      name: viewerValues(isSignedIn ? subject.name : '').name ?? '',
      page: undefined,
      owner: isSignedIn ? `user ${subject.id}` : origin.address,
      seen: { rights: viewer.rights, print: fingerprint(viewer.rights) },
    };
  }

  const pages: PageModule = (routes) => {
    // A stream does not say why it failed; this says whether the page is still that viewer's.
    routes.get('/live/viewer', 'public', ({ viewer }, _request, response) => {
      response.set('Cache-Control', 'no-store').json({ viewer: viewer.isSignedIn ? viewer.subject.name : '' });
    });
    routes.get('/live', 'browse', async (page, request, response) => {
      const stream = await streamOf(page, request.sessionID, response);
      const same = [...streams].filter(({ owner }) => owner === stream.owner).length;
      if (streams.size >= MAX_STREAMS || same >= MAX_PER_OWNER) {
        throw new AppError('UNAVAILABLE', 'Too many pages are open. This one does not update by itself.');
      }
      if (streams.size === 0) version = await deps.accessVersion();
      open(stream);
      const audience = audienceOf({ ...page.viewer, address: page.origin.address });
      stream.page = livePages.follow(page.query('shown'), audience);
      await lookFor(stream);
      const since = page.query('since');
      if (/^\d{1,15}$/.test(since)) await tellMissed(stream, Number(since));
    });
  };

  return {
    pages,
    /** The process stops: a stream would hold its connection for minutes. */
    endAll(): void {
      clearTimeout(timer);
      clearInterval(watching);
      for (const { response } of streams) response.end();
    },
  };
}
export type Live = ReturnType<typeof createLive>;

type StreamOfShared = Stream & { readonly page: SharedPage };

/** It shows a page that is remembered, some of the news are on it, and its viewer still sees the same as all who have it. */
function followsShared(stream: Stream, rights: Rights, names: readonly string[]): stream is StreamOfShared {
  const { page, isSignedIn, address } = stream;
  if (page === undefined || names.includes(TOPIC.rights) || !isConcerned(page.live, names)) return false;
  return audienceOf({ rights, isSignedIn, address }) === page.audience;
}

function send({ response }: Stream, event: 'changed' | 'page', data: unknown): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function noteRights(stream: Stream, rights: Rights): boolean {
  if (rights === stream.seen.rights) return false;
  const print = fingerprint(rights);
  const isNew = print !== stream.seen.print;
  stream.seen = { rights, print };
  return isNew;
}

import type { Visibility } from '../../catalog/visibility/visibility.ts';
import { type Clock, monotonic } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { audienceOf } from '../shell/audience.ts';
import type { PageModule } from '../shell/routes.ts';
import { type CollectedChanges, createChangeCollector, FOLLOWED_MESSAGES, newsFor } from './live-news.ts';
import { createLivePages, type PageUpdate, type SharedPageSource } from './live-pages.ts';
import { createLiveReads, type LiveReadsDeps } from './live-reads.ts';
import { createRecentChanges } from './live-recent.ts';
import {
  createStream,
  endIfSessionEnded,
  followsShared,
  LIFETIME_MS,
  type Stream,
  type StreamDeps,
  sendNews,
  startStream,
  updateRights,
} from './live-stream.ts';

export interface LiveDeps extends LiveReadsDeps, StreamDeps {
  readonly sharedPages: SharedPageSource;
  /** Changes with every change of accounts and rights, also by other processes. */
  readonly accessVersion: () => Promise<number>;
  readonly log: Logger;
  /** For tests. */
  readonly gatherMs?: number;
  readonly lifetimeMs?: number;
  readonly watchMs?: number;
  readonly clock?: Clock;
}

/** Those of the names that may be seen. */
type VisibleTo = (seen: Visibility, names: ReadonlySet<string>) => Promise<readonly string[]>;

/** One notification of all open pages. */
interface NotificationRound {
  readonly collected: CollectedChanges;
  readonly visibleTo: VisibleTo;
  readonly updateOf: (key: string) => Promise<PageUpdate | undefined>;
  /** Read once for all streams; undefined: each reads it. */
  readonly accessVersion: number | undefined;
}

const GATHER_MS = 60;
/** The pause after a round, in multiples of its duration: it leaves the processor to other requests. */
const REST_FACTOR = 3;
const MAX_REST_MS = 1500;
const WATCH_MS = 2000;
const MAX_STREAMS = 1000;
const MAX_PER_OWNER = 100;

/**
 * One event stream per open page: changes of what its viewer may see now, of the viewer's rights, and the end of the
 * session. A stream does not extend the session.
 */
export function createLive(deps: LiveDeps) {
  const { gatherMs = GATHER_MS, lifetimeMs = LIFETIME_MS, watchMs = WATCH_MS, clock = monotonic, log } = deps;
  const streams = new Set<Stream>();
  const collector = createChangeCollector();
  const recent = createRecentChanges(deps.now);
  const reads = createLiveReads(deps);
  const livePages = createLivePages(deps.sharedPages);
  let restUntil = 0;
  let isNotifying = false;
  let timer: NodeJS.Timeout | undefined;
  let watchTimer: NodeJS.Timeout | undefined;
  let version: number | undefined;

  function scheduleFlush(): void {
    if (isNotifying) return;
    timer ??= setTimeout(() => void flush(), Math.max(gatherMs, restUntil - clock()));
  }

  deps.bus.subscribe(FOLLOWED_MESSAGES, (message) => {
    recent.add(message);
    // No page is open, but a later refresh must not get a page from before this change.
    if (streams.size === 0) return deps.sharedPages.markChanged();
    collector.add(message);
    scheduleFlush();
    if (message.kind !== 'audited') return;
    if (message.action.startsWith('session.')) void forEach(endIfSessionEnded);
    else void checkAccessVersion();
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
    isNotifying = true;
    const startedAt = clock();
    const round = await startNotificationRound(collector.take());
    await forEach((stream) => notify(stream, round));
    isNotifying = false;
    restUntil = clock() + Math.min(MAX_REST_MS, (clock() - startedAt) * REST_FACTOR);
    if (!collector.isEmpty()) scheduleFlush();
  }

  async function startNotificationRound(collected: CollectedChanges): Promise<NotificationRound> {
    deps.sharedPages.markChanged();
    const accessVersion = await deps.accessVersion().catch(() => undefined);
    return { collected, visibleTo: createVisibleTo(collected), updateOf: livePages.startRound(), accessVersion };
  }

  function createVisibleTo(collected: CollectedChanges): VisibleTo {
    // Many streams have the same visibility: one query for each.
    const known = new Map<string, Promise<readonly string[]>>();
    return (seen, names) => {
      const key = `${seen.id} ${names === collected.changed}`;
      const visible = known.get(key) ?? deps.visibleNames(seen, [...names]);
      known.set(key, visible);
      return visible;
    };
  }

  /** Changes between the page's request and its stream. Sent as names: which version the page shows is not known. */
  async function sendMissed(stream: Stream, since: number): Promise<void> {
    const missed = recent.since(since);
    if (missed === undefined) return;
    const visibleTo = createVisibleTo(missed);
    await notify(stream, { collected: missed, visibleTo, updateOf: async () => undefined, accessVersion: undefined });
  }

  async function notify(
    stream: Stream,
    { collected, visibleTo, updateOf, accessVersion }: NotificationRound,
  ): Promise<void> {
    const rights = await stream.rights(accessVersion);
    const seen = await deps.visibility.of(rights, stream.address);
    const names = await newsFor(collected, {
      rights,
      isSignedIn: stream.isSignedIn,
      rightsChanged: updateRights(stream, rights),
      visible: async (changed) => (changed.size === 0 ? [] : visibleTo(seen, changed)),
    });
    if (names === undefined) return;
    sendNews(stream, names, followsShared(stream, rights, names) ? await updateOf(stream.page.key) : undefined);
  }

  /** Finds changes of accounts and sessions by other processes, which are not on the bus. */
  async function checkAccessVersion(): Promise<void> {
    const now = await deps.accessVersion().catch(() => version);
    if (now === version) return;
    version = now;
    collector.addAccountChange();
    scheduleFlush();
    void forEach(endIfSessionEnded);
  }

  function open(stream: Stream): void {
    streams.add(stream);
    watchTimer ??= setInterval(() => void checkAccessVersion(), watchMs).unref();
    startStream(stream, {
      lifetimeMs,
      onHeartbeat: () => markListOpen(stream),
      onClosed() {
        streams.delete(stream);
        if (stream.page) livePages.leave(stream.page.key);
        if (stream.reader) reads.end(stream.reader);
        if (streams.size > 0) return;
        clearInterval(watchTimer);
        watchTimer = undefined;
      },
    });
  }

  async function markListOpen({ reader }: Stream): Promise<void> {
    if (reader !== undefined) await reads.markOpen(reader);
  }

  const pages: PageModule = (routes) => {
    // EventSource reports no status. After a failure the page asks here whether its viewer is still signed in.
    routes.get('/live/viewer', 'public', ({ viewer }, _request, response) => {
      response.set('Cache-Control', 'no-store').json({ viewer: viewer.isSignedIn ? viewer.subject.name : '' });
    });
    routes.get('/live', 'browse', async (page, request, response) => {
      const stream = createStream(deps, page, { sid: request.sessionID, response });
      const ownCount = [...streams].filter(({ owner }) => owner === stream.owner).length;
      if (streams.size >= MAX_STREAMS || ownCount >= MAX_PER_OWNER) {
        throw new AppError('UNAVAILABLE', 'Too many pages are open. This one does not update by itself.');
      }
      if (streams.size === 0) version = await deps.accessVersion();
      // Gone meanwhile: its end would not be noticed any more.
      if (response.destroyed) return;
      open(stream);
      const audience = audienceOf({ ...page.viewer, address: page.origin.address });
      stream.shownHash = page.query('shown');
      stream.page = livePages.follow(stream.shownHash, audience);
      await markListOpen(stream);
      const since = page.query('since');
      if (/^\d{1,15}$/.test(since)) await sendMissed(stream, Number(since));
    });
  };

  return {
    pages,
    /** At shutdown: an open stream would delay it for minutes. */
    endAll(): void {
      clearTimeout(timer);
      clearInterval(watchTimer);
      for (const { response } of streams) response.end();
    },
  };
}
export type Live = ReturnType<typeof createLive>;

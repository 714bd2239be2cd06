import type { Response } from 'express';
import type { Rights, Subject } from '../../access/rights.ts';
import type { Visibility, VisibilityStore } from '../../catalog/visibility/visibility.ts';
import { audienceOf, fingerprint } from '../shell/audience.ts';
import type { Page } from '../shell/page.ts';
import { viewerValues } from '../shell/placeholders.ts';
import type { SharedPage } from '../shell/shared-pages.ts';
import { isAffectedBy, TOPIC } from './live-news.ts';
import type { PageUpdate } from './live-pages.ts';
import type { ListReader } from './live-reads.ts';

export interface StreamDeps {
  readonly visibility: VisibilityStore;
  /**
   * Current rights, not those of when the page was opened.
   * @param accessVersion as just read; undefined: it is read here.
   */
  readonly rightsOf: (subject: Subject, accessVersion?: number) => Promise<Rights>;
  readonly visibleNames: (visibility: Visibility, names: readonly string[]) => Promise<readonly string[]>;
  /** Must not extend the session. */
  readonly isSessionAlive: (sid: string) => Promise<boolean>;
}

/** The event stream of an open page. */
export interface Stream {
  readonly response: Response;
  readonly rights: (accessVersion?: number) => Promise<Rights>;
  readonly isAlive: () => Promise<boolean>;
  readonly isSignedIn: boolean;
  readonly address: string;
  /** For `MAX_PER_OWNER`: a user, or the address of anonymous viewers. */
  readonly owner: string;
  /** undefined: the page shows no age of a list. */
  readonly reader: ListReader | undefined;
  /** Escaped HTML; '' for anonymous viewers. */
  readonly name: string;
  /** The shared page that it shows; undefined for other pages. */
  page: SharedPage | undefined;
  /** Of the version that it shows, as far as is known here; '' for other pages. */
  shownHash: string;
  seen: { readonly rights: Rights; readonly print: string };
}

const HEARTBEAT_MS = 20_000;
/** Then the browser reconnects, and its rights are checked again. */
export const LIFETIME_MS = 5 * 60_000;

export function createStream(
  deps: StreamDeps,
  page: Page,
  { sid, response }: { readonly sid: string; readonly response: Response },
): Stream {
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
    shownHash: '',
    owner: isSignedIn ? `user ${subject.id}` : origin.address,
    seen: { rights: viewer.rights, print: fingerprint(viewer.rights) },
  };
}

export interface StreamOptions {
  readonly lifetimeMs: number;
  readonly onHeartbeat: () => Promise<void>;
  readonly onClosed: () => void;
}

/** Answers the request and keeps it open until its lifetime ends, the session ends or the page is closed. */
export function startStream(stream: Stream, { lifetimeMs, onHeartbeat, onClosed }: StreamOptions): void {
  const { response } = stream;
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // nginx would hold the messages back.
    'X-Accel-Buffering': 'no',
  });
  response.write(': here\n\n');
  const heartbeat = setInterval(() => {
    response.write(':\n\n');
    endIfSessionEnded(stream)
      .then(onHeartbeat)
      .catch(() => response.end());
  }, HEARTBEAT_MS).unref();
  const end = setTimeout(() => response.end(), lifetimeMs).unref();
  response.on('close', () => {
    clearInterval(heartbeat);
    clearTimeout(end);
    onClosed();
  });
}

export async function endIfSessionEnded(stream: Stream): Promise<void> {
  if (await stream.isAlive()) return;
  stream.response.write('event: ended\ndata: {}\n\n');
  stream.response.end();
}

type StreamOfShared = Stream & { readonly page: SharedPage };

/** It shows a shared page that the names are on, and its viewer still belongs to the audience of that page. */
export function followsShared(stream: Stream, rights: Rights, names: readonly string[]): stream is StreamOfShared {
  const { page, isSignedIn, address } = stream;
  if (page === undefined || names.includes(TOPIC.rights) || !isAffectedBy(page.live, names)) return false;
  return audienceOf({ rights, isSignedIn, address }) === page.audience;
}

/**
 * Sends what changed in the page, nothing when it shows that already, or else what changed at all, and it fetches itself.
 * @param update undefined: it is no shared page that can be updated.
 */
export function sendNews(stream: Stream, names: readonly string[], update: PageUpdate | undefined): void {
  const { shownHash } = stream;
  if (update === undefined) {
    send(stream, 'changed', names);
    return;
  }
  stream.shownHash = update.to;
  if (shownHash === update.to) return;
  if (shownHash !== update.from || update.change === undefined) send(stream, 'changed', names);
  else send(stream, 'page', update.change(stream.name));
}

function send({ response }: Stream, event: 'changed' | 'page', data: unknown): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** @returns whether they allow something else than those the page was told of last. */
export function updateRights(stream: Stream, rights: Rights): boolean {
  if (rights === stream.seen.rights) return false;
  const print = fingerprint(rights);
  const isNew = print !== stream.seen.print;
  stream.seen = { rights, print };
  return isNew;
}

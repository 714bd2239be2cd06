import type { VisibilityStore } from '../../catalog/visibility.ts';
import type { EventPage, EventStore, RegistryEvent } from '../../notifications/events.ts';
import type { RecordedRefusal, RefusalCursor, Refusals } from '../../token/refusals.ts';
import { referencePath, shortDigest, splitName } from '../browse/cells.ts';
import { actor } from '../browse/labels.ts';
import { keyPager, type Pager } from '../browse/pager.ts';
import { TOPIC, type Topic } from '../live-news.ts';
import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';

export interface EventsPageDeps {
  readonly visibility: VisibilityStore;
  readonly events: Pick<EventStore, 'list'>;
  readonly refusals: Pick<Refusals, 'list'>;
}

const ACTIONS = ['push', 'pull', 'delete', 'restore', 'mount'] as const;
const PAGE_ROWS = 50;

export interface EventsTab {
  readonly text: string;
  readonly href: string;
  readonly current: boolean;
}

interface Shared {
  readonly title: string;
  readonly nav: 'events';
  readonly live: Topic;
  readonly tabs: readonly EventsTab[];
  readonly filter: EventsFilter;
  /** Says that only part of what happened is shown. */
  readonly scopeNote: string;
  readonly pager: Pager;
}

export interface EventsFilter {
  readonly action: string;
  readonly user: string;
  readonly repository: string;
  readonly chips: readonly { readonly text: string; readonly href: string; readonly on: boolean }[];
  /** Keeps the chosen action when a text changes. */
  readonly chosen: string;
  readonly isSet: boolean;
}

export interface EventsView extends Shared {
  readonly rows: readonly EventCells[];
}

export interface EventCells {
  readonly at: number;
  readonly action: string;
  readonly tone: 'accent' | 'plain' | 'red';
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly folder: string;
  readonly leaf: string;
  readonly repositoryHref: string;
  readonly reference: { readonly text: string; readonly title: string; readonly href: string } | null;
  readonly from: string;
  readonly address: string;
  readonly client: string;
}

export interface RefusalsView extends Shared {
  readonly rows: readonly RefusalCells[];
}

export interface RefusalCells {
  readonly who: string;
  readonly isAnonymous: boolean;
  readonly folder: string;
  readonly leaf: string;
  readonly asked: string;
  readonly missing: string;
  readonly address: string;
  readonly client: string;
  readonly count: string;
  readonly lastAt: number;
  readonly firstAt: number;
  readonly grantHref: string | null;
}

export function eventsPage({ visibility, events, refusals }: EventsPageDeps): PageModule {
  return (routes) => {
    routes.get('/events', 'browse', async (page) => {
      if (sentToSignIn(page)) return;
      const seesAll = isReader(page);
      const visible = seesAll ? { all: true as const } : await visibility.of(page.viewer.rights, page.origin.address);
      const found = await events.list({ visible, ...eventQuery(page), limit: PAGE_ROWS });
      await page.render('events', eventsView(page, found));
    });
    routes.get('/events/refused', 'browse', async (page) => {
      if (sentToSignIn(page)) return;
      const found = await refusals.list(refusalQuery(page));
      await page.render('events-refused', refusalsView(page, found.rows, cursorText(found.next)));
    });
  };
}

/** What others do is nobody's business before signing in, even where anybody may pull. */
function sentToSignIn(page: Page): boolean {
  if (page.viewer.isSignedIn || isReader(page)) return false;
  page.redirect(`/login?next=${encodeURIComponent(page.path)}`);
  return true;
}

export function isReader({ viewer }: Pick<Page, 'viewer'>): boolean {
  return viewer.rights.isAdmin || viewer.rights.isAuditor;
}

function eventQuery(page: Page) {
  const text = (name: string) => page.query(name).trim().slice(0, 255) || undefined;
  return { action: text('action'), user: text('user'), repository: text('repository'), after: text('after') };
}

/** Members see their own refusals; those of others name repositories they may know nothing of. */
function refusalQuery(page: Page) {
  const user = page.query('user').trim().slice(0, 255);
  const repository = page.query('repository').trim().slice(0, 255);
  const subject = isReader(page) ? user : page.viewer.subject.name;
  const after = parseCursor(page.query('after'));
  return {
    ...(subject === '' ? {} : { subject }),
    ...(repository === '' ? {} : { repository }),
    ...(after === undefined ? {} : { after }),
    limit: PAGE_ROWS,
  };
}

export function parseCursor(text: string): RefusalCursor | undefined {
  const found = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return found === null ? undefined : { lastAt: Number(found[1]), id: Number(found[2]) };
}

function cursorText(cursor: RefusalCursor | undefined): string | undefined {
  return cursor && `${cursor.lastAt}.${cursor.id}`;
}

type PageParts = Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer'>;

export function eventsView(page: PageParts, found: EventPage): EventsView {
  return {
    title: page.t('events:title'),
    nav: 'events',
    live: TOPIC.events,
    tabs: eventTabs(page, 'events'),
    filter: filterCells(page, true),
    scopeNote: isReader(page) ? '' : page.t('events:scope_own'),
    pager: keyPager(page, found.rows.length, found.next),
    rows: found.rows.map((event) => eventCells(event, page)),
  };
}

export function refusalsView(
  page: PageParts,
  rows: readonly RecordedRefusal[],
  next: string | undefined,
): RefusalsView {
  return {
    title: page.t('events:refused.title'),
    nav: 'events',
    live: TOPIC.refusals,
    tabs: eventTabs(page, 'refused'),
    filter: filterCells(page, false),
    scopeNote: isReader(page) ? '' : page.t('events:refused.scope_own'),
    pager: keyPager(page, rows.length, next),
    rows: rows.map((row) => refusalCells(row, page)),
  };
}

export function eventTabs(
  { t, url, viewer }: PageParts,
  current: 'events' | 'refused' | 'aside',
): readonly EventsTab[] {
  const aside = { text: t('events:tab.aside'), href: url('/events/aside'), current: current === 'aside' };
  return [
    { text: t('events:tab.events'), href: url('/events'), current: current === 'events' },
    { text: t('events:tab.refused'), href: url('/events/refused'), current: current === 'refused' },
    ...(viewer.rights.isAdmin ? [aside] : []),
  ];
}

function filterCells(page: PageParts, withActions: boolean): EventsFilter {
  const chosen = page.query('action');
  const chip = (action: string) => ({
    text: actionLabel(action, page.t),
    href: page.urlWith({ action: action === chosen ? null : action, after: null, from: null }),
    on: action === chosen,
  });
  const user = page.query('user');
  const repository = page.query('repository');
  return {
    action: page.url(withActions ? '/events' : '/events/refused'),
    user,
    repository,
    chips: withActions ? ACTIONS.map(chip) : [],
    chosen: withActions ? chosen : '',
    isSet: (withActions && chosen !== '') || user !== '' || repository !== '',
  };
}

/** A later registry may say other words: they stand as they came. */
export function actionLabel(action: string, t: Page['t']): string {
  const known = new Map([
    ['push', t('events:action.push')],
    ['pull', t('events:action.pull')],
    ['delete', t('events:action.delete')],
    ['restore', t('events:action.restore')],
    ['mount', t('events:action.mount')],
  ]);
  return known.get(action) ?? action;
}

export function eventCells(event: RegistryEvent, page: PageParts): EventCells {
  return {
    at: event.at,
    action: actionLabel(event.action, page.t),
    tone: event.action === 'delete' ? 'red' : event.action === 'pull' ? 'plain' : 'accent',
    by: actor(event.actor, event.actorConfirmed),
    ...splitName(event.repository),
    repositoryHref: page.url(referencePath(event.repository)),
    reference: eventReference(event, page),
    from: event.fromRepository === undefined ? '' : page.t('events:mounted_from', { repository: event.fromRepository }),
    address: event.address,
    client: event.userAgent,
  };
}

function eventReference(event: RegistryEvent, { url }: PageParts): EventCells['reference'] {
  const { repository, tag, digest } = event;
  if (tag !== undefined) return { text: tag, title: digest ?? tag, href: url(referencePath(`${repository}:${tag}`)) };
  if (digest === undefined) return null;
  return { text: shortDigest(digest), title: digest, href: url(referencePath(`${repository}@${digest}`)) };
}

/** The actions of a scope, in the reader's language. */
export function actionWords(actions: readonly string[], t: Page['t']): string {
  return actions.map((action) => actionLabel(action, t)).join(t('events:comma'));
}

function refusalCells(row: RecordedRefusal, page: PageParts): RefusalCells {
  const isAnonymous = row.subjectKind === 'anonymous';
  const canGrant = page.viewer.rights.isAdmin && (row.subjectKind === 'user' || isAnonymous);
  return {
    who: isAnonymous ? page.t('events:refused.anonymous') : row.subject,
    isAnonymous,
    ...splitName(row.repository),
    asked: actionWords(row.asked, page.t),
    missing: actionWords(row.missing, page.t),
    address: row.address,
    client: row.client,
    count: page.format.number(row.count),
    lastAt: row.lastAt,
    firstAt: row.firstAt,
    grantHref: canGrant ? page.url(`/events/refused/${row.id}/grant`) : null,
  };
}

import type { VisibilityStore } from '../../catalog/visibility/visibility.ts';
import { sendCsv } from '../../http/csv.ts';
import type { EventFilter } from '../../notifications/event-query.ts';
import type { EventRunPage, EventStore } from '../../notifications/events.ts';
import { MAX_CSV_EVENTS, readEventsCsv } from '../../notifications/events-csv.ts';
import type { RecordedRefusal, RefusalCursor, Refusals } from '../../token/refusals.ts';
import { TOPIC, type Topic } from '../live/live-news.ts';
import { splitName } from '../parts/cells.ts';
import { actionWords, type EventRunCells, eventRunCells } from '../parts/event-cells.ts';
import { keyPager, type Pager } from '../parts/pager.ts';
import { isReader } from '../parts/what-is-seen.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import {
  csvHref,
  type EventsFilterCells,
  eventsFilterCells,
  readEventFilter,
  refusalsFilterCells,
} from './event-filter.ts';

export interface EventsPageDeps {
  readonly visibility: VisibilityStore;
  readonly events: Pick<EventStore, 'list' | 'runs'>;
  readonly refusals: Pick<Refusals, 'list'>;
}

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
  readonly filter: EventsFilterCells;
  /** Says that only events of visible repositories are shown; '' for viewers who see everything. */
  readonly scopeNote: string;
  readonly pager: Pager;
}

export interface EventsView extends Shared {
  readonly rows: readonly EventRunCells[];
  readonly csv: { readonly href: string; readonly limit: string };
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

// Without it spreadsheets do not read the file as UTF-8.
const BYTE_ORDER_MARK = '\u{feff}';

export function eventsPage({ visibility, events, refusals }: EventsPageDeps): PageModule {
  async function filterOf(page: Page): Promise<EventFilter> {
    const { rights } = page.viewer;
    const visible = isReader(page) ? { all: true as const } : await visibility.of(rights, page.origin.address);
    return { visible, ...readEventFilter(page) };
  }

  return (routes) => {
    routes.get('/events', 'browse', async (page) => {
      if (redirectedToSignIn(page)) return;
      const found = await events.runs({ ...(await filterOf(page)), limit: PAGE_ROWS });
      await page.render('activity/events', eventsView(page, found));
    });
    routes.get('/events.csv', 'browse', async (page, request, response) => {
      if (redirectedToSignIn(page)) return;
      const { text, next } = await readEventsCsv(events, await filterOf(page));
      const name = next === undefined ? 'events' : `events-latest-${MAX_CSV_EVENTS}`;
      await sendCsv(request, response, { text: `${BYTE_ORDER_MARK}${text}`, name });
    });
    routes.get('/events/refused', 'browse', async (page) => {
      if (redirectedToSignIn(page)) return;
      const found = await refusals.list(refusalQuery(page));
      await page.render('activity/events-refused', refusalsView(page, found.rows, cursorText(found.next)));
    });
  };
}

/** Events need an account, even where anonymous users may pull: they show what other people do. */
function redirectedToSignIn(page: Page): boolean {
  if (page.viewer.isSignedIn || isReader(page)) return false;
  page.redirect(`/login?next=${encodeURIComponent(page.path)}`);
  return true;
}

/** Members see only their own refusals: others may name repositories that are hidden from them. */
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

/** @returns undefined for anything that is not a cursor of `cursorText`. */
export function parseCursor(text: string): RefusalCursor | undefined {
  const found = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return found === null ? undefined : { lastAt: Number(found[1]), id: Number(found[2]) };
}

function cursorText(cursor: RefusalCursor | undefined): string | undefined {
  return cursor && `${cursor.lastAt}.${cursor.id}`;
}

type PageParts = Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer'>;

export function eventsView(page: PageParts, found: EventRunPage): EventsView {
  return {
    title: page.t('activity:title'),
    nav: 'events',
    live: TOPIC.events,
    tabs: eventTabs(page, 'events'),
    filter: eventsFilterCells(page),
    scopeNote: isReader(page) ? '' : page.t('activity:scope_own'),
    pager: keyPager(page, found.rows.length, found.next, 'row'),
    rows: found.rows.flatMap((run) => eventRunCells(run, page)),
    csv: {
      href: csvHref(page),
      limit: page.t('activity:csv_limit', { formatted: page.format.number(MAX_CSV_EVENTS) }),
    },
  };
}

export function refusalsView(
  page: PageParts,
  rows: readonly RecordedRefusal[],
  next: string | undefined,
): RefusalsView {
  return {
    title: page.t('activity:refused.title'),
    nav: 'events',
    live: TOPIC.refusals,
    tabs: eventTabs(page, 'refused'),
    filter: refusalsFilterCells(page),
    scopeNote: isReader(page) ? '' : page.t('activity:refused.scope_own'),
    pager: keyPager(page, rows.length, next),
    rows: rows.map((row) => refusalCells(row, page)),
  };
}

export function eventTabs(
  { t, url, viewer }: PageParts,
  current: 'events' | 'refused' | 'aside',
): readonly EventsTab[] {
  const aside = { text: t('activity:tab.aside'), href: url('/events/aside'), current: current === 'aside' };
  return [
    { text: t('activity:tab.events'), href: url('/events'), current: current === 'events' },
    { text: t('activity:tab.refused'), href: url('/events/refused'), current: current === 'refused' },
    ...(viewer.rights.isAdmin ? [aside] : []),
  ];
}

function refusalCells(row: RecordedRefusal, page: PageParts): RefusalCells {
  const isAnonymous = row.subjectKind === 'anonymous';
  const canGrant = page.viewer.rights.isAdmin && (row.subjectKind === 'user' || isAnonymous);
  return {
    who: isAnonymous ? page.t('activity:refused.anonymous') : row.subject,
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

import type { Quarantine, QuarantinedEnvelope } from '../../notifications/quarantine.ts';
import { keyPager, type Pager } from '../parts/pager.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import { type EventsTab, eventTabs } from './events.ts';

export interface AsideView {
  readonly title: string;
  readonly nav: 'events';
  readonly tabs: readonly EventsTab[];
  readonly rows: readonly AsideCells[];
  readonly pager: Pager;
}

export interface AsideCells {
  readonly receivedAt: number;
  readonly reason: string;
  readonly size: string;
  readonly events: string;
  readonly source: string;
  readonly verified: boolean;
  readonly mediaType: string;
  readonly text: string;
  readonly dismissAction: string;
}

const PAGE_ROWS = 20;

/** Envelopes that could not be parsed: to inspect and to discard. */
export function eventsAsidePage({ aside }: { readonly aside: Quarantine }): PageModule {
  return (routes) => {
    routes.get('/events/aside', 'admin', async (page) => {
      const before = Number(page.query('after')) || undefined;
      const { rows, next } = await aside.list({ before, limit: PAGE_ROWS });
      await page.render('activity/events-aside', asideView(page, rows, next));
    });
    routes.post('/events/aside/:id/dismiss', 'admin', async (page, request) => {
      await aside.dismiss(actorOf(page), Number(request.params.id));
      page.redirect('/events/aside', { key: 'activity:aside.dismissed' });
    });
  };
}

function asideView(page: Page, rows: readonly QuarantinedEnvelope[], next: number | undefined): AsideView {
  return {
    title: page.t('activity:aside.title'),
    nav: 'events',
    tabs: eventTabs(page, 'aside'),
    rows: rows.map((row) => asideCells(row, page)),
    pager: keyPager(page, rows.length, next === undefined ? undefined : String(next)),
  };
}

function asideCells(row: QuarantinedEnvelope, { url, format }: Page): AsideCells {
  const { receivedAt, reason, source, verified, mediaType, text } = row;
  return {
    ...{ receivedAt, reason, source, verified, mediaType, text },
    size: format.bytes(row.sizeBytes),
    events: format.number(row.eventCount),
    dismissAction: url(`/events/aside/${row.id}/dismiss`),
  };
}

/** The filters of the lists of events and refused requests. */
import type { EventFilter } from '../../notifications/event-query.ts';
import { DAY_MS, parseDay, startOfDay } from '../../storage/calendar.ts';
import { actionLabel } from '../parts/event-cells.ts';
import type { Page } from '../shell/page.ts';

// Without "mount": it is about a blob, and blobs are not listed.
const ACTIONS = ['push', 'pull', 'delete', 'restore'] as const;
const MAX_TEXT_LENGTH = 255;
/** A changed filter starts at the first page. */
const FIRST_PAGE = { after: null, row: null, open: null } as const;

type FilterPage = Pick<Page, 't' | 'url' | 'urlWith' | 'query'>;

export interface EventsFilterCells {
  readonly action: string;
  readonly user: string;
  readonly repository: string;
  /** Each is '' or a day; null: this list has no dates. */
  readonly dates: { readonly from: string; readonly to: string } | null;
  readonly chips: readonly { readonly text: string; readonly href: string; readonly on: boolean }[];
  /** The chosen action, as a hidden field. */
  readonly chosen: string;
  /** Names filters of the address that are invalid and therefore ignored; '' for none. */
  readonly ignored: string;
  readonly isSet: boolean;
}

/** Texts are cut to a maximum length; days are days in the server's time zone, the last one included. */
export function readEventFilter(page: Pick<Page, 'query'>): Omit<EventFilter, 'visible'> {
  const text = (name: string) => page.query(name).trim().slice(0, MAX_TEXT_LENGTH) || undefined;
  const [from, to] = [dayOf(page, 'from'), dayOf(page, 'to')];
  return {
    ...{ action: text('action'), user: text('user'), repository: text('repository'), after: text('after') },
    from: from === undefined ? undefined : startOfDay(from),
    until: to === undefined ? undefined : startOfDay(to + DAY_MS),
  };
}

function dayOf({ query }: Pick<Page, 'query'>, name: 'from' | 'to'): number | undefined {
  return parseDay(query(name).trim());
}

export function eventsFilterCells(page: FilterPage): EventsFilterCells {
  const chosen = page.query('action');
  const dated = { from: dateText(page, 'from'), to: dateText(page, 'to') };
  const chip = (action: string) => ({
    text: actionLabel(action, page.t),
    href: page.urlWith({ ...FIRST_PAGE, action: action === chosen ? null : action }),
    on: action === chosen,
  });
  const texts = { user: page.query('user'), repository: page.query('repository') };
  const isSet = [chosen, dated.from, dated.to, texts.user, texts.repository].some((value) => value !== '');
  return {
    ...{ action: page.url('/events'), ...texts, dates: dated },
    ...{ chips: ACTIONS.map(chip), chosen, ignored: ignoredText(page), isSet },
  };
}

export function refusalsFilterCells(page: FilterPage): EventsFilterCells {
  const texts = { user: page.query('user'), repository: page.query('repository') };
  return {
    ...{ action: page.url('/events/refused'), ...texts, dates: null, chips: [], chosen: '', ignored: '' },
    isSet: texts.user !== '' || texts.repository !== '',
  };
}

function dateText(page: FilterPage, name: 'from' | 'to'): string {
  return dayOf(page, name) === undefined ? '' : page.query(name).trim();
}

function ignoredText(page: FilterPage): string {
  const odd = (['from', 'to'] as const).filter((name) => page.query(name) !== '' && dayOf(page, name) === undefined);
  return odd.map((name) => page.t('activity:filter.bad_date', { value: page.query(name).slice(0, 40) })).join(' ');
}

/** The list with the same filters as CSV. */
export function csvHref({ url, query }: Pick<Page, 'url' | 'query'>): string {
  const names = ['action', 'user', 'repository', 'from', 'to'] as const;
  const given = names.map((name): [string, string] => [name, query(name)]).filter(([, value]) => value !== '');
  return url(`/events.csv${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`);
}

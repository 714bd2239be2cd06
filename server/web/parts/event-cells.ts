/** Events as rows; a run of equal events is one row. */
import type { EventRun, RegistryEvent } from '../../notifications/events.ts';
import { calendarDay } from '../../storage/calendar.ts';
import type { Page } from '../shell/page.ts';
import { referencePath, shortDigest, splitName } from './cells.ts';
import { actor } from './labels.ts';

type EventPage = Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query'>;

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

export interface EventRunCells extends EventCells {
  /** The anchor of the row. */
  readonly anchor: string;
  /** null: the row is a single event. */
  readonly run: RunCells | null;
}

interface RunCells {
  readonly text: string;
  readonly label: string;
  readonly href: string;
  readonly isOpen: boolean;
  readonly span: SpanCells;
  /** The events of the run, when the row is unfolded. */
  readonly events: readonly Pick<EventCells, 'at' | 'address' | 'client'>[];
  /** Says that not all events of the run are shown; '' when they are. */
  readonly note: string;
}

/** From the first to the last event, without repeating equal parts. */
interface SpanCells {
  readonly kind: 'clock' | 'moment';
  /** One entry when both are in the same minute, else two. */
  readonly ends: readonly { readonly ms: number; readonly text: string }[];
}

const MAX_OPENED = 100;

/** @returns the action itself when it is unknown: newer registries may send others. */
export function actionLabel(action: string, t: Page['t']): string {
  const known = new Map([
    ['push', t('activity:action.push')],
    ['pull', t('activity:action.pull')],
    ['delete', t('activity:action.delete')],
    ['restore', t('activity:action.restore')],
    ['mount', t('activity:action.mount')],
  ]);
  return known.get(action) ?? action;
}

/** The actions of a scope, in the reader's language. */
export function actionWords(actions: readonly string[], t: Page['t']): string {
  return actions.map((action) => actionLabel(action, t)).join(t('activity:comma'));
}

export function eventCells(event: RegistryEvent, page: Pick<Page, 't' | 'url'>): EventCells {
  return {
    at: event.at,
    action: actionLabel(event.action, page.t),
    tone: event.action === 'delete' ? 'red' : event.action === 'pull' ? 'plain' : 'accent',
    by: actor(event.actor, event.actorConfirmed),
    ...splitName(event.repository),
    repositoryHref: page.url(referencePath(event.repository)),
    reference: eventReference(event, page),
    from:
      event.fromRepository === undefined ? '' : page.t('activity:mounted_from', { repository: event.fromRepository }),
    address: event.address,
    client: event.userAgent,
  };
}

function eventReference(event: RegistryEvent, { url }: Pick<Page, 'url'>): EventCells['reference'] {
  const { repository, tag, digest } = event;
  if (tag !== undefined) return { text: tag, title: digest ?? tag, href: url(referencePath(`${repository}:${tag}`)) };
  if (digest === undefined) return null;
  return { text: shortDigest(digest), title: digest, href: url(referencePath(`${repository}@${digest}`)) };
}

export function eventRunCells({ events, isCut }: EventRun, page: EventPage): readonly EventRunCells[] {
  const [newest] = events;
  const oldest = events.at(-1);
  if (newest === undefined || oldest === undefined) return [];
  // Named for its oldest event, because newer ones join the run.
  const anchor = `run-${oldest.id}`;
  if (events.length === 1) return [{ ...eventCells(newest, page), anchor, run: null }];
  const addresses = events.map(({ address }) => address);
  const clients = events.map(({ userAgent }) => userAgent);
  const shared = { address: firstAndCount(addresses, page), client: firstAndCount(clients, page) };
  return [{ ...eventCells(newest, page), ...shared, anchor, run: runCells({ events, isCut }, anchor, page) }];
}

function runCells({ events, isCut }: EventRun, anchor: string, page: EventPage): RunCells {
  const { t, format, query, urlWith } = page;
  const [count, formatted] = [events.length, format.number(events.length)];
  const asked = Number(query('open'));
  const isOpen = events.some(({ id }) => id === asked);
  const address = urlWith({ open: isOpen ? null : anchor.slice('run-'.length) });
  const shown = isOpen ? events.slice(0, MAX_OPENED) : [];
  return {
    text: isCut ? t('activity:run.more', { formatted }) : t('activity:run.times', { count, formatted }),
    label: isOpen ? t('activity:run.close') : t('activity:run.open', { count, formatted }),
    href: `${address}#${anchor}`,
    isOpen,
    span: spanCells(events, page),
    events: shown.map(({ at, address: from, userAgent }) => ({ at, address: from, client: userAgent })),
    note: isOpen && count > MAX_OPENED ? t('activity:run.latest', { formatted: format.number(MAX_OPENED) }) : '',
  };
}

function spanCells(events: readonly RegistryEvent[], { format }: EventPage): SpanCells {
  const [last = 0, first = 0] = [events[0]?.at, events.at(-1)?.at];
  const kind = calendarDay(first) === calendarDay(last) ? 'clock' : 'moment';
  const end = (ms: number) => ({ ms, text: kind === 'clock' ? format.clock(ms) : format.moment(ms) });
  const isMinute = end(first).text === end(last).text;
  return { kind, ends: isMinute ? [end(first)] : [end(first), end(last)] };
}

function firstAndCount(texts: readonly string[], { format }: EventPage): string {
  const different = new Set(texts);
  const [first = ''] = texts;
  return different.size === 1 ? first : `${first} +${format.number(different.size - 1)}`;
}

/** Says on every browse page how far what it shows can be trusted: being read, or as old as the last answer. */
import type { Page } from '../shell/page.ts';

/** From the index and the registry's client, brought together by `app.ts`. */
export interface IndexState {
  readonly reachable: boolean;
  /** The last time the registry answered; null: never since the start. */
  readonly lastAnswerAt: number | null;
  /** The crawl that runs, or waits for the registry to go on. */
  readonly crawl: CrawlState | null;
  /** The registry lacks most of what is known: see `catalog/loss-guard.ts`. */
  readonly isHeld?: boolean;
  /** A crawl has been finished at least once: what is not listed is not there. */
  readonly complete: boolean;
  /** No events come, so the registry is asked: when it last said which repositories it has. Left out: events come. */
  readonly polled?: { readonly listedAt: number | null; readonly isOurs: boolean } | undefined;
}

export interface CrawlState {
  readonly done: number;
  readonly total: number | null;
  readonly perSecond?: number | null;
  readonly remainingMs?: number | null;
  readonly isInterrupted?: boolean;
}

export interface Notice {
  readonly tone: 'info' | 'amber';
  readonly icon: string;
  readonly text: string;
  /** 0 to 100 while something is counted. */
  readonly percent: number | null;
  /** Ways on from here. */
  readonly links?: readonly { readonly text: string; readonly href: string }[];
}

export function indexNotices(state: IndexState, page: NoticePage): readonly Notice[] {
  const { t, format } = page;
  const notices: Notice[] = [];
  if (!state.reachable) {
    const text =
      state.lastAnswerAt === null
        ? t('parts:notice.down')
        : t('parts:notice.stale', { when: format.dateTime(state.lastAnswerAt) });
    notices.push({ tone: 'amber', icon: 'plug-connected-x', text, percent: null });
  }
  if (state.isHeld === true) notices.push(heldNotice(page));
  // Only the first crawl is worth a line: later ones repair what is complete already.
  if (state.crawl !== null && !state.complete && !isBarelyBegun(state.crawl))
    notices.push(crawlNotice(state.crawl, { t, format }));
  return notices;
}

/** Pages that are shown without a viewer, as in tests, have no way on. */
type NoticePage = Pick<Page, 't' | 'format'> & Partial<Pick<Page, 'url' | 'viewer'>>;

function heldNotice({ t, url, viewer }: NoticePage): Notice {
  const maySee = viewer?.rights.isAdmin || viewer?.rights.isAuditor;
  const links =
    maySee && url !== undefined ? [{ text: t('parts:notice.held_link'), href: url('/status#content') }] : [];
  return { tone: 'amber', icon: 'alert-triangle', text: t('parts:notice.held'), percent: null, links };
}

/** It broke off before there was anything to count: that the registry does not answer says all. */
function isBarelyBegun({ total, isInterrupted }: CrawlState): boolean {
  return isInterrupted === true && (total ?? 0) === 0;
}

/** What the last look at a repository could not read; what is shown may be old or lack something. */
export function unreadNotices(
  repository: { readonly error: string | null },
  { t }: Pick<Page, 't'>,
): readonly Notice[] {
  if (repository.error === null) return [];
  const text = t('parts:notice.unread', { error: repository.error });
  return [{ tone: 'amber', icon: 'alert-triangle', text, percent: null }];
}

function crawlNotice(crawl: CrawlState, { t, format }: Pick<Page, 't' | 'format'>): Notice {
  const { total } = crawl;
  const base = { tone: 'info', icon: 'refresh' } as const;
  const done = format.number(crawl.done);
  if (total === null) return { ...base, text: t('parts:notice.listing', { done }), percent: null };
  const percent = total === 0 ? 100 : Math.min(100, Math.round((crawl.done / total) * 100));
  const values = { done, total: format.number(total) };
  if (crawl.isInterrupted) return { ...base, text: t('parts:notice.interrupted', values), percent };
  const speed = crawlSpeed(crawl, { t, format });
  return { ...base, text: [t('parts:notice.crawling', values), ...speed].join(' '), percent };
}

/** How fast it goes and how long it takes, as far as that can be said. */
function crawlSpeed({ perSecond, remainingMs }: CrawlState, { t, format }: Pick<Page, 't' | 'format'>): string[] {
  const parts: string[] = [];
  if (perSecond) parts.push(t('parts:notice.speed', { rate: format.number(rounded(perSecond)) }));
  if (remainingMs) parts.push(t('parts:notice.remaining', { time: format.duration(Math.max(1000, remainingMs)) }));
  return parts;
}

/** Three digits that count are enough. */
export function rounded(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}

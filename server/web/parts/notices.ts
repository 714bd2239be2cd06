/** Says on every browse page how far what it shows can be trusted: being read, or as old as the last answer. */
import type { CrawlProgress } from '../../catalog/sync/crawl.ts';
import type { IndexState } from '../../operations/facts.ts';
import type { Page } from '../shell/page.ts';

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
  if (state.hold !== undefined) notices.push(heldNotice(page));
  // Only the first crawl is worth a line: later ones repair what is complete already.
  const crawl = unfinishedCrawl(state);
  if (crawl !== undefined && !state.isComplete && !isBarelyBegun(crawl))
    notices.push(crawlNotice(crawl, { t, format }));
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

/** The crawl that runs, or waits for the registry to go on. */
export function unfinishedCrawl({ crawl }: Pick<IndexState, 'crawl'>): CrawlProgress | undefined {
  return crawl?.finishedAt === null ? crawl : undefined;
}

/** It broke off before there was anything to count: that the registry does not answer says all. */
function isBarelyBegun({ repositoriesTotal, isRunning }: CrawlProgress): boolean {
  return !isRunning && (repositoriesTotal ?? 0) === 0;
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

function crawlNotice(crawl: CrawlProgress, { t, format }: Pick<Page, 't' | 'format'>): Notice {
  const { repositoriesTotal: total, isRunning } = crawl;
  const base = { tone: 'info', icon: 'refresh' } as const;
  const done = format.number(crawl.repositoriesDone);
  if (total === null) return { ...base, text: t('parts:notice.listing', { done }), percent: null };
  const percent = total === 0 ? 100 : Math.min(100, Math.round((crawl.repositoriesDone / total) * 100));
  const values = { done, total: format.number(total) };
  if (!isRunning) return { ...base, text: t('parts:notice.interrupted', values), percent };
  const speed = crawlSpeed(crawl, { t, format });
  return { ...base, text: [t('parts:notice.crawling', values), ...speed].join(' '), percent };
}

/** How fast it goes and how long it takes, as far as that can be said. */
function crawlSpeed(crawl: CrawlProgress, { t, format }: Pick<Page, 't' | 'format'>): string[] {
  const { repositoriesPerSecond, remainingMs } = crawl;
  const parts: string[] = [];
  if (repositoriesPerSecond)
    parts.push(t('parts:notice.speed', { rate: format.number(rounded(repositoriesPerSecond)) }));
  if (remainingMs) parts.push(t('parts:notice.remaining', { time: format.duration(Math.max(1000, remainingMs)) }));
  return parts;
}

/** Three digits that count are enough. */
export function rounded(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}

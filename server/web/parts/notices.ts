/** Notices on browse pages: the registry does not answer, the index is incomplete or held. */
import type { CrawlProgress } from '../../catalog/sync/crawl.ts';
import type { IndexState } from '../../operations/facts.ts';
import type { Page } from '../shell/page.ts';

export interface Notice {
  readonly tone: 'info' | 'amber';
  readonly icon: string;
  readonly text: string;
  /** Progress, 0 to 100; null without progress. */
  readonly percent: number | null;
  /** Links behind the text. */
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
  // Only for the first crawl: during later ones the index is complete already.
  const crawl = unfinishedCrawl(state);
  if (crawl !== undefined && !state.isComplete && !isBarelyBegun(crawl))
    notices.push(crawlNotice(crawl, { t, format }));
  return notices;
}

/** Without viewer and `url` notices have no links. */
type NoticePage = Pick<Page, 't' | 'format'> & Partial<Pick<Page, 'url' | 'viewer'>>;

function heldNotice({ t, url, viewer }: NoticePage): Notice {
  const maySee = viewer?.rights.isAdmin || viewer?.rights.isAuditor;
  const links =
    maySee && url !== undefined ? [{ text: t('parts:notice.held_link'), href: url('/status#content') }] : [];
  return { tone: 'amber', icon: 'alert-triangle', text: t('parts:notice.held'), percent: null, links };
}

/** @returns the crawl that runs or waits to be continued; undefined when the last one is finished. */
export function unfinishedCrawl({ crawl }: Pick<IndexState, 'crawl'>): CrawlProgress | undefined {
  return crawl?.finishedAt === null ? crawl : undefined;
}

/** Interrupted before anything was counted: another notice says that the registry does not answer. */
function isBarelyBegun({ repositoriesTotal, isRunning }: CrawlProgress): boolean {
  return !isRunning && (repositoriesTotal ?? 0) === 0;
}

/** A notice when the last read of a repository failed, so that its data may be old or incomplete. */
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

/** Speed and remaining time, as far as known. */
function crawlSpeed(crawl: CrawlProgress, { t, format }: Pick<Page, 't' | 'format'>): string[] {
  const { repositoriesPerSecond, remainingMs } = crawl;
  const parts: string[] = [];
  if (repositoriesPerSecond)
    parts.push(t('parts:notice.speed', { rate: format.number(rounded(repositoriesPerSecond)) }));
  if (remainingMs) parts.push(t('parts:notice.remaining', { time: format.duration(Math.max(1000, remainingMs)) }));
  return parts;
}

/** Whole numbers from 10 on, one decimal place below. */
export function rounded(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}

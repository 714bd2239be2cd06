/** Says on every browse page how far what it shows can be trusted: being read, or as old as the last answer. */
import type { Page } from '../page.ts';

/** From the index and the registry's client, brought together by `app.ts`. */
export interface IndexState {
  readonly reachable: boolean;
  /** The last time the registry answered; null: never since the start. */
  readonly lastAnswerAt: number | null;
  /** The crawl under way. */
  readonly crawl: { readonly done: number; readonly total: number | null } | null;
  /** A crawl has been finished at least once: what is not listed is not there. */
  readonly complete: boolean;
}

export interface Notice {
  readonly tone: 'info' | 'amber';
  readonly icon: string;
  readonly text: string;
  /** 0 to 100 while something is counted. */
  readonly percent: number | null;
}

export function indexNotices(state: IndexState, { t, format }: Pick<Page, 't' | 'format'>): readonly Notice[] {
  const notices: Notice[] = [];
  if (!state.reachable) {
    const text =
      state.lastAnswerAt === null
        ? t('browse:notice.down')
        : t('browse:notice.stale', { when: format.dateTime(state.lastAnswerAt) });
    notices.push({ tone: 'amber', icon: 'plug-connected-x', text, percent: null });
  }
  // Only the first crawl is worth a line: later ones repair what is complete already.
  if (state.crawl !== null && !state.complete) notices.push(crawlNotice(state.crawl, { t, format }));
  return notices;
}

function crawlNotice(
  { done, total }: NonNullable<IndexState['crawl']>,
  { t, format }: Pick<Page, 't' | 'format'>,
): Notice {
  const base = { tone: 'info', icon: 'refresh' } as const;
  if (total === null)
    return { ...base, text: t('browse:notice.listing', { done: format.number(done) }), percent: null };
  const percent = total === 0 ? 100 : Math.min(100, Math.round((done / total) * 100));
  return {
    ...base,
    text: t('browse:notice.crawling', { done: format.number(done), total: format.number(total) }),
    percent,
  };
}

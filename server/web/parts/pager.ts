import type { Page } from '../shell/page.ts';

export interface Pager {
  readonly range: string;
  readonly previous?: string;
  readonly next?: string;
  /** Of the way back; without it that is the first page. */
  readonly previousLabel?: string;
}

type Place = Pick<Page, 'query' | 'urlWith' | 'format' | 't'>;

/** Lists are paged by key: a page knows where it ended, not where it began. So `from` travels along for the range. */
function rowsBefore({ query }: Pick<Page, 'query'>, name: 'from' | 'row' = 'from'): number {
  const asked = Number(query(name));
  return Number.isSafeInteger(asked) && asked > 0 ? asked : 0;
}

/**
 * For lists that only go on: the way back is the first page; the browser's own button goes back one.
 *
 * @param name What travels along, where `from` means a date.
 */
export function keyPager(page: Place, shown: number, next: string | undefined, name: 'from' | 'row' = 'from'): Pager {
  const { query, urlWith, format, t } = page;
  const isFirst = query('after') === '';
  const before = isFirst ? 0 : rowsBefore(page, name);
  const rows = `${format.number(before + 1)}–${format.number(before + shown)}`;
  const range = shown === 0 ? '' : t('parts:list.rows', { rows });
  return {
    range,
    ...(isFirst ? {} : { previous: urlWith({ after: null, [name]: null }) }),
    ...(next === undefined ? {} : { next: urlWith({ after: next, [name]: before + shown }) }),
  };
}

export interface PagedList {
  readonly shown: number;
  readonly next: string | undefined;
  readonly previous: string | undefined;
  /** null: rows are not what is counted. */
  readonly total: string | null;
  readonly pageRows: number;
}

/** For lists that go both ways. */
export function listPager(page: Place, list: PagedList): Pager {
  const { t, urlWith, format } = page;
  const { shown, next, previous, total, pageRows } = list;
  const before = previous === undefined ? 0 : rowsBefore(page);
  const rows = `${format.number(before + 1)}–${format.number(before + shown)}`;
  const range = total === null ? t('parts:list.rows', { rows }) : t('parts:list.range', { rows, total });
  const from = Math.max(0, before - pageRows);
  return {
    range: shown === 0 ? '' : range,
    previousLabel: t('parts:list.previous'),
    ...(previous === undefined ? {} : { previous: urlWith({ after: previous, from: from === 0 ? null : from }) }),
    ...(next === undefined ? {} : { next: urlWith({ after: next, from: before + shown }) }),
  };
}

/** `1,204`, or `1,000+` where counting stopped. */
export function totalText({ total, isExact }: { total: number; isExact: boolean }, format: Page['format']): string {
  return `${format.number(total)}${isExact ? '' : '+'}`;
}

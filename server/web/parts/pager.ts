import type { Page } from '../shell/page.ts';

export interface Pager {
  readonly range: string;
  readonly previous?: string;
  readonly next?: string;
  /** Label of the link back; left out when it leads to the first page. */
  readonly previousLabel?: string;
}

type Place = Pick<Page, 'query' | 'urlWith' | 'format' | 't'>;

/** Lists are paged by key, which does not tell the number of rows before; it is a parameter of the address. */
function rowsBefore({ query }: Pick<Page, 'query'>, name: 'from' | 'row' = 'from'): number {
  const asked = Number(query(name));
  return Number.isSafeInteger(asked) && asked > 0 ? asked : 0;
}

/**
 * For lists that page forwards only: the link back leads to the first page.
 *
 * @param name parameter with the number of rows before; `row` where `from` is a date
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
  /** null: no total is shown. */
  readonly total: string | null;
  readonly pageRows: number;
}

/** For lists that page forwards and backwards. */
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

/** `1,204`, or `1,000+` when counting stopped at a limit. */
export function totalText({ total, isExact }: { total: number; isExact: boolean }, format: Page['format']): string {
  return `${format.number(total)}${isExact ? '' : '+'}`;
}

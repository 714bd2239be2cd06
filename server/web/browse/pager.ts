import type { Page } from '../page.ts';

export interface Pager {
  readonly range: string;
  readonly previous?: string;
  readonly next?: string;
}

/**
 * Lists are paged by key: a page knows where it ended, not where it began. So `from` (how many rows came before) travels
 * along for the range, and the way back is the first page; the browser's own button goes back one.
 */
export function keyPager(
  { query, urlWith, format }: Pick<Page, 'query' | 'urlWith' | 'format'>,
  shown: number,
  next: string | undefined,
): Pager {
  const isFirst = query('after') === '';
  const asked = Number(query('from'));
  const before = isFirst || !Number.isSafeInteger(asked) || asked < 0 ? 0 : asked;
  const range = shown === 0 ? '' : `${format.number(before + 1)}–${format.number(before + shown)}`;
  return {
    range,
    ...(isFirst ? {} : { previous: urlWith({ after: null, from: null }) }),
    ...(next === undefined ? {} : { next: urlWith({ after: next, from: before + shown }) }),
  };
}

/** The filters of list pages: parsed from the address, the choices offered, and the chips that remove one. */
import type { Page } from '../shell/page.ts';
import type { Column, Sorting } from './cells.ts';
import { kindName } from './labels.ts';

const DAY_MS = 86_400_000;
const UNITS = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 } as const;

/** Filters as written in the address; '' when absent or invalid. */
export interface AskedFilters {
  readonly filter: string;
  readonly platform: string;
  readonly kind: string;
  /** `older-90d`, `newer-7d`. */
  readonly pushed: string;
  /** `over-1gb`, `under-10mb`. */
  readonly size: string;
  readonly neverPulled: boolean;
  readonly isEmpty: boolean;
  /** Only in lists of tags. */
  readonly digest: string;
}

export function readFilters({ query }: Pick<Page, 'query'>): AskedFilters {
  const matching = (name: string, pattern: RegExp) => (pattern.test(query(name)) ? query(name) : '');
  return {
    filter: query('filter').replaceAll('\0', '').trim().slice(0, 255),
    platform: matching('platform', /^[\w.-]{1,32}(\/[\w.-]{1,32}){0,3}$/),
    kind: matching('kind', /^[a-z]{1,20}$/),
    pushed: matching('pushed', /^(older|newer)-[1-9]\d{0,4}d$/),
    size: matching('size', /^(over|under)-[1-9]\d{0,5}(kb|mb|gb|tb)$/),
    neverPulled: query('pulled') === 'never',
    isEmpty: query('tags') === 'none',
    digest: matching('digest', /^[a-z0-9]{1,20}:[a-f0-9]{32,128}$/),
  };
}

/** The filters as arguments of the stores. */
export function filterValues(asked: AskedFilters, now: number) {
  const days = Number.parseInt(asked.pushed.slice('older-'.length), 10);
  const bytes = sizeOf(asked.size);
  const { filter, platform, kind, neverPulled, isEmpty } = asked;
  return {
    ...{ filter, platform, kind, neverPulled, isEmpty },
    ...(asked.pushed.startsWith('older') ? { pushedBefore: now - days * DAY_MS } : {}),
    ...(asked.pushed.startsWith('newer') ? { pushedAfter: now - days * DAY_MS } : {}),
    ...(asked.size.startsWith('over') ? { atLeastBytes: bytes } : {}),
    ...(asked.size.startsWith('under') ? { atMostBytes: bytes } : {}),
  };
}

function sizeOf(text: string): number {
  const [, amount = '0', unit = 'kb'] = /-(\d+)([a-z]+)$/.exec(text) ?? [];
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

export function isFiltered(asked: AskedFilters): boolean {
  const { filter, platform, kind, pushed, size, neverPulled, isEmpty, digest } = asked;
  return neverPulled || isEmpty || [filter, platform, kind, pushed, size, digest].some((text) => text !== '');
}

export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly text: string; readonly selected: boolean }[];
}

export interface ListFilter {
  readonly action: string;
  readonly label: string;
  readonly text: string;
  /** Hidden fields that keep folder, view and order. */
  readonly hidden: readonly { readonly name: string; readonly value: string }[];
  readonly choices: readonly Choice[];
  readonly checks: readonly {
    readonly name: string;
    readonly value: string;
    readonly text: string;
    readonly checked: boolean;
  }[];
  readonly chips: readonly { readonly text: string; readonly href: string }[];
  /** Removes all filters. */
  readonly clearHref: string;
  readonly views: readonly { readonly text: string; readonly href: string; readonly current: boolean }[];
}

interface Offered {
  readonly platforms: readonly string[];
  readonly kinds: readonly string[];
}

type FilterPage = Pick<Page, 't' | 'format' | 'urlWith' | 'query'>;

const PUSHED = ['newer-1d', 'newer-7d', 'newer-30d', 'older-30d', 'older-90d', 'older-365d'];
const SIZES = ['over-100mb', 'over-1gb', 'over-10gb', 'under-10mb', 'under-100mb'];

export function filterChoices(asked: AskedFilters, offered: Offered, page: FilterPage): readonly Choice[] {
  const { t } = page;
  const choice = (
    name: string,
    label: string,
    values: readonly string[],
    now: string,
    text: (value: string) => string,
  ) => {
    // A value that was typed into the address is offered as well.
    const all = now === '' || values.includes(now) ? values : [...values, now];
    const options = all.map((value) => ({ value, text: text(value), selected: value === now }));
    return { name, label, options: [{ value: '', text: t('parts:list.any'), selected: now === '' }, ...options] };
  };
  return [
    choice('platform', t('parts:list.platform'), offered.platforms, asked.platform, (value) => value),
    choice('kind', t('parts:list.kind'), offered.kinds, asked.kind, (value) => kindName(value, t)),
    choice('pushed', t('parts:list.pushed'), PUSHED, asked.pushed, (value) => pushedText(value, page)),
    choice('size', t('parts:list.size'), SIZES, asked.size, (value) => sizeText(value, page)),
  ];
}

export function filterChecks(asked: AskedFilters, withEmpty: boolean, { t }: FilterPage): ListFilter['checks'] {
  const never = { name: 'pulled', value: 'never', text: t('parts:list.never_pulled'), checked: asked.neverPulled };
  const empty = { name: 'tags', value: 'none', text: t('parts:list.empty'), checked: asked.isEmpty };
  return withEmpty ? [never, empty] : [never];
}

function pushedText(value: string, { t }: FilterPage): string {
  const count = Number.parseInt(value.slice('older-'.length), 10);
  return value.startsWith('older') ? t('parts:list.older', { count }) : t('parts:list.newer', { count });
}

function sizeText(value: string, { t, format }: FilterPage): string {
  const size = format.bytes(sizeOf(value));
  return value.startsWith('over') ? t('parts:list.over', { size }) : t('parts:list.under', { size });
}

/** Sort orders as a choice, for phones, where the table has no header. */
export function orderChoices(
  columns: readonly Column[],
  sorting: Sorting<string>,
  { t }: FilterPage,
): readonly Choice[] {
  const sorts = columns.flatMap(({ id, label, href, also }) => [
    ...(href === undefined ? [] : [{ value: id, text: label }]),
    ...(also?.id === undefined ? [] : [{ value: also.id, text: `${label}: ${also.label}` }]),
  ]);
  const directions = [
    { value: 'asc', text: t('parts:list.rising') },
    { value: 'desc', text: t('parts:list.falling') },
  ];
  const marked = (options: readonly { value: string; text: string }[], now: string) =>
    options.map((option) => ({ ...option, selected: option.value === now }));
  return [
    { name: 'sort', label: t('parts:list.order'), options: marked(sorts, sorting.sort) },
    { name: 'direction', label: t('parts:list.direction'), options: marked(directions, sorting.direction) },
  ];
}

/** A chip for each filter but the text, which is shown in its field. */
export function filterChips(asked: AskedFilters, page: FilterPage): ListFilter['chips'] {
  const { t, urlWith } = page;
  const chips: { text: string; href: string }[] = [];
  const add = (name: string, isSet: boolean, text: () => string) => {
    if (isSet) chips.push({ text: text(), href: urlWith({ [name]: null, after: null, from: null }) });
  };
  add('digest', asked.digest !== '', () => asked.digest.slice(0, 19));
  add('platform', asked.platform !== '', () => asked.platform);
  add('kind', asked.kind !== '', () => kindName(asked.kind, t));
  add('pushed', asked.pushed !== '', () => `${t('parts:list.pushed')}: ${pushedText(asked.pushed, page)}`);
  add('size', asked.size !== '', () => `${t('parts:list.size')}: ${sizeText(asked.size, page)}`);
  add('pulled', asked.neverPulled, () => t('parts:list.never_pulled'));
  add('tags', asked.isEmpty, () => t('parts:list.empty'));
  return chips;
}

const FILTER_NAMES = ['filter', 'platform', 'kind', 'pushed', 'size', 'pulled', 'tags', 'digest', 'after', 'from'];

/** Link to this page without any filter. */
export function withoutFilters({ urlWith }: Pick<Page, 'urlWith'>): string {
  return urlWith(Object.fromEntries(FILTER_NAMES.map((name) => [name, null])));
}

/** Parameters of the query that a GET form would drop otherwise. */
export function hiddenFields({ query }: Pick<Page, 'query'>, names: readonly string[]): ListFilter['hidden'] {
  return names.map((name) => ({ name, value: query(name) })).filter(({ value }) => value !== '');
}

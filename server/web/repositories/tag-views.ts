/** The ways to list a repository: by image, by tag, and what no tag reaches. Each has its own columns and orders. */
import type { TagSort } from '../../catalog/lists/tags.ts';
import { type Column, type Sorting, sortedColumn } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';

export type TagView = 'grouped' | 'flat' | 'untagged' | 'referrer';

export function readView({ query }: Pick<Page, 'query'>): TagView {
  const asked = query('view');
  // The digest of an image selects its tags.
  if (asked === 'flat' || (asked === '' && query('digest') !== '')) return 'flat';
  return asked === 'untagged' || asked === 'referrer' ? asked : 'grouped';
}

const TAGGED = ['pushed', 'name', 'by', 'pulled', 'pulls', 'platforms', 'size'] as const;
const SORTS: Record<TagView, readonly [TagSort, ...TagSort[]]> = {
  grouped: [...TAGGED, 'tags'],
  flat: TAGGED,
  // Without tags nobody pushed them under a name, and nothing sorts them by one.
  untagged: ['pushed', 'pulled', 'pulls', 'platforms', 'size'],
  referrer: ['pushed', 'pulled', 'pulls', 'size'],
};

export const viewSorts = (view: TagView) => SORTS[view];

interface EmptyList {
  readonly isFiltered: boolean;
  readonly isUnread: boolean;
  /** Signatures of images that are elsewhere. */
  readonly hasReferrers?: boolean;
}

export function emptyText(
  view: TagView,
  { isFiltered, isUnread, hasReferrers = false }: EmptyList,
  { t }: Pick<Page, 't'>,
): string {
  if (isUnread) return t('lists:not_read_yet');
  if (view === 'referrer') return t('lists:no_referrers');
  if (isFiltered) return t('browse:repository.no_result');
  if (view !== 'untagged' && hasReferrers) return t('lists:only_referrers');
  return view === 'untagged' ? t('lists:no_untagged') : t('browse:repository.no_tags');
}

type AskedOrder = Sorting<TagSort> & { readonly view: TagView };

export function tagColumns(asked: AskedOrder, { t, urlWith }: Pick<Page, 't' | 'urlWith'>): readonly Column[] {
  const sorts = SORTS[asked.view];
  const column = (id: TagSort, label: string, isNumber = false): Column => ({
    ...{ id, label, isNumber },
    ...(sorts.includes(id) ? sortedColumn<TagSort>(asked, id, urlWith) : {}),
  });
  return [
    ...nameColumns(asked, column, t),
    { id: 'digest', label: t('browse:column.digest') },
    column('platforms', t('browse:column.platforms')),
    column('size', t('browse:column.size'), true),
    column('pushed', t('browse:column.pushed')),
    ...(asked.view === 'grouped' || asked.view === 'flat' ? [column('by', t('browse:column.by'))] : []),
    column('pulled', t('browse:column.last_pull')),
    column('pulls', t('browse:column.pulls'), true),
  ];
}

function nameColumns(
  { view }: AskedOrder,
  column: (id: TagSort, label: string) => Column,
  t: Page['t'],
): readonly Column[] {
  if (view === 'untagged') return [];
  if (view === 'flat') return [column('name', t('lists:tag'))];
  if (view === 'referrer') return [column('name', t('browse:column.tags'))];
  const name = column('name', t('browse:column.tags_of_image'));
  return [{ ...name, also: column('tags', t('lists:number')) }];
}

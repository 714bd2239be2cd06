/** The lists of a repository: by image, by tag, and untagged. Each has its own columns and sort orders. */
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
  // Untagged images have no name to sort by.
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
  if (isUnread) return t('parts:list.not_read_yet');
  if (view === 'referrer') return t('parts:list.no_referrers');
  if (isFiltered) return t('parts:repository.no_result');
  if (view !== 'untagged' && hasReferrers) return t('parts:list.only_referrers');
  return view === 'untagged' ? t('parts:list.no_untagged') : t('parts:repository.no_tags');
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
    { id: 'digest', label: t('parts:column.digest') },
    column('platforms', t('parts:column.platforms')),
    column('size', t('parts:column.size'), true),
    column('pushed', t('parts:column.pushed')),
    ...(asked.view === 'grouped' || asked.view === 'flat' ? [column('by', t('parts:column.by'))] : []),
    column('pulled', t('parts:column.last_pull')),
    column('pulls', t('parts:column.pulls'), true),
  ];
}

function nameColumns(
  { view }: AskedOrder,
  column: (id: TagSort, label: string) => Column,
  t: Page['t'],
): readonly Column[] {
  if (view === 'untagged') return [];
  if (view === 'flat') return [column('name', t('parts:list.tag'))];
  if (view === 'referrer') return [column('name', t('parts:column.tags'))];
  const name = column('name', t('parts:column.tags_of_image'));
  return [{ ...name, also: column('tags', t('parts:list.number')) }];
}

/** The table of the space page: folders and repositories with their sizes. */
import type { SpaceRow, SpaceSort } from '../../catalog/space/list.ts';
import { type Column, referencePath, type Sorting, shareOf, sortedColumn, splitName } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';

export interface SpaceCells {
  readonly kind: SpaceRow['kind'];
  readonly icon: string;
  readonly name: string;
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly note: string;
  readonly logical: string;
  readonly sizeBytes: number;
  readonly share: number;
  readonly unique: string;
  readonly shared: string;
  readonly reclaimable: string;
  readonly hasReclaimable: boolean;
  readonly tags: string;
}

/** Path of the space page for a folder. */
export function folderSpacePath(folder: string): string {
  return `/space?folder=${encodeURIComponent(folder)}`;
}

/** Link of a row on the space page; keeps the chosen order and period. */
export function rowHref(row: SpaceRow, { url, urlWith }: Pick<Page, 'url' | 'urlWith'>): string {
  if (row.kind === 'repository') return url(referencePath(row.path));
  return urlWith({ folder: row.path, after: null, from: null });
}

export function columnLabel(sort: SpaceSort, t: Page['t']): string {
  const labels: Record<SpaceSort, string> = {
    name: t('space:column.name'),
    size: t('space:column.stored'),
    logical: t('space:column.logical'),
    unique: t('space:column.unique'),
    shared: t('space:column.shared'),
    reclaimable: t('space:column.reclaimable'),
    tags: t('space:column.tags'),
  };
  return labels[sort];
}

const COLUMNS = ['name', 'size', 'logical', 'unique', 'shared', 'reclaimable', 'tags'] as const;

export function spaceColumns(
  asked: Sorting<SpaceSort>,
  { t, urlWith }: Pick<Page, 't' | 'urlWith'>,
): readonly Column[] {
  return COLUMNS.map((id) => ({
    id,
    label: columnLabel(id, t),
    isNumber: id !== 'name',
    ...sortedColumn(asked, id, (changes) => urlWith({ ...changes, from: null })),
  }));
}

export function spaceCells(
  row: SpaceRow,
  largest: number,
  page: Pick<Page, 't' | 'format' | 'url' | 'urlWith'>,
): SpaceCells {
  const { t, format } = page;
  const isFolder = row.kind === 'folder';
  const count = { count: row.repositoryCount, formatted: format.number(row.repositoryCount) };
  return {
    kind: row.kind,
    icon: isFolder ? 'folder' : 'box',
    name: row.path,
    ...splitName(row.path),
    href: rowHref(row, page),
    note: isFolder ? t('space:repositories', count) : '',
    logical: format.bytes(row.logicalBytes),
    sizeBytes: row.sizeBytes,
    share: shareOf(row.sizeBytes, largest),
    unique: format.bytes(row.uniqueBytes),
    // Could be negative for a moment: both sums follow a change at different times.
    shared: format.bytes(Math.max(0, row.sharedBytes)),
    reclaimable: format.bytes(row.reclaimableBytes),
    hasReclaimable: row.reclaimableBytes > 0,
    tags: format.number(row.tagCount),
  };
}

/** Rows of the list of repositories: repositories, and the folders they stand in. */
import type { FolderEntry, FolderRow, RepositoryRow } from '../../catalog/lists/repositories.ts';
import { imagePath, referencePath, splitName } from '../parts/cells.ts';
import { kindLabel } from '../parts/labels.ts';
import {
  type AgeCell,
  ageCell,
  type ChipCell,
  type PersonCell,
  personCell,
  platformChips,
  type SizeCell,
  sizeCell,
  type TimeCell,
  timeCell,
} from '../parts/list-cells.ts';
import type { Page } from '../shell/page.ts';

export interface RepositoryCells {
  readonly isFolder: boolean;
  readonly name: string;
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly tags: string;
  /** In the place of a newest tag: how many repositories are below a folder, or that it was not read yet. */
  readonly note: string;
  readonly newest: { readonly name: string; readonly href: string } | null;
  readonly pushed: AgeCell | null;
  /** In the place of an unknown push. */
  readonly built: TimeCell | null;
  readonly by: PersonCell | null;
  readonly pulled: AgeCell | null;
  readonly pulls: string;
  readonly platforms: readonly ChipCell[];
  readonly size: SizeCell;
  readonly error: string | null;
}

interface CellContext {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith'>;
  readonly largest: number;
  /** In a folder the part that all rows share is left out. */
  readonly inFolder: boolean;
}

export function entryCells(entries: readonly FolderEntry[], page: CellContext['page'], inFolder: boolean) {
  const largest = entries.reduce((most, entry) => Math.max(most, (entry.folder ?? entry.repository).sizeBytes), 0);
  const context = { page, largest, inFolder };
  return entries.map((entry) =>
    entry.folder !== undefined ? folderCells(entry.folder, context) : repositoryCells(entry.repository, context),
  );
}

/** Listed by the registry but not read yet: its content is unknown. */
export function isUnread({ checkedAt, tagCount, error }: RepositoryRow): boolean {
  return checkedAt === null && tagCount === 0 && error === null;
}

function repositoryCells(row: RepositoryRow, { page, largest, inFolder }: CellContext): RepositoryCells {
  const { format, url, t } = page;
  const { folder, leaf } = splitName(row.name);
  const kinds = row.kinds.flatMap((kind) => kindLabel(kind as never, t) ?? []).map((text) => ({ text, title: text }));
  // Every key by name: fifty rows of spread objects cost more than drawing them.
  return {
    isFolder: false,
    name: row.name,
    folder: inFolder ? '' : folder,
    leaf,
    note: isUnread(row) ? t('parts:list.not_read') : '',
    href: url(referencePath(row.name)),
    tags: isUnread(row) ? '' : format.number(row.tagCount),
    newest: newestTag(row, page),
    pushed: ageCell(row.lastPushedAt, page),
    built: row.lastPushedAt === null ? timeCell(row.newestAt, page) : null,
    by: personCell(row.lastPushedBy, row.lastPushConfirmed),
    pulled: ageCell(row.lastPulledAt, page),
    pulls: format.number(row.pullCount),
    platforms: [...kinds, ...platformChips(row.platforms)],
    size: sizeCell({ bytes: row.sizeBytes, uniqueBytes: row.uniqueBytes, largest }, page),
    error: row.error,
  };
}

/** Also for home: the chip of a repository's newest tag. */
export function newestTag(
  { name, newestTag: tag, newestDigest: digest }: Pick<RepositoryRow, 'name' | 'newestTag' | 'newestDigest'>,
  { url }: Pick<Page, 'url'>,
): RepositoryCells['newest'] {
  if (tag === null) return null;
  return { name: tag, href: url(digest === null ? referencePath(`${name}:${tag}`) : imagePath(name, tag, digest)) };
}

function folderCells(row: FolderRow, { page, largest }: CellContext): RepositoryCells {
  const { format, t } = page;
  const sum = (value: number) => (row.summedAt === null ? '' : format.number(value));
  return {
    isFolder: true,
    name: row.path,
    folder: '',
    leaf: `${row.name}/`,
    href: page.urlWith({ folder: row.path, view: null, after: null, from: null }),
    note: t('parts:list.repositories_below', {
      count: row.repositoryCount,
      formatted: format.number(row.repositoryCount),
    }),
    tags: sum(row.tagCount),
    newest: null,
    pushed: ageCell(row.lastPushedAt, page),
    built: row.lastPushedAt === null ? timeCell(row.newestAt, page) : null,
    by: personCell(row.lastPushedBy, row.lastPushConfirmed),
    pulled: ageCell(row.lastPulledAt, page),
    pulls: sum(row.pullCount),
    platforms: platformChips(row.platforms),
    size: sizeCell({ bytes: row.sizeBytes, uniqueBytes: row.uniqueBytes, largest }, page),
    error: null,
  };
}

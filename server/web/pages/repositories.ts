import type { RepositoryPage, RepositoryRow, RepositorySort, RepositoryStore } from '../../catalog/repositories.ts';
import type { VisibilityStore } from '../../catalog/visibility.ts';
import {
  type Column,
  type PlatformCells,
  parseSorting,
  platformCells,
  referencePath,
  type Sorting,
  shareOf,
  sortedColumn,
  splitName,
} from '../browse/cells.ts';
import { pushLines } from '../browse/commands.ts';
import { actor, folderCrumbs } from '../browse/labels.ts';
import { type IndexState, indexNotices, type Notice } from '../browse/notices.ts';
import { keyPager, type Pager } from '../browse/pager.ts';
import { readUndo, type Undo, type UndoDeps } from '../browse/undo.ts';
import type { Crumb, Page, Viewer } from '../page.ts';
import type { PageModule } from '../routes.ts';

export interface RepositoriesPageDeps extends UndoDeps {
  /** What people type before a repository. */
  readonly host: string;
  readonly visibility: VisibilityStore;
  readonly repositories: RepositoryStore;
  readonly indexState: () => IndexState;
}

export interface RepositoriesView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly crumbs: readonly Crumb[];
  readonly heading: string;
  readonly summary: string;
  /** `empty`: the registry holds nothing; `no-rights`: this viewer may see none of it. */
  readonly state: 'list' | 'empty' | 'no-rights' | 'reading';
  readonly notices: readonly Notice[];
  readonly undo: Undo | null;
  readonly pushLines: readonly string[];
  readonly noRightsText: string;
  readonly filter: ListFilter;
  readonly columns: readonly Column[];
  readonly rows: readonly RepositoryCells[];
  readonly pager: Pager;
}

export interface ListFilter {
  readonly action: string;
  readonly text: string;
  /** Keeps folder and order when the text changes. */
  readonly hidden: readonly { readonly name: string; readonly value: string }[];
  readonly chips: readonly { readonly text: string; readonly href: string }[];
}

export interface RepositoryCells {
  readonly name: string;
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly tags: string;
  readonly newest: { readonly name: string; readonly href: string } | null;
  readonly pushedAt: number | null;
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly pulls: string;
  readonly platforms: PlatformCells;
  readonly sizeBytes: number;
  readonly share: number;
  readonly error: string | null;
}

const SORTS = ['pushed', 'name', 'tags', 'size', 'pulls'] as const satisfies readonly RepositorySort[];
const PAGE_ROWS = 50;

export function repositoriesPage(deps: RepositoriesPageDeps): PageModule {
  const { host, visibility, repositories, indexState } = deps;
  return (routes) => {
    routes.get('/repositories', 'browse', async (page) => {
      const asked = readQuery(page);
      const seen = await visibility.of(page.viewer.rights, page.origin.address);
      const found = await repositories.list(seen, { ...asked, limit: PAGE_ROWS });
      const undo = await readUndo(deps, page);
      await page.render('repositories', repositoriesView({ page, host, found, asked, undo, index: indexState() }));
    });
  };
}

interface AskedList extends Sorting<RepositorySort> {
  readonly filter: string;
  readonly folder: string;
  readonly after: string;
}

function readQuery(page: Page): AskedList {
  const sorting = parseSorting<RepositorySort>(SORTS, page.query('sort'), page.query('direction'));
  const folder = page.query('folder').replace(/\/+$/, '').slice(0, 255);
  return { ...sorting, folder, filter: page.query('filter').trim().slice(0, 255), after: page.query('after') };
}

export interface RepositoriesFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer'>;
  readonly host: string;
  readonly found: RepositoryPage;
  readonly asked: AskedList;
  readonly undo: Undo | null;
  readonly index: IndexState;
}

export function repositoriesView({ page, host, found, asked, undo, index }: RepositoriesFacts): RepositoriesView {
  const { t, format } = page;
  const isFolder = asked.folder !== '';
  const largest = Math.max(0, ...found.rows.map((row) => row.sizeBytes));
  return {
    title: isFolder ? asked.folder : t('browse:repositories.title'),
    nav: 'repositories',
    crumbs: folderCrumbs(asked.folder, page),
    heading: isFolder ? asked.folder : t('browse:repositories.title'),
    summary: t('browse:repositories.summary', { count: found.total, formatted: format.number(found.total) }),
    state: listState(found, asked, index, page),
    notices: indexNotices(index, page),
    undo,
    pushLines: pushLines(host, page.viewer.isSignedIn ? page.viewer.subject.name : null),
    noRightsText: noRightsText(page),
    filter: listFilter(asked, page),
    columns: columns(asked, page),
    rows: found.rows.map((row) => repositoryCells(row, largest, page)),
    pager: keyPager(page, found.rows.length, found.next),
  };
}

function listState(
  found: RepositoryPage,
  asked: AskedList,
  index: IndexState,
  { viewer }: Pick<Page, 'viewer'>,
): RepositoriesView['state'] {
  if (found.total > 0 || asked.filter !== '' || asked.folder !== '') return 'list';
  // Whoever sees only a part cannot be told that the registry is empty: that would be a guess.
  if (!seesEverything(viewer)) return 'no-rights';
  return index.complete ? 'empty' : 'reading';
}

/** Whoever sees nothing learns whom to ask. */
export function noRightsText({ t, viewer }: Pick<Page, 't' | 'viewer'>): string {
  return viewer.rights.rules.length === 0
    ? t('browse:repositories.no_rights', { user: viewer.subject.name })
    : t('browse:repositories.nothing_matches', { user: viewer.subject.name });
}

export function seesEverything({ rights }: Viewer): boolean {
  return rights.isAdmin || rights.rules.some((rule) => rule.repository.text === '**' && rule.actions.has('pull'));
}

function listFilter(asked: AskedList, page: RepositoriesFacts['page']): ListFilter {
  const hidden = [
    { name: 'folder', value: asked.folder },
    { name: 'sort', value: page.query('sort') },
    { name: 'direction', value: page.query('direction') },
  ].filter(({ value }) => value !== '');
  const chips =
    asked.folder === ''
      ? []
      : [{ text: `${asked.folder}/`, href: page.urlWith({ folder: null, after: null, from: null }) }];
  return { action: page.url('/repositories'), text: asked.filter, hidden, chips };
}

function columns(asked: AskedList, { t, urlWith }: RepositoriesFacts['page']): readonly Column[] {
  const sorted = (sort: RepositorySort) => sortedColumn<RepositorySort>(asked, sort, urlWith);
  return [
    { id: 'name', label: t('browse:column.repository'), ...sorted('name') },
    { id: 'tags', label: t('browse:column.tags'), isNumber: true, ...sorted('tags') },
    { id: 'newest', label: t('browse:column.newest') },
    { id: 'pushed', label: t('browse:column.last_push'), ...sorted('pushed') },
    { id: 'by', label: t('browse:column.by') },
    { id: 'pulls', label: t('browse:column.pulls'), isNumber: true, ...sorted('pulls') },
    { id: 'platforms', label: t('browse:column.platforms') },
    { id: 'size', label: t('browse:column.size'), isNumber: true, ...sorted('size') },
  ];
}

function repositoryCells(
  row: RepositoryRow,
  largest: number,
  { format, url }: RepositoriesFacts['page'],
): RepositoryCells {
  return {
    name: row.name,
    ...splitName(row.name),
    href: url(referencePath(row.name)),
    tags: format.number(row.tagCount),
    newest:
      row.newestTag === null ? null : { name: row.newestTag, href: url(referencePath(`${row.name}:${row.newestTag}`)) },
    pushedAt: row.lastPushedAt,
    by: actor(row.lastPushedBy, row.lastPushConfirmed),
    pulls: format.number(row.pullCount),
    platforms: platformCells(row.platforms),
    sizeBytes: row.sizeBytes,
    share: shareOf(row.sizeBytes, largest),
    error: row.error,
  };
}

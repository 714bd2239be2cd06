import {
  type Facets,
  FOLDER_SORTS,
  type FolderEntry,
  type FolderSort,
  REPOSITORY_SORTS,
  type RepositoryStore,
} from '../../catalog/lists/repositories.ts';
import type { Visibility, VisibilityStore } from '../../catalog/visibility/visibility.ts';
import type { IndexState } from '../../operations/facts.ts';
import { type Column, parseSorting, type Sorting, sortedColumn } from '../parts/cells.ts';
import { pushLines } from '../parts/commands.ts';
import { type FirstRunFacts, type FirstRunPage, type FirstRunView, firstRun } from '../parts/first-run.ts';
import { folderCrumbs } from '../parts/labels.ts';
import { type ListAge, listAge } from '../parts/list-age.ts';
import {
  type AskedFilters,
  filterChecks,
  filterChips,
  filterChoices,
  filterValues,
  hiddenFields,
  isFiltered,
  type ListFilter,
  orderChoices,
  readFilters,
  withoutFilters,
} from '../parts/list-filters.ts';
import { indexNotices, type Notice } from '../parts/notices.ts';
import { listPager, type Pager, totalText } from '../parts/pager.ts';
import { readUndo, type Undo, type UndoDeps } from '../parts/undo.ts';
import { noRightsText, seesEverything } from '../parts/what-is-seen.ts';
import type { Crumb, ImpersonalPage, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { type PublicView, type PublicViewDeps, readPublic } from './public-view.ts';
import { entryCells, type RepositoryCells } from './repository-cells.ts';

export interface RepositoriesPageDeps extends UndoDeps, PublicViewDeps {
  /** What people type before a repository. */
  readonly host: string;
  readonly visibility: VisibilityStore;
  readonly repositories: Pick<RepositoryStore, 'list' | 'contents' | 'facets'>;
  readonly indexState: () => IndexState;
  readonly firstRun?: FirstRunFacts;
}

export interface RepositoriesView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly live: string;
  readonly crumbs: readonly Crumb[];
  readonly heading: string;
  readonly summary: string;
  /** Of a folder; null for the whole registry, and where nobody signs in. */
  readonly open: PublicView | null;
  /** `empty`: the registry holds nothing; `no-rights`: this viewer may see none of it. */
  readonly state: 'list' | 'empty' | 'no-rights' | 'reading';
  readonly notices: readonly Notice[];
  readonly undo: Undo | null;
  readonly pushLines: readonly string[];
  /** The first lines of an empty registry. */
  readonly firstRun: FirstRunView | null;
  readonly noRightsText: string;
  readonly filter: ListFilter;
  readonly columns: readonly Column[];
  readonly rows: readonly RepositoryCells[];
  readonly pager: Pager;
  readonly age: ListAge | null;
}

const PAGE_ROWS = 50;
// Newest first by default.
const FLAT_SORTS: readonly [FolderSort, ...FolderSort[]] = ['pushed', ...REPOSITORY_SORTS];
const SORTS: readonly [FolderSort, ...FolderSort[]] = ['pushed', ...FOLDER_SORTS];

export function repositoriesPage(deps: RepositoriesPageDeps): PageModule {
  return (routes) => {
    routes.get('/repositories', 'browse', async (page) => {
      await page.renderShared('repositories/repositories', { build: (common) => buildList(deps, common) });
    });
  };
}

async function buildList(deps: RepositoriesPageDeps, page: ImpersonalPage): Promise<RepositoriesView> {
  const { host, visibility, repositories, indexState } = deps;
  const asked = readQuery(page);
  const seen = await visibility.of(page.viewer.rights, page.origin.address);
  const found = await findEntries(repositories, seen, asked);
  const facets = await repositories.facets(seen);
  const undo = await readUndo(deps, page);
  const open = asked.folder === '' ? null : await readPublic(deps, page, { kind: 'folder', name: asked.folder });
  const view = repositoriesView({ page, host, found, facets, asked, open, undo, index: indexState() });
  return { ...view, firstRun: firstLines(view, page, deps.firstRun) };
}

export interface AskedList extends Sorting<FolderSort> {
  readonly filters: AskedFilters;
  readonly folder: string;
  readonly after: string;
  /** Sub-folders and what stands beside them, instead of everything below. */
  readonly byFolder: boolean;
}

export function readQuery(page: Pick<Page, 'query'>): AskedList {
  const folder = page.query('folder').replaceAll('\0', '').replace(/\/+$/, '').slice(0, 255);
  const filters = readFilters(page);
  const view = page.query('view');
  // A filter searches all folders.
  const byFolder = !isFiltered(filters) && (view === 'folders' || (folder !== '' && view !== 'flat'));
  const sorts = byFolder ? SORTS : FLAT_SORTS;
  const sorting = parseSorting<FolderSort>(sorts, page.query('sort'), page.query('direction'));
  return { ...sorting, folder, filters, after: page.query('after'), byFolder };
}

export interface FoundEntries {
  readonly rows: readonly FolderEntry[];
  readonly next: string | undefined;
  readonly previous: string | undefined;
  readonly total: number;
  readonly isExact: boolean;
}

async function findEntries(
  repositories: RepositoriesPageDeps['repositories'],
  seen: Visibility,
  { sort, direction, after, folder, filters, byFolder }: AskedList,
): Promise<FoundEntries> {
  const order = { direction, after, limit: PAGE_ROWS };
  // Only folders have a number of repositories.
  if (byFolder || sort === 'repositories') return repositories.contents(seen, { ...order, sort, parent: folder });
  const found = await repositories.list(seen, { ...order, sort, folder, ...filterValues(filters, Date.now()) });
  return { ...found, rows: found.rows.map((repository) => ({ repository })) };
}

function firstLines(
  { state }: RepositoriesView,
  page: FirstRunPage,
  facts: FirstRunFacts | undefined,
): FirstRunView | null {
  return state === 'empty' && facts !== undefined ? firstRun(page, facts) : null;
}

export interface RepositoriesFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer' | 'authEnabled'>;
  readonly host: string;
  readonly found: FoundEntries;
  readonly facets: Facets;
  readonly asked: AskedList;
  readonly open: PublicView | null;
  readonly undo: Undo | null;
  readonly index: IndexState;
}

export function repositoriesView(facts: RepositoriesFacts): RepositoriesView {
  const { page, host, found, asked, open, undo, index } = facts;
  const { t } = page;
  const heading = asked.folder === '' ? t('parts:repositories.title') : asked.folder;
  const total = totalText(found, page.format);
  return {
    title: heading,
    nav: 'repositories',
    live: asked.folder === '' ? '*' : asked.folder,
    crumbs: folderCrumbs(asked.folder, page),
    heading,
    summary: t('parts:repositories.summary', { count: found.total, formatted: total }),
    open,
    state: listState(found, asked, index, page),
    notices: indexNotices(index, page),
    undo,
    pushLines: pushLines(host, page.viewer.isSignedIn ? page.viewer.subject.name : null),
    firstRun: null,
    noRightsText: noRightsText(page),
    filter: listFilter(facts),
    columns: columns(asked, page),
    rows: entryCells(found.rows, page, asked.byFolder && asked.folder !== ''),
    pager: listPager(page, {
      ...{ shown: found.rows.length, next: found.next, previous: found.previous, pageRows: PAGE_ROWS },
      total: asked.byFolder ? null : total,
    }),
    age: listAge(page, index),
  };
}

function listState(
  found: FoundEntries,
  asked: AskedList,
  index: IndexState,
  { viewer }: Pick<Page, 'viewer'>,
): RepositoriesView['state'] {
  if (found.total > 0 || isFiltered(asked.filters) || asked.folder !== '') return 'list';
  // A viewer who sees only a part cannot know whether the registry is empty.
  if (!seesEverything(viewer)) return 'no-rights';
  return index.isComplete ? 'empty' : 'reading';
}

function listFilter({ asked, facets, page }: RepositoriesFacts): ListFilter {
  const { t, urlWith } = page;
  const folderChip = {
    text: `${asked.folder}/`,
    href: urlWith({ folder: null, view: null, after: null, from: null }),
  };
  const cleared = withoutFilters(page);
  // The root shows everything unless asked for folders, a folder shows its own unless asked for everything.
  const atRoot = asked.folder === '';
  const viewHref = (view: string, isDefault: boolean) =>
    urlWith({ view: isDefault ? null : view, after: null, from: null });
  return {
    action: page.url('/repositories'),
    label: t('parts:repositories.filter'),
    text: asked.filters.filter,
    hidden: hiddenFields(page, ['folder', 'view']),
    choices: [...filterChoices(asked.filters, facets, page), ...orderChoices(columns(asked, page), asked, page)],
    checks: filterChecks(asked.filters, true, page),
    chips: [...(atRoot ? [] : [folderChip]), ...filterChips(asked.filters, page)],
    clearHref: cleared,
    views: isFiltered(asked.filters)
      ? []
      : [
          { text: t('parts:list.folders'), href: viewHref('folders', !atRoot), current: asked.byFolder },
          { text: t('parts:list.flat'), href: viewHref('flat', atRoot), current: !asked.byFolder },
        ],
  };
}

function columns(asked: AskedList, { t, urlWith }: RepositoriesFacts['page']): readonly Column[] {
  const sorted = (sort: FolderSort) => sortedColumn<FolderSort>(asked, sort, urlWith);
  const repositories = { id: 'repositories', label: t('parts:list.repositories'), ...sorted('repositories') };
  return [
    { id: 'name', label: t('parts:column.repository'), ...sorted('name') },
    { id: 'tags', label: t('parts:column.tags'), isNumber: true, ...sorted('tags') },
    {
      ...{ id: 'newest', label: t('parts:column.newest'), ...sorted('newest') },
      // Where a repository shows its newest tag, a folder shows how many repositories are below.
      ...(asked.byFolder ? { also: repositories } : {}),
    },
    { id: 'pushed', label: t('parts:column.last_push'), ...sorted('pushed') },
    { id: 'by', label: t('parts:column.by'), ...sorted('by') },
    { id: 'pulled', label: t('parts:column.last_pull'), ...sorted('pulled') },
    { id: 'pulls', label: t('parts:column.pulls'), isNumber: true, ...sorted('pulls') },
    { id: 'platforms', label: t('parts:column.platforms'), ...sorted('platforms') },
    {
      id: 'size',
      label: t('parts:column.size'),
      isNumber: true,
      ...sorted('size'),
      also: { id: 'unique', label: t('parts:list.unique'), ...sorted('unique') },
    },
  ];
}

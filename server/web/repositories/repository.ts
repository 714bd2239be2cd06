import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { FlatTag, TagGroup, TagSort, TagStore } from '../../catalog/lists/tags.ts';
import type { Column } from '../parts/cells.ts';
import { parseSorting, type Sorting, splitName } from '../parts/cells.ts';
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
import { listPager, type Pager, totalText } from '../parts/pager.ts';
import { type SelectionBar, selectionBar } from '../parts/selection.ts';
import type { ImpersonalPage, Page } from '../shell/page.ts';
import { bySubject, subjectHeading } from './attachment-list.ts';
import { isUnread } from './repository-cells.ts';
import {
  type RepositoryHead,
  type RepositoryHeadDeps,
  readHead,
  readStarred,
  repositoryFrame,
  tabName,
  tabPath,
} from './repository-head.ts';
import { type RowMenu, rowMenu } from './row-menu.ts';
import { flatCells, groupCells, type RowContext, type TagCells } from './tag-groups.ts';
import { viewChips } from './tag-view-chips.ts';
import { emptyText, readView, type TagView, tagColumns, viewSorts } from './tag-views.ts';

export interface RepositoryPageDeps extends RepositoryHeadDeps {
  readonly tags: Pick<TagStore, 'groups' | 'flat' | 'resolve' | 'countReferrers'>;
}

export interface RepositoryView extends ReturnType<typeof repositoryFrame> {
  readonly head: RepositoryHead;
  readonly shows: TagView;
  readonly filter: ListFilter;
  /** Why deleting is greyed; '' where it is not. */
  readonly deleteNote: string;
  readonly emptyText: string;
  readonly clearHref: string | undefined;
  readonly columns: readonly Column[];
  readonly rows: readonly TagCells[];
  /** null: untagged images and attachments have none. */
  readonly menu: RowMenu | null;
  /** For each row: which of the menu's kinds it is. */
  readonly places: readonly number[];
  readonly pager: Pager;
  /** null: nothing in this list can be chosen. */
  readonly bar: SelectionBar | null;
}

const PAGE_ROWS = 50;

export interface AskedTags extends Sorting<TagSort> {
  readonly view: TagView;
  readonly filters: AskedFilters;
  readonly after: string;
}

/** Rows of either kind: each tells by `tagCount` whether it is an image. */
export interface FoundTags {
  readonly rows: readonly (TagGroup | FlatTag)[];
  readonly next: string | undefined;
  readonly previous: string | undefined;
  readonly total: number;
  readonly isExact: boolean;
}

/**
 * Draws `/repositories/team/app` and, of the same lists, `/repositories/team/app/-/untagged`.
 * @param find Looks the repository up again whenever the page is drawn.
 * @returns false when the viewer sees no such repository.
 */
export async function showTags(
  deps: RepositoryPageDeps,
  page: Page,
  { name, find, view = readView(page) }: AskedRepositoryTags,
): Promise<boolean> {
  const isShown = await page.renderShared('repositories/repository', {
    personal: async () => ((await readStarred(deps, page, name)) ? 'starred' : undefined),
    build: async (common, personal) => {
      const repository = await find(common);
      return repository && buildTags(deps, common, { repository, view, isStarred: personal === 'starred' });
    },
  });
  if (isShown) deps.opened(name);
  return isShown;
}

interface AskedRepositoryTags {
  readonly name: string;
  readonly find: (page: ImpersonalPage) => Promise<RepositoryRow | undefined>;
  readonly view?: TagView;
}

async function buildTags(
  deps: RepositoryPageDeps,
  page: ImpersonalPage,
  { repository, view, isStarred }: { repository: RepositoryRow; view: TagView; isStarred: boolean },
): Promise<RepositoryView> {
  const asked = readQuery(page, view);
  return repositoryView({
    ...{ page, repository, asked },
    head: await readHead(deps, page, { repository, tab: view === 'untagged' ? 'untagged' : 'tags', isStarred }),
    found: await findTags(deps.tags, repository.id, asked),
    referrers: await deps.tags.countReferrers(repository.id),
  });
}

function readQuery(page: Pick<Page, 'query'>, view: TagView): AskedTags {
  return {
    ...parseSorting<TagSort>(viewSorts(view), page.query('sort'), page.query('direction')),
    ...{ view, filters: readFilters(page), after: page.query('after') },
  };
}

function findTags(tags: RepositoryPageDeps['tags'], repositoryId: number, asked: AskedTags): Promise<FoundTags> {
  const { view, sort, direction, after, filters } = asked;
  const { digest } = filters;
  const query = { sort, direction, after, limit: PAGE_ROWS, digest, ...filterValues(filters, Date.now()) };
  if (view === 'flat') return tags.flat(repositoryId, query);
  const state = view === 'grouped' ? 'tagged' : view;
  return tags.groups(repositoryId, { ...query, state });
}

export interface RepositoryFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'copy'>;
  readonly repository: RepositoryRow;
  readonly head: RepositoryHead;
  readonly found: FoundTags;
  readonly asked: AskedTags;
  readonly referrers: number;
}

export function repositoryView(facts: RepositoryFacts): RepositoryView {
  const { page, repository, head, found, asked } = facts;
  const { next, previous } = found;
  const filtered = isFiltered(asked.filters);
  return {
    ...repositoryFrame(page, repository, asked.view === 'untagged' ? tabName('untagged', page) : undefined),
    head,
    shows: asked.view,
    filter: tagFilter(facts),
    deleteNote: head.deleteNote,
    emptyText: emptyText(
      asked.view,
      { isFiltered: filtered, isUnread: isUnread(repository), hasReferrers: facts.referrers > 0 },
      page,
    ),
    clearHref: filtered ? withoutFilters(page) : undefined,
    columns: tagColumns(asked, page),
    bar: barOf(facts),
    rows: rows(facts),
    ...menuOf(facts),
    pager: listPager(page, {
      ...{ shown: found.rows.length, next, previous, pageRows: PAGE_ROWS },
      total: totalText(found, page.format),
    }),
  };
}

function barOf({ page, repository, head, asked: { view } }: RepositoryFacts): SelectionBar | null {
  if (view === 'referrer') return null;
  const shows = ({ grouped: 'images', flat: 'tags', untagged: 'manifests' } as const)[view];
  const back = view === 'untagged' ? 'untagged' : 'tags';
  return selectionBar(page, repository.name, { shows, back, deleteNote: head.deleteNote });
}

type Menu = Pick<RepositoryView, 'menu' | 'places'>;

function menuOf({ page, repository, head, found, asked: { view } }: RepositoryFacts): Menu {
  if (view !== 'grouped' && view !== 'flat') return { menu: null, places: [] };
  return rowMenu(page, repository.name, {
    rows: found.rows,
    byTag: view === 'flat',
    mayDelete: head.deleteNote === '',
  });
}

function attachmentRows(found: FoundTags['rows'], context: RowContext): readonly TagCells[] {
  const groups = bySubject(found.filter((row) => 'tagCount' in row));
  return groups.map((group, at) => ({
    ...groupCells(group, context),
    heading: subjectHeading(group, groups[at - 1], context.repository, context.page),
  }));
}

function rows({ page, repository, found, asked }: RepositoryFacts): readonly TagCells[] {
  const largest = found.rows.reduce((most, row) => Math.max(most, row.sizeBytes), 0);
  // The page stands beside those of its tags.
  const base = `./${encodeURIComponent(splitName(repository.name).leaf)}`;
  const context = { page, repository: repository.name, largest, base };
  // In any other order an image would have its attachments in many places.
  if (asked.view === 'referrer' && asked.sort === 'pushed') return attachmentRows(found.rows, context);
  return found.rows.map((row) => ('tagCount' in row ? groupCells(row, context) : flatCells(row, context)));
}

function tagFilter({ page, repository, asked, referrers }: RepositoryFacts): ListFilter {
  const { filters, view } = asked;
  const offered = view === 'grouped' || view === 'flat' ? repository : { platforms: [], kinds: [] };
  return {
    action: page.url(tabPath(repository.name, view === 'untagged' ? 'untagged' : 'tags')),
    label: page.t('parts:repository.filter'),
    text: filters.filter,
    hidden: hiddenFields(page, ['view']),
    choices: [...filterChoices(filters, offered, page), ...orderChoices(tagColumns(asked, page), asked, page)],
    checks: filterChecks(filters, false, page),
    chips: filterChips(filters, page),
    clearHref: withoutFilters(page),
    views: viewChips({ page, shown: view, referrers }),
  };
}

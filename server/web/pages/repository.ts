import type { RepositoryRow, RepositoryStore } from '../../catalog/repositories.ts';
import type { FlatTag, TagGroup, TagSort, TagStore } from '../../catalog/tags.ts';
import type { Visibility } from '../../catalog/visibility.ts';
import type { Column } from '../browse/cells.ts';
import { parseSorting, referencePath, type Sorting, splitName } from '../browse/cells.ts';
import { type CopyBox, copyBox, kindOfAll } from '../browse/commands.ts';
import { whyNoDelete } from '../browse/delete-right.ts';
import { folderCrumbs, folderLink } from '../browse/labels.ts';
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
} from '../browse/list-filters.ts';
import { type IndexState, indexNotices, type Notice, unreadNotices } from '../browse/notices.ts';
import { listPager, type Pager, totalText } from '../browse/pager.ts';
import { hidden } from '../browse/reference.ts';
import { isUnread } from '../browse/repository-cells.ts';
import { flatCells, groupCells, type TagCells } from '../browse/tag-groups.ts';
import { emptyText, readView, type TagView, tagColumns, viewSorts, viewTabs } from '../browse/tag-views.ts';
import { readUndo, type Undo, type UndoDeps } from '../browse/undo.ts';
import type { Crumb, Page } from '../page.ts';
import { mayRefresh } from './refresh.ts';

export interface RepositoryPageDeps extends UndoDeps {
  readonly host: string;
  /** Nothing is deleted through us. */
  readonly readonly: boolean;
  readonly repositories: Pick<RepositoryStore, 'find'>;
  readonly tags: Pick<TagStore, 'groups' | 'flat' | 'resolve' | 'countReferrers'>;
  readonly indexState: () => IndexState;
}

export interface RepositoryView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly live: string;
  readonly crumbs: readonly Crumb[];
  readonly leaf: string;
  readonly folder: { readonly name: string; readonly href: string } | null;
  readonly summary: string;
  /** '' for who may not. */
  readonly refreshAction: string;
  readonly notices: readonly Notice[];
  readonly undo: Undo | null;
  readonly copy: CopyBox | null;
  readonly tabs: ReturnType<typeof viewTabs>;
  readonly shows: TagView;
  readonly filter: ListFilter;
  /** Why deleting is greyed; '' where it is not. */
  readonly deleteNote: string;
  readonly emptyText: string;
  readonly clearHref: string | undefined;
  readonly columns: readonly Column[];
  readonly rows: readonly TagCells[];
  readonly pager: Pager;
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

/** Draws `/repositories/team/app`; `web/pages/image.ts` routes to here, because both share one address. */
export async function showRepository(
  deps: RepositoryPageDeps,
  page: Page,
  seen: Visibility,
  name: string,
): Promise<void> {
  const { readonly, repositories, tags } = deps;
  const repository = await repositories.find(seen, name);
  if (repository === undefined) throw hidden();
  const asked = readQuery(page);
  const facts = {
    ...{ page, readonly, repository, asked },
    newest: repository.newestTag === null ? undefined : await tags.resolve(repository.id, repository.newestTag),
    found: await findTags(tags, repository.id, asked),
    referrers: await tags.countReferrers(repository.id),
    undo: await readUndo(deps, page),
    index: deps.indexState(),
  };
  await page.render('repository', repositoryView(facts));
}

function readQuery(page: Page): AskedTags {
  const view = readView(page);
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
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer' | 'origin' | 'copy'>;
  readonly readonly: boolean;
  readonly repository: RepositoryRow;
  readonly found: FoundTags;
  /** What the newest tag points to. */
  readonly newest?: { readonly digest: string } | undefined;
  readonly asked: AskedTags;
  readonly referrers: number;
  readonly undo: Undo | null;
  readonly index: IndexState;
}

export function repositoryView(facts: RepositoryFacts): RepositoryView {
  const { page, repository, found, asked, index } = facts;
  const { leaf, folder } = splitName(repository.name);
  const deleteNote = whyNoDelete(facts);
  const { next, previous } = found;
  const filtered = isFiltered(asked.filters);
  return {
    title: repository.name,
    nav: 'repositories',
    live: repository.name,
    crumbs: [...folderCrumbs(folder, page), { text: leaf }],
    leaf,
    folder: folderLink(folder, page),
    summary: summary(facts),
    refreshAction: mayRefresh(page, repository.name) ? page.url(`${referencePath(repository.name)}/-/refresh`) : '',
    notices: [...indexNotices(index, page), ...unreadNotices(repository, page)],
    undo: facts.undo,
    copy: repositoryCopy(facts),
    tabs: viewTabs(facts),
    shows: asked.view,
    filter: tagFilter(facts),
    deleteNote,
    emptyText: emptyText(asked.view, { isFiltered: filtered, isUnread: isUnread(repository) }, page),
    clearHref: filtered ? withoutFilters(page) : undefined,
    columns: tagColumns(asked, page),
    rows: rows(facts, deleteNote === ''),
    pager: listPager(page, {
      ...{ shown: found.rows.length, next, previous, pageRows: PAGE_ROWS },
      total: totalText(found, page.format),
    }),
  };
}

function rows({ page, repository, found }: RepositoryFacts, mayDelete: boolean): readonly TagCells[] {
  const largest = found.rows.reduce((most, row) => Math.max(most, row.sizeBytes), 0);
  const context = { page, repository: repository.name, largest, mayDelete };
  return found.rows.map((row) => ('tagCount' in row ? groupCells(row, context) : flatCells(row, context)));
}

function summary({ page, repository }: RepositoryFacts): string {
  const { t, format } = page;
  const { tagCount, imageCount, sizeBytes, uniqueBytes } = repository;
  const parts = [t('browse:repository.tag_count', { count: tagCount, formatted: format.number(tagCount) })];
  if (imageCount !== tagCount && imageCount > 0) {
    parts.push(t('browse:repository.image_count', { count: imageCount, formatted: format.number(imageCount) }));
  }
  parts.push(format.bytes(sizeBytes));
  // Known once the background sums are made; 0 before, which would be a lie for what has content.
  if (uniqueBytes > 0) parts.push(t('lists:of_which_unique', { size: format.bytes(uniqueBytes) }));
  return parts.join(' · ');
}

/** The newest tag is what people come for; a repository without tags has nothing to pull. */
function repositoryCopy({ page, repository, newest }: RepositoryFacts): CopyBox | null {
  const { name, newestTag, kinds } = repository;
  if (newestTag === null) return null;
  return copyBox(page, { name, tag: newestTag, digest: newest?.digest, kind: kindOfAll(kinds) });
}

function tagFilter({ page, repository, asked }: RepositoryFacts): ListFilter {
  const { filters, view } = asked;
  const offered = view === 'grouped' || view === 'flat' ? repository : { platforms: [], kinds: [] };
  return {
    action: page.url(referencePath(repository.name)),
    label: page.t('browse:repository.filter'),
    text: filters.filter,
    hidden: hiddenFields(page, ['view']),
    choices: [...filterChoices(filters, offered, page), ...orderChoices(tagColumns(asked, page), asked, page)],
    checks: filterChecks(filters, false, page),
    chips: filterChips(filters, page),
    clearHref: withoutFilters(page),
    views: [],
  };
}

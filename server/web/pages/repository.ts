import type { RepositoryRow, RepositoryStore } from '../../catalog/repositories.ts';
import type { TagPage, TagSort, TagStore } from '../../catalog/tags.ts';
import type { Visibility } from '../../catalog/visibility.ts';
import { type Column, parseSorting, referencePath, type Sorting, sortedColumn, splitName } from '../browse/cells.ts';
import { type PullBox, pullBox } from '../browse/commands.ts';
import { whyNoDelete } from '../browse/delete-right.ts';
import { folderCrumbs, folderLink } from '../browse/labels.ts';
import { type IndexState, indexNotices, type Notice } from '../browse/notices.ts';
import { keyPager, type Pager } from '../browse/pager.ts';
import { hidden } from '../browse/reference.ts';
import { groupCells, type TagGroupCells } from '../browse/tag-groups.ts';
import { readUndo, type Undo, type UndoDeps } from '../browse/undo.ts';
import type { Crumb, Page } from '../page.ts';
import { mayRefresh } from './refresh.ts';
import type { ListFilter } from './repositories.ts';

export interface RepositoryPageDeps extends UndoDeps {
  readonly host: string;
  /** Nothing is deleted through us. */
  readonly readonly: boolean;
  readonly repositories: RepositoryStore;
  readonly tags: TagStore;
  readonly indexState: () => IndexState;
}

export interface RepositoryView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly crumbs: readonly Crumb[];
  readonly leaf: string;
  readonly folder: { readonly name: string; readonly href: string } | null;
  readonly summary: string;
  /** Where "read again" is sent; '' for who may not ask for it. */
  readonly refreshAction: string;
  readonly notices: readonly Notice[];
  readonly undo: Undo | null;
  readonly pull: PullBox | null;
  readonly filter: ListFilter;
  /** Why deleting is greyed; '' where it is not. */
  readonly deleteNote: string;
  readonly referrersLink: { readonly text: string; readonly href: string } | null;
  readonly emptyText: string;
  readonly columns: readonly Column[];
  readonly rows: readonly TagGroupCells[];
  readonly pager: Pager;
}

const SORTS = ['pushed', 'name', 'size', 'pulls'] as const satisfies readonly TagSort[];
const PAGE_ROWS = 50;

interface AskedTags extends Sorting<TagSort> {
  readonly filter: string;
  readonly after: string;
  readonly withReferrers: boolean;
}

/** Draws `/repositories/team/app`; `web/pages/image.ts` routes to here, because both share one address. */
export async function showRepository(
  deps: RepositoryPageDeps,
  page: Page,
  seen: Visibility,
  name: string,
): Promise<void> {
  const { host, readonly, repositories, tags } = deps;
  const repository = await repositories.find(seen, name);
  if (repository === undefined) throw hidden();
  const asked = readQuery(page);
  const found = await tags.groups(repository.id, { ...asked, limit: PAGE_ROWS });
  const referrerTags = await tags.countReferrers(repository.id);
  const facts = {
    page,
    host,
    readonly,
    repository,
    found,
    asked,
    referrerTags,
    undo: await readUndo(deps, page),
    index: deps.indexState(),
  };
  await page.render('repository', repositoryView(facts));
}

function readQuery(page: Page): AskedTags {
  return {
    ...parseSorting<TagSort>(SORTS, page.query('sort'), page.query('direction')),
    filter: page.query('filter').trim().slice(0, 160),
    after: page.query('after'),
    withReferrers: page.query('referrers') === 'all',
  };
}

export interface RepositoryFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer' | 'origin'>;
  readonly host: string;
  readonly readonly: boolean;
  readonly repository: RepositoryRow;
  readonly found: TagPage;
  readonly asked: AskedTags;
  readonly referrerTags: number;
  readonly undo: Undo | null;
  readonly index: IndexState;
}

export function repositoryView(facts: RepositoryFacts): RepositoryView {
  const { page, repository, found, asked, index } = facts;
  const { leaf, folder } = splitName(repository.name);
  const deleteNote = whyNoDelete(facts);
  const largest = Math.max(0, ...found.rows.map((row) => row.sizeBytes));
  return {
    title: repository.name,
    nav: 'repositories',
    crumbs: [...folderCrumbs(folder, page), { text: leaf }],
    leaf,
    folder: folderLink(folder, page),
    summary: summary(facts),
    refreshAction: mayRefresh(page, repository.name) ? page.url(`${referencePath(repository.name)}/-/refresh`) : '',
    notices: indexNotices(index, page),
    undo: facts.undo,
    pull: repositoryPull(facts),
    filter: tagFilter(facts),
    deleteNote,
    referrersLink: referrersLink(facts),
    emptyText: asked.filter === '' ? page.t('browse:repository.no_tags') : page.t('browse:repository.no_result'),
    columns: columns(asked, page),
    rows: found.rows.map((group) =>
      groupCells(group, { page, repository: repository.name, largest, mayDelete: deleteNote === '' }),
    ),
    pager: keyPager(page, found.rows.length, found.next),
  };
}

function summary({ page, found, repository }: RepositoryFacts): string {
  const tags = page.t('browse:repository.tag_count', {
    count: repository.tagCount,
    formatted: page.format.number(repository.tagCount),
  });
  const parts = [tags, page.format.bytes(repository.sizeBytes)];
  if (found.total !== found.totalTags) {
    parts.push(
      page.t('browse:repository.image_count', { count: found.total, formatted: page.format.number(found.total) }),
    );
  }
  return parts.join(' · ');
}

/** The newest tag is what people come for; a repository without tags has nothing to pull. */
function repositoryPull({ page, host, repository, found }: RepositoryFacts): PullBox | null {
  const tag = repository.newestTag ?? found.rows[0]?.tags[0]?.name;
  if (tag === undefined) return null;
  const isChart = found.rows.find((group) => group.tags.some(({ name }) => name === tag))?.kind === 'helm';
  return pullBox({ host, repository: repository.name, reference: `:${tag}`, isChart, page });
}

function tagFilter({ page, repository, asked }: RepositoryFacts): ListFilter {
  const kept = ['sort', 'direction', 'tool', 'referrers'];
  const hiddenFields = kept.map((name) => ({ name, value: page.query(name) })).filter(({ value }) => value !== '');
  return { action: page.url(referencePath(repository.name)), text: asked.filter, hidden: hiddenFields, chips: [] };
}

/** Signatures and their like have tags too; they stand with their subject, and here only when asked for. */
function referrersLink({ page, asked, referrerTags }: RepositoryFacts): RepositoryView['referrersLink'] {
  if (asked.withReferrers) {
    const href = page.urlWith({ referrers: null, after: null, from: null });
    return { text: page.t('browse:repository.hide_referrers'), href };
  }
  if (referrerTags === 0) return null;
  const text = page.t('browse:repository.show_referrers', { count: referrerTags });
  return { text, href: page.urlWith({ referrers: 'all', after: null, from: null }) };
}

function columns(asked: AskedTags, { t, urlWith }: RepositoryFacts['page']): readonly Column[] {
  const sorted = (sort: TagSort) => sortedColumn<TagSort>(asked, sort, urlWith);
  return [
    { id: 'name', label: t('browse:column.tags_of_image'), ...sorted('name') },
    { id: 'digest', label: t('browse:column.digest') },
    { id: 'platforms', label: t('browse:column.platforms') },
    { id: 'size', label: t('browse:column.size'), isNumber: true, ...sorted('size') },
    { id: 'pushed', label: t('browse:column.pushed'), ...sorted('pushed') },
    { id: 'by', label: t('browse:column.by') },
    { id: 'pulled', label: t('browse:column.last_pull') },
    { id: 'pulls', label: t('browse:column.pulls'), isNumber: true, ...sorted('pulls') },
  ];
}

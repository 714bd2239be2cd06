import type { Rights } from '../../access/rights.ts';
import { allowedActions } from '../../access/rule.ts';
import type { RepositoryRow, RepositoryStore } from '../../catalog/repositories.ts';
import type { TagGroup, TagPage, TagSort, TagStore } from '../../catalog/tags.ts';
import type { Visibility } from '../../catalog/visibility.ts';
import {
  type Column,
  type PlatformCells,
  parseSorting,
  platformCells,
  referencePath,
  type Sorting,
  shareOf,
  shortDigest,
  sortedColumn,
  splitName,
} from '../browse/cells.ts';
import { type PullBox, pullBox } from '../browse/commands.ts';
import { actor, folderCrumbs, folderLink, kindLabel } from '../browse/labels.ts';
import { type IndexState, indexNotices, type Notice } from '../browse/notices.ts';
import { keyPager, type Pager } from '../browse/pager.ts';
import { hidden } from '../browse/reference.ts';
import { readUndo, type Undo, type UndoDeps } from '../browse/undo.ts';
import type { Crumb, Page } from '../page.ts';
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

export interface TagGroupCells {
  readonly digest: string;
  readonly shortDigest: string;
  readonly href: string;
  readonly tags: readonly TagCell[];
  /** Tags of this image beyond those shown; the image page has them all. */
  readonly moreTags: number;
  readonly platforms: PlatformCells;
  /** What it is, where it is no ordinary image. */
  readonly kind: string | null;
  readonly isSigned: boolean;
  readonly sizeBytes: number | null;
  readonly share: number;
  readonly pushedAt: number | null;
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly pulledAt: number | null;
  readonly pulls: string;
  readonly error: string | null;
}

export interface TagCell {
  readonly name: string;
  readonly href: string;
  /** null: the viewer may not. */
  readonly deleteHref: string | null;
  readonly missing: boolean;
}

const SORTS = ['pushed', 'name', 'size', 'pulls'] as const satisfies readonly TagSort[];
const PAGE_ROWS = 50;
const MOST_TAGS = 6;

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
    notices: indexNotices(index, page),
    undo: facts.undo,
    pull: repositoryPull(facts),
    filter: tagFilter(facts),
    deleteNote,
    referrersLink: referrersLink(facts),
    emptyText: asked.filter === '' ? page.t('browse:repository.no_tags') : page.t('browse:repository.no_result'),
    columns: columns(asked, page),
    rows: found.rows.map((group) => groupCells(group, { facts, largest, mayDelete: deleteNote === '' })),
    pager: keyPager(page, found.rows.length, found.next),
  };
}

interface DeleteRule {
  readonly page: {
    readonly t: Page['t'];
    readonly viewer: { readonly rights: Rights };
    readonly origin: Page['origin'];
  };
  readonly readonly: boolean;
  readonly repository: { readonly name: string };
}

/** Names the right that is missing, or the setting that forbids it for everybody; '' when the viewer may delete. */
export function whyNoDelete({ page, readonly, repository }: DeleteRule): string {
  if (readonly) return page.t('browse:delete.readonly');
  const allowed = allowedActions(page.viewer.rights, repository.name, page.origin.address);
  return allowed.has('delete') ? '' : page.t('browse:delete.missing_right', { repository: repository.name });
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

interface GroupContext {
  readonly facts: RepositoryFacts;
  readonly largest: number;
  readonly mayDelete: boolean;
}

function groupCells(group: TagGroup, { facts, largest, mayDelete }: GroupContext): TagGroupCells {
  const { page, repository } = facts;
  const path = (tag: string) => referencePath(`${repository.name}:${tag}`);
  const tagCell = ({ name, missingSince }: TagGroup['tags'][number]): TagCell => ({
    name,
    href: page.url(path(name)),
    deleteHref: mayDelete ? page.url(`${path(name)}/-/delete`) : null,
    missing: missingSince !== null,
  });
  return {
    digest: group.digest,
    shortDigest: shortDigest(group.digest),
    href: page.url(referencePath(`${repository.name}@${group.digest}`)),
    tags: group.tags.slice(0, MOST_TAGS).map(tagCell),
    moreTags: Math.max(0, group.tags.length - MOST_TAGS),
    platforms: platformCells(group.platforms),
    kind: kindLabel(group.kind, page.t),
    isSigned: group.referrers.signatures > 0,
    sizeBytes: group.mediaType === '' ? null : group.sizeBytes,
    share: shareOf(group.sizeBytes, largest),
    pushedAt: group.pushedAt,
    by: actor(group.pushedBy, group.pushConfirmed),
    pulledAt: group.lastPulledAt,
    pulls: page.format.number(group.pullCount),
    error: group.error,
  };
}

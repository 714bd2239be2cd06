/** What stands above every tab of a repository: its name, what it is, what can be done with it, and the tabs. */

import type { Total } from '../../catalog/base/key-page.ts';
import type { RepositorySummary } from '../../catalog/images/repository-summary.ts';
import type { Description, Descriptions } from '../../catalog/lists/descriptions.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { Stars } from '../../catalog/lists/stars.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import type { IndexState } from '../../operations/facts.ts';
import { referencePath, splitName } from '../parts/cells.ts';
import { type CopyBox, copyBox, kindOfAll } from '../parts/commands.ts';
import { whyNoDelete } from '../parts/delete-right.ts';
import { folderCrumbs, folderLink } from '../parts/labels.ts';
import { type ListAge, listAge } from '../parts/list-age.ts';
import { plainSummary } from '../parts/markdown.ts';
import { indexNotices, type Notice, unreadNotices } from '../parts/notices.ts';
import { totalText } from '../parts/pager.ts';
import { mayPush } from '../parts/push-right.ts';
import { readUndo, type Undo, type UndoDeps } from '../parts/undo.ts';
import type { Crumb, ImpersonalPage, Page } from '../shell/page.ts';
import { type PublicView, type PublicViewDeps, readPublic } from './public-view.ts';

export const REPOSITORY_TABS = ['tags', 'untagged', 'trash', 'activity', 'space', 'access', 'about'] as const;
export type RepositoryTab = (typeof REPOSITORY_TABS)[number];

export interface RepositoryHeadDeps extends PublicViewDeps {
  readonly deletion: { readonly trash: UndoDeps['deletion']['trash'] & Pick<Deletion['trash'], 'count'> };
  readonly readonly: boolean;
  readonly descriptions: Pick<Descriptions, 'find'>;
  readonly readRepositorySummary: (repository: RepositoryRow) => Promise<RepositorySummary | undefined>;
  readonly stars: Pick<Stars, 'isStarred' | 'count'>;
  readonly indexState: () => IndexState;
  /** The repository is viewed: without notifications it is read again in the background. */
  readonly opened: (repository: string) => void;
}

export interface RepositoryHead {
  readonly name: string;
  readonly leaf: string;
  readonly folder: { readonly name: string; readonly href: string } | null;
  /** One line; '' without a description. */
  readonly summary: string;
  readonly star: StarButton;
  /** null without authentication. */
  readonly open: PublicView | null;
  readonly compareHref: string | null;
  /** '' without the right. */
  readonly refreshAction: string;
  readonly deleteHref: string;
  /** Why deleting is greyed; '' where it is not. */
  readonly deleteNote: string;
  readonly notices: readonly Notice[];
  readonly undo: Undo | null;
  readonly copy: CopyBox | null;
  readonly tab: RepositoryTab;
  readonly tabsLabel: string;
  readonly tabs: readonly HeadTab[];
  /** Of the tags; null where events keep them up to date. */
  readonly age: ListAge | null;
}

export interface HeadTab {
  readonly text: string;
  readonly href: string;
  readonly current: boolean;
  readonly count?: string;
}

export interface StarButton {
  /** null for anonymous viewers. */
  readonly action: string | null;
  readonly isOn: boolean;
  readonly count: string;
  readonly label: string;
  readonly hint: string;
}

export interface HeadFacts {
  readonly page: HeadPage;
  readonly readonly: boolean;
  readonly repository: RepositoryRow;
  readonly tab: RepositoryTab;
  readonly description: string | undefined;
  readonly about: Pick<RepositorySummary, 'description'> | undefined;
  readonly stars: { readonly count: number; readonly isOn: boolean };
  readonly open: PublicView | null;
  readonly undo: Undo | null;
  /** Entries in the trash. */
  readonly trash: Total;
  readonly index: IndexState;
}

type HeadPage = Pick<Page, 't' | 'format' | 'url' | 'viewer' | 'origin' | 'copy' | 'authEnabled'>;

/** What people and the newest image say that a repository is. */
export interface Said {
  readonly written: Description | undefined;
  readonly about: RepositorySummary | undefined;
}

export async function readSaid(
  { descriptions, readRepositorySummary }: Pick<RepositoryHeadDeps, 'descriptions' | 'readRepositorySummary'>,
  repository: RepositoryRow,
): Promise<Said> {
  return { written: await descriptions.find(repository.name), about: await readRepositorySummary(repository) };
}

/** Whether the person who asks has given it a star. */
export async function readStarred(
  { stars }: Pick<RepositoryHeadDeps, 'stars'>,
  { viewer }: Pick<Page, 'viewer'>,
  name: string,
): Promise<boolean> {
  return viewer.user !== undefined && stars.isStarred(viewer.user.id, name);
}

export interface AskedHead {
  readonly repository: RepositoryRow;
  readonly tab: RepositoryTab;
  readonly isStarred: boolean;
  /** From a page that shows it itself, and so has read it. */
  readonly said?: Said;
}

/** For every page of a repository: `<%- part('/repositories/repository-head', { head }) %>`. */
export async function readHead(
  deps: RepositoryHeadDeps,
  page: ImpersonalPage,
  { repository, tab, isStarred, said }: AskedHead,
): Promise<RepositoryHead> {
  const { name } = repository;
  const { written, about } = said ?? (await readSaid(deps, repository));
  return headView({
    ...{ page, readonly: deps.readonly, repository, tab },
    ...{ description: written?.text, about },
    stars: { count: await deps.stars.count(name), isOn: isStarred },
    open: await readPublic(deps, page, { kind: 'repository', name }, tab),
    trash: await deps.deletion.trash.count(name),
    undo: await readUndo(deps, page),
    index: deps.indexState(),
  });
}

/** The head for the person who asks; the repository counts as opened. */
export async function readOwnHead(
  deps: RepositoryHeadDeps,
  page: Page,
  asked: Omit<AskedHead, 'isStarred'>,
): Promise<RepositoryHead> {
  const { name } = asked.repository;
  deps.opened(name);
  return readHead(deps, page, { ...asked, isStarred: await readStarred(deps, page, name) });
}

/** Fields of the model that every page of a repository has beside its head. */
export function repositoryFrame(page: Pick<Page, 'url'>, { name }: Pick<RepositoryRow, 'name'>, tabText?: string) {
  const { folder, leaf } = splitName(name);
  const here: readonly Crumb[] =
    tabText === undefined ? [{ text: leaf }] : [{ text: leaf, href: page.url(referencePath(name)) }];
  return {
    title: tabText === undefined ? name : `${name} · ${tabText}`,
    nav: 'repositories' as const,
    live: name,
    crumbs: [...folderCrumbs(folder, page), ...here],
  };
}

export function headView(facts: HeadFacts): RepositoryHead {
  const { page, repository, description = '', about } = facts;
  const { name, newestTag } = repository;
  const { leaf, folder } = splitName(name);
  const path = referencePath(name);
  return {
    ...{ name, leaf, folder: folderLink(folder, page) },
    summary: plainSummary(description) || plainSummary(about?.description ?? ''),
    star: starButton(facts),
    open: facts.open,
    compareHref: newestTag === null ? null : page.url(`/compare?a=${encodeURIComponent(`${name}:${newestTag}`)}`),
    refreshAction: mayPush(page, name) ? page.url(`${path}/-/refresh`) : '',
    deleteHref: page.url(`${path}/-/delete`),
    deleteNote: whyNoDelete(facts),
    notices: [...indexNotices(facts.index, page), ...unreadNotices(repository, page)],
    undo: facts.undo,
    copy: repositoryCopy(facts),
    tab: facts.tab,
    tabsLabel: page.t('repositories:tabs', { repository: name }),
    tabs: headTabs(facts),
    age: listAge(page, facts.index, repository),
  };
}

function starButton({ page, repository, stars }: HeadFacts): StarButton {
  const { t, format, url, viewer } = page;
  const action = `${referencePath(repository.name)}/-/${stars.isOn ? 'unstar' : 'star'}`;
  return {
    action: viewer.isSignedIn ? url(action) : null,
    isOn: stars.isOn,
    count: format.number(stars.count),
    label: t('repositories:star.label'),
    hint: stars.isOn ? t('repositories:star.off') : t('repositories:star.on'),
  };
}

/** The command for the newest tag; a repository without tags has nothing to pull. */
function repositoryCopy({ page, repository }: HeadFacts): CopyBox | null {
  const { name, newestTag, newestDigest, kinds } = repository;
  if (newestTag === null) return null;
  return copyBox(page, { name, tag: newestTag, digest: newestDigest ?? undefined, kind: kindOfAll(kinds) });
}

function headTabs({ page, repository, tab, trash }: HeadFacts): readonly HeadTab[] {
  const { format } = page;
  const counts: Partial<Record<RepositoryTab, string>> = {
    tags: format.number(repository.tagCount),
    untagged: format.number(repository.untaggedCount),
    trash: totalText(trash, format),
  };
  return REPOSITORY_TABS.map((id) => {
    const count = counts[id];
    return {
      text: tabName(id, page),
      href: page.url(tabPath(repository.name, id)),
      current: id === tab,
      ...(count === undefined ? {} : { count }),
    };
  });
}

/** The tags are at the address of the repository itself. */
export function tabPath(repository: string, tab: RepositoryTab): string {
  const path = referencePath(repository);
  return tab === 'tags' ? path : `${path}/-/${tab}`;
}

export function tabName(tab: RepositoryTab, { t }: Pick<Page, 't'>): string {
  const names: Record<RepositoryTab, string> = {
    tags: t('repositories:tab.tags'),
    untagged: t('repositories:tab.untagged'),
    trash: t('repositories:tab.trash'),
    activity: t('repositories:tab.activity'),
    space: t('repositories:tab.space'),
    access: t('repositories:tab.access'),
    about: t('repositories:tab.about'),
  };
  return names[tab];
}

import type { CatalogCounts, RepositoryPage, RepositoryRow, RepositoryStore } from '../../catalog/repositories.ts';
import type { VisibilityStore } from '../../catalog/visibility.ts';
import { referencePath, splitName } from '../browse/cells.ts';
import { pushLines } from '../browse/commands.ts';
import { actor } from '../browse/labels.ts';
import { type IndexState, indexNotices, type Notice } from '../browse/notices.ts';
import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';
import { noRightsText, seesEverything } from './repositories.ts';

export interface HomePageDeps {
  readonly host: string;
  readonly visibility: VisibilityStore;
  readonly repositories: RepositoryStore;
  readonly indexState: () => IndexState;
}

export interface HomeView {
  readonly title: string;
  readonly nav: 'home';
  readonly host: string;
  readonly state: 'list' | 'empty' | 'no-rights' | 'reading';
  readonly notices: readonly Notice[];
  readonly pushLines: readonly string[];
  readonly noRightsText: string;
  readonly figures: readonly Figure[];
  readonly pushes: readonly PushCells[];
}

export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly href: string | null;
}

export interface PushCells {
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly tag: { readonly name: string; readonly href: string } | null;
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly at: number | null;
}

const RECENT = 10;

export function homePage({ host, visibility, repositories, indexState }: HomePageDeps): PageModule {
  return (routes) => {
    routes.get('/', 'browse', async (page) => {
      const seen = await visibility.of(page.viewer.rights, page.origin.address);
      const recent = await repositories.list(seen, { sort: 'pushed', direction: 'desc', limit: RECENT });
      const counts = await repositories.counts(seen);
      await page.render('home', homeView({ page, host, recent, counts, index: indexState() }));
    });
  };
}

export interface HomeFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'viewer'>;
  readonly host: string;
  readonly recent: RepositoryPage;
  readonly counts: CatalogCounts;
  readonly index: IndexState;
}

export function homeView({ page, host, recent, counts, index }: HomeFacts): HomeView {
  return {
    title: page.t('browse:home.title'),
    nav: 'home',
    host,
    state: homeState(recent, index, page),
    notices: indexNotices(index, page),
    pushLines: pushLines(host, page.viewer.isSignedIn ? page.viewer.subject.name : null),
    noRightsText: noRightsText(page),
    figures: figures(counts, index, page),
    pushes: recent.rows.filter((row) => row.lastPushedAt !== null).map((row) => pushCells(row, page)),
  };
}

function homeState(recent: RepositoryPage, index: IndexState, { viewer }: HomeFacts['page']): HomeView['state'] {
  if (recent.total > 0) return 'list';
  // Whoever sees only a part cannot be told that the registry is empty: that would be a guess.
  if (!seesEverything(viewer)) return 'no-rights';
  return index.complete ? 'empty' : 'reading';
}

function figures(counts: CatalogCounts, index: IndexState, { t, format, url }: HomeFacts['page']): readonly Figure[] {
  const figure = (label: string, value: string, note: string, path: string | null): Figure => ({
    label,
    value,
    note,
    href: path === null ? null : url(path),
  });
  return [
    figure(
      t('browse:home.repositories'),
      format.number(counts.repositories),
      t('browse:home.repositories_note'),
      '/repositories',
    ),
    figure(t('browse:home.tags'), format.number(counts.tags), t('browse:home.tags_note'), null),
    figure(
      t('browse:home.space'),
      format.bytes(counts.sizeBytes),
      t('browse:home.space_note'),
      '/repositories?sort=size',
    ),
    figure(
      t('browse:home.registry'),
      index.reachable ? t('browse:home.reachable') : t('browse:home.unreachable'),
      index.lastAnswerAt === null
        ? t('browse:home.never_answered')
        : t('browse:home.last_answer', { when: format.relative(index.lastAnswerAt) }),
      null,
    ),
  ];
}

function pushCells(row: RepositoryRow, { url }: HomeFacts['page']): PushCells {
  return {
    ...splitName(row.name),
    href: url(referencePath(row.name)),
    tag:
      row.newestTag === null ? null : { name: row.newestTag, href: url(referencePath(`${row.name}:${row.newestTag}`)) },
    by: actor(row.lastPushedBy, row.lastPushConfirmed),
    at: row.lastPushedAt,
  };
}

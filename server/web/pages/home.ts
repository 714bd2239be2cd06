import type { RepositoryPage, RepositoryRow, RepositoryStore } from '../../catalog/repositories.ts';
import type { SpaceStore, SpaceSums } from '../../catalog/space.ts';
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
  readonly repositories: Pick<RepositoryStore, 'list'>;
  readonly space: Pick<SpaceStore, 'total'>;
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

export function homePage({ host, visibility, repositories, space, indexState }: HomePageDeps): PageModule {
  return (routes) => {
    routes.get('/', 'browse', async (page) => {
      const seen = await visibility.of(page.viewer.rights, page.origin.address);
      const recent = await repositories.list(seen, { sort: 'pushed', direction: 'desc', limit: RECENT });
      const total = await space.total(seen);
      await page.render('home', homeView({ page, host, recent, total, index: indexState() }));
    });
  };
}

export interface HomeFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'viewer'>;
  readonly host: string;
  readonly recent: RepositoryPage;
  /** Of all that the viewer sees. */
  readonly total: SpaceSums;
  readonly index: IndexState;
}

export function homeView({ page, host, recent, total, index }: HomeFacts): HomeView {
  return {
    title: page.t('browse:home.title'),
    nav: 'home',
    host,
    state: homeState(recent, index, page),
    notices: indexNotices(index, page),
    pushLines: pushLines(host, page.viewer.isSignedIn ? page.viewer.subject.name : null),
    noRightsText: noRightsText(page),
    figures: figures(total, index, page),
    pushes: recent.rows.filter((row) => row.lastPushedAt !== null).map((row) => pushCells(row, page)),
  };
}

function homeState(recent: RepositoryPage, index: IndexState, { viewer }: HomeFacts['page']): HomeView['state'] {
  if (recent.total > 0) return 'list';
  // Whoever sees only a part cannot be told that the registry is empty: that would be a guess.
  if (!seesEverything(viewer)) return 'no-rights';
  return index.complete ? 'empty' : 'reading';
}

function figures(total: SpaceSums, index: IndexState, { t, format, url }: HomeFacts['page']): readonly Figure[] {
  const figure = (label: string, value: string, note: string, path: string | null): Figure => ({
    label,
    value,
    note,
    href: path === null ? null : url(path),
  });
  // The sums follow the index within a moment; before the first they say nothing.
  const summed = (text: string) => (total.summedAt === null && total.repositoryCount > 0 ? '…' : text);
  return [
    figure(
      t('browse:home.repositories'),
      format.number(total.repositoryCount),
      t('browse:home.repositories_note'),
      '/repositories',
    ),
    figure(t('browse:home.tags'), summed(format.number(total.tagCount)), t('browse:home.tags_note'), null),
    figure(t('browse:home.space'), summed(format.bytes(total.sizeBytes)), t('browse:home.space_note'), '/space'),
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

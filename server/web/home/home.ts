import type { Activity } from '../../catalog/activity/activity.ts';
import type { FindingsStore } from '../../catalog/findings/cached-findings.ts';
import type { RepositoryStore } from '../../catalog/lists/repositories.ts';
import type { Stars } from '../../catalog/lists/stars.ts';
import type { SpaceStore } from '../../catalog/space/space.ts';
import type { VisibilityStore } from '../../catalog/visibility/visibility.ts';
import type { Operations } from '../../operations/operations.ts';
import { DAY_MS } from '../../storage/calendar.ts';
import { type ActivityChart, activityChart, readPeriod } from '../parts/activity-chart.ts';
import { referencePath } from '../parts/cells.ts';
import type { Figure } from '../parts/figure.ts';
import { type FirstRunFacts, type FirstRunView, firstRun } from '../parts/first-run.ts';
import { type ListAge, listAge } from '../parts/list-age.ts';
import { indexNotices, type Notice } from '../parts/notices.ts';
import { noRightsText, seesEverything } from '../parts/what-is-seen.ts';
import type { ImpersonalPage, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { type MapFrame, mapFrames } from '../space/space-map.ts';
import { folderSpacePath } from '../space/space-rows.ts';
import { type HomeCard, homeCards, myCard, type PushCells, pushCells } from './home-cards.ts';
import type { HomeFacts, HomePageParts } from './home-facts.ts';
import { homeFigures } from './home-figures.ts';
import { type HealthLine, healthLines, loginLines } from './home-registry.ts';

export interface HomePageDeps {
  readonly visibility: VisibilityStore;
  readonly repositories: Pick<RepositoryStore, 'list'>;
  readonly space: Pick<SpaceStore, 'total' | 'series' | 'biggest'>;
  readonly activity: Pick<Activity, 'ofView' | 'ofRepositories' | 'pushersToday' | 'pushedBy'>;
  readonly findings: Pick<FindingsStore, 'of'>;
  readonly stars: Pick<Stars, 'of'>;
  readonly firstRun: FirstRunFacts;
  readonly operations: Pick<Operations, 'indexState' | 'registry'>;
  readonly now: () => number;
}

const RECENT = 9;
const BIGGEST = 5;
const MINE = 5;
const TILES = 24;
const SAMPLED_DAYS = 40;
/** Enough to compare today with the same weekday of last week. */
const MIN_DAYS = 14;
const SPARK_DAYS = 14;

export function homePage(deps: HomePageDeps): PageModule {
  return (routes) => {
    routes.get('/', 'browse', async (page) => {
      await page.renderShared('home/home', {
        personal: () => myRepositories(deps, page),
        build: async (common, mine = []) => homeView(common, await homeFacts(deps, common, mine)),
        // Findings are looked for in the background and written nowhere.
        isCacheable: ({ hasFindings }) => hasFindings,
      });
    });
  };
}

async function homeFacts(deps: HomePageDeps, page: ImpersonalPage, mine: HomeFacts['mine']): Promise<HomeFacts> {
  const { repositories, space, activity, now } = deps;
  const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
  const days = Math.max(MIN_DAYS, readPeriod(page));
  const biggest = await repositories.list(seen, { sort: 'size', direction: 'desc', limit: BIGGEST });
  const shown = [...biggest.rows, ...mine.map(({ row }) => row)];
  return {
    firstRun: deps.firstRun,
    index: deps.operations.indexState(),
    registry: deps.operations.registry(),
    at: now(),
    recent: await repositories.list(seen, { sort: 'pushed', direction: 'desc', limit: RECENT }),
    total: await space.total(seen),
    samples: await space.series(seen, '', now() - SAMPLED_DAYS * DAY_MS),
    areas: await space.biggest(seen, { folder: '', measure: 'size', limit: TILES }),
    activity: await activity.ofView(seen, days),
    pushers: await activity.pushersToday(seen),
    sparks: await activity.ofRepositories([...new Set(shown.map((row) => row.id))], SPARK_DAYS),
    findings: await deps.findings.of(seen),
    biggest: biggest.rows,
    mine,
  };
}

/** Starred repositories first, then those that the viewer pushed to most recently. */
async function myRepositories(
  { stars, activity, visibility }: HomePageDeps,
  { viewer, origin }: Page,
): Promise<HomeFacts['mine'] | undefined> {
  if (!viewer.isSignedIn || viewer.user === undefined) return undefined;
  const seen = await visibility.of(viewer.rights, origin.address);
  const starred = await stars.of(viewer.user.id, seen, MINE);
  const pushed = await activity.pushedBy(viewer.subject.name, seen, MINE);
  const others = pushed.filter((row) => !starred.some(({ id }) => id === row.id));
  const mine = [
    ...starred.map((row) => ({ row, isStarred: true })),
    ...others.slice(0, MINE - starred.length).map((row) => ({ row, isStarred: false })),
  ];
  return mine.length === 0 ? undefined : mine;
}

export interface HomeView {
  readonly title: string;
  readonly nav: 'home';
  readonly live: '*';
  readonly host: string;
  readonly state: 'list' | 'empty' | 'no-rights' | 'reading';
  readonly notices: readonly Notice[];
  readonly firstRun: FirstRunView | null;
  readonly noRightsText: string;
  readonly login: readonly { readonly label: string; readonly command: string }[];
  readonly figures: readonly Figure[];
  readonly chart: ActivityChart;
  readonly pushes: readonly PushCells[];
  readonly mine: HomeCard | null;
  readonly cards: readonly HomeCard[];
  readonly map: { readonly title: string; readonly text: string; readonly frames: readonly MapFrame[] };
  readonly health: readonly HealthLine[];
  readonly age: ListAge | null;
  /** False while they are looked for. */
  readonly hasFindings: boolean;
}

const MAP_FRAMES = [
  { id: 'wide', width: 760, height: 250 },
  { id: 'narrow', width: 358, height: 300 },
] as const;

export function homeView(page: HomePageParts, facts: HomeFacts): HomeView {
  const { t, format } = page;
  const state = homeState(facts, page);
  return {
    ...{ title: t('home:title'), nav: 'home', live: '*', host: facts.registry.publicName, state },
    notices: indexNotices(facts.index, page),
    firstRun: state === 'empty' ? firstRun(page, facts.firstRun) : null,
    noRightsText: noRightsText(page),
    login: page.authEnabled ? loginLines(facts.firstRun.reach, page) : [],
    figures: homeFigures(facts, page),
    chart: activityChart(facts.activity.slice(-readPeriod(page)), { page }),
    pushes: facts.recent.rows.filter((row) => row.lastPushedAt !== null).map((row) => pushCells(row, page)),
    mine: myCard(facts, page),
    cards: homeCards(facts, page),
    map: {
      title: t('home:areas'),
      text: t('home:areas_text'),
      frames: mapFrames({
        ...{ rows: facts.areas, measure: 'size', format, frames: MAP_FRAMES },
        hrefOf: (row) => page.url(row.kind === 'repository' ? referencePath(row.path) : folderSpacePath(row.path)),
      }),
    },
    health: healthLines(facts, page),
    age: listAge(page, facts.index),
    hasFindings: facts.findings !== undefined,
  };
}

function homeState({ recent, index }: HomeFacts, { viewer }: HomePageParts): HomeView['state'] {
  if (recent.total > 0) return 'list';
  // A viewer who sees only part of the registry must not be told that it is empty.
  if (!seesEverything(viewer)) return 'no-rights';
  return index.isComplete ? 'empty' : 'reading';
}

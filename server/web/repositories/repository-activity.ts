import type { Activity } from '../../catalog/activity/activity.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { FlatTag, TagStore } from '../../catalog/lists/tags.ts';
import type { EventStore } from '../../notifications/events.ts';
import { activityChart, readPeriod } from '../parts/activity-chart.ts';
import { referencePath } from '../parts/cells.ts';
import { eventCells } from '../parts/event-cells.ts';
import { keyPager } from '../parts/pager.ts';
import { isReader } from '../parts/what-is-seen.ts';
import type { Page } from '../shell/page.ts';
import { type RepositoryHeadDeps, readOwnHead, repositoryFrame, tabName } from './repository-head.ts';

export interface ActivityTabDeps extends RepositoryHeadDeps {
  readonly activity: Pick<Activity, 'ofRepository'>;
  readonly events: Pick<EventStore, 'list'>;
  readonly tags: Pick<TagStore, 'flat'>;
}

export interface PulledTag {
  readonly name: string;
  readonly href: string;
  readonly pulls: string;
  /** Out of 100. */
  readonly width: number;
}

const PAGE_ROWS = 25;
const MAX_TAGS = 20;
const CHART_WIDTH = 760;

export async function showActivity(deps: ActivityTabDeps, page: Page, repository: RepositoryRow): Promise<void> {
  const days = await deps.activity.ofRepository(repository.id, readPeriod(page));
  const mostPulled = { sort: 'pulls', direction: 'desc', limit: MAX_TAGS } as const;
  const { rows } = await deps.tags.flat(repository.id, mostPulled);
  await page.render('repositories/repository-activity', {
    ...repositoryFrame(page, repository, tabName('activity', page)),
    head: await readOwnHead(deps, page, { repository, tab: 'activity' }),
    chart: activityChart(days, { page, width: CHART_WIDTH }),
    pulled: pulledTags(repository.name, rows, page),
    events: await recentEvents(deps, page, repository.name),
    signInHref: page.url(`/login?next=${encodeURIComponent(page.path)}`),
  });
}

export function pulledTags(
  repository: string,
  rows: readonly Pick<FlatTag, 'name' | 'pullCount'>[],
  { url, format }: Pick<Page, 'url' | 'format'>,
): readonly PulledTag[] {
  const most = rows.reduce((largest, row) => Math.max(largest, row.pullCount), 0);
  return rows
    .filter((row) => row.pullCount > 0)
    .map(({ name, pullCount }) => ({
      name,
      href: url(referencePath(`${repository}:${name}`)),
      pulls: format.number(pullCount),
      width: Math.max(1, Math.round((pullCount / most) * 100)),
    }));
}

/** null for anonymous viewers, even of public repositories: events name users. */
async function recentEvents({ events }: ActivityTabDeps, page: Page, repository: string) {
  if (!page.viewer.isSignedIn && !isReader(page)) return null;
  const after = page.query('after') || undefined;
  // `find` has checked already that the viewer may see the repository.
  const found = await events.list({ visible: { all: true }, inRepository: repository, after, limit: PAGE_ROWS });
  return {
    rows: found.rows.map((event) => eventCells(event, page)),
    pager: keyPager(page, found.rows.length, found.next),
    allHref: page.url(`/events?repository=${encodeURIComponent(repository)}`),
  };
}

import { SPACE_SORTS, type SpaceMeasure, type SpaceRow, type SpaceSort } from '../../catalog/space/list.ts';
import type { Sample } from '../../catalog/space/samples.ts';
import type { SpaceOverview, SpaceStore, SpaceSums } from '../../catalog/space/space.ts';
import type { VisibilityStore } from '../../catalog/visibility/visibility.ts';
import { AppError } from '../../errors.ts';
import type { IndexState } from '../../operations/facts.ts';
import { type Column, parseSorting, type Sorting } from '../parts/cells.ts';
import type { Figure } from '../parts/figure.ts';
import { indexNotices, type Notice } from '../parts/notices.ts';
import { listPager, type Pager } from '../parts/pager.ts';
import { DAY_MS, MAX_DAYS, overTime, readDays, type SpaceTime } from '../parts/space-time.ts';
import { noRightsText, seesEverything } from '../parts/what-is-seen.ts';
import type { Crumb, ImpersonalPage, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { type MapFrame, mapFrames } from './space-map.ts';
import { columnLabel, folderSpacePath, rowHref, type SpaceCells, spaceCells, spaceColumns } from './space-rows.ts';

export interface SpacePageDeps {
  readonly visibility: VisibilityStore;
  readonly space: Pick<SpaceStore, 'overview' | 'biggest' | 'series' | 'total'>;
  readonly indexState: () => IndexState;
  readonly now: () => number;
}

export interface SpaceView {
  readonly title: string;
  readonly nav: 'space';
  readonly crumbs: readonly Crumb[];
  readonly heading: string;
  readonly state: 'list' | 'empty' | 'no-rights' | 'reading';
  readonly noRightsText: string;
  readonly notices: readonly Notice[];
  /** null: not computed yet. */
  readonly summedAt: number | null;
  readonly listHref: string;
  readonly figures: readonly Figure[];
  readonly map: {
    readonly title: string;
    readonly text: string;
    readonly more: string | null;
    readonly frames: readonly MapFrame[];
  };
  readonly columns: readonly Column[];
  readonly rows: readonly SpaceCells[];
  readonly pager: Pager;
  readonly time: SpaceTime;
}

const PAGE_ROWS = 50;
const MAX_TILES = 40;
/** Deeper folders have no samples. */
const MAX_SAMPLED_DEPTH = 2;

export function spacePage(deps: SpacePageDeps): PageModule {
  return (routes) => {
    routes.get('/space', 'browse', async (page) => {
      await page.renderShared('space/space', { build: (common) => buildSpace(deps, common) });
    });
  };
}

async function buildSpace(
  { visibility, space, indexState, now }: SpacePageDeps,
  page: ImpersonalPage,
): Promise<SpaceView> {
  const asked = readQuery(page);
  const seen = await visibility.of(page.viewer.rights, page.origin.address);
  const total = await space.total(seen);
  const found = await space.overview(seen, { ...asked, limit: PAGE_ROWS });
  if (found.sums === undefined && asked.folder !== '') throw new AppError('NOT_FOUND', 'There is no such folder');
  const { folder, measure } = asked;
  const biggest = await space.biggest(seen, { folder, measure, limit: MAX_TILES + 1 });
  const samples = await space.series(seen, folder, now() - MAX_DAYS * DAY_MS);
  return spaceView({ page, asked, total, found, biggest, samples, index: indexState(), at: now() });
}

export interface AskedSpace extends Sorting<SpaceSort> {
  readonly folder: string;
  readonly after: string;
  /** The size that the areas show: the sort order of the table, if that is a size. */
  readonly measure: SpaceMeasure;
  readonly days: number;
}

export function readQuery(page: Pick<Page, 'query'>): AskedSpace {
  const sorting = parseSorting<SpaceSort>(SPACE_SORTS, page.query('sort'), page.query('direction'));
  const measure = sorting.sort === 'name' || sorting.sort === 'tags' ? 'size' : sorting.sort;
  const folder = page
    .query('folder')
    .replace(/^\/+|\/+$/g, '')
    .slice(0, 255);
  return { ...sorting, measure, folder, after: page.query('after'), days: readDays(page) };
}

export interface SpaceFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer'>;
  readonly asked: AskedSpace;
  /** Over everything that the viewer sees. */
  readonly total: SpaceSums;
  readonly found: SpaceOverview;
  readonly biggest: readonly SpaceRow[];
  readonly samples: readonly Sample[];
  readonly index: IndexState;
  readonly at: number;
}

export function spaceView(facts: SpaceFacts): SpaceView {
  const { page, asked, total, found, index } = facts;
  const { t, url } = page;
  const isFolder = asked.folder !== '';
  const sums = found.sums ?? total;
  const largest = Math.max(0, ...found.rows.map((row) => row.sizeBytes));
  return {
    title: isFolder ? asked.folder : t('space:title'),
    nav: 'space',
    crumbs: spaceCrumbs(asked.folder, page),
    heading: isFolder ? asked.folder : t('space:title'),
    state: spaceState(facts),
    noRightsText: noRightsText(page),
    notices: indexNotices(index, page),
    summedAt: sums.summedAt === null ? null : total.summedAt,
    listHref: url(isFolder ? `/repositories?folder=${encodeURIComponent(asked.folder)}` : '/repositories'),
    figures: spaceFigures(sums, isFolder, page),
    map: mapOf(facts),
    columns: spaceColumns(asked, page),
    rows: found.rows.map((row) => spaceCells(row, largest, page)),
    pager: listPager(page, { ...found, shown: found.rows.length, total: null, pageRows: PAGE_ROWS }),
    time: spaceTime(facts, sums),
  };
}

function spaceState({ found, index, page }: SpaceFacts): SpaceView['state'] {
  if (found.sums !== undefined) return 'list';
  // A viewer who sees only part of the registry must not be told that it is empty.
  if (!seesEverything(page.viewer)) return 'no-rights';
  return index.isComplete ? 'empty' : 'reading';
}

function spaceCrumbs(folder: string, { url }: Pick<Page, 'url'>): readonly Crumb[] {
  const parts = folder.split('/').filter((part) => part !== '');
  return parts.map((text, index) => {
    const path = parts.slice(0, index + 1).join('/');
    return index === parts.length - 1 ? { text } : { text, href: url(folderSpacePath(path)) };
  });
}

function spaceFigures(sums: SpaceSums, isFolder: boolean, { t, format }: SpaceFacts['page']): readonly Figure[] {
  const figure = (label: string, bytes: number, note: string): Figure => ({
    ...{ label, note, href: null },
    value: sums.summedAt === null ? '…' : format.bytes(bytes),
  });
  const saved = Math.max(0, sums.logicalBytes - sums.sizeBytes);
  const part = format.percent(sums.logicalBytes > 0 ? saved / sums.logicalBytes : 0);
  const all = [
    figure(t('space:figure.stored'), sums.sizeBytes, t('space:figure.stored_note')),
    figure(t('space:figure.logical'), sums.logicalBytes, t('space:figure.logical_note')),
    figure(t('space:figure.saved'), saved, t('space:figure.saved_note', { part })),
    figure(t('space:figure.reclaimable'), sums.reclaimableBytes, t('space:figure.reclaimable_note')),
  ];
  // At the root there is nothing outside.
  if (!isFolder) return all;
  const unique = figure(t('space:figure.unique'), sums.uniqueBytes, t('space:figure.unique_note'));
  return [...all.slice(0, 3), unique, ...all.slice(3)];
}

function mapOf({ page, asked, biggest }: SpaceFacts): SpaceView['map'] {
  const { t, format } = page;
  const hasMore = biggest.length > MAX_TILES;
  const measure = columnLabel(asked.measure, t);
  const hrefOf = (row: SpaceRow) => rowHref(row, page);
  return {
    title: t('space:map.title', { measure }),
    text: t('space:map.text'),
    more: hasMore ? t('space:map.more', { count: MAX_TILES }) : null,
    frames: mapFrames({ rows: biggest.slice(0, MAX_TILES), measure: asked.measure, hrefOf, format }),
  };
}

function spaceTime({ page, asked, samples, at }: SpaceFacts, sums: SpaceSums): SpaceTime {
  const isDeep = asked.folder.split('/').length > MAX_SAMPLED_DEPTH;
  return overTime({
    ...{ page, samples, days: asked.days },
    current: { at, sizeBytes: sums.sizeBytes, logicalBytes: sums.logicalBytes },
    isKnown: sums.summedAt !== null && !isDeep,
    missingText: isDeep ? page.t('space:chart.deep') : page.t('space:chart.soon'),
  });
}

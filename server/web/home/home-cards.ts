import type { ActivityDay } from '../../catalog/activity/activity.ts';
import type { FoundRepository } from '../../catalog/findings/findings.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import { datesOf } from '../parts/activity-chart.ts';
import { referencePath, shareOf, splitName } from '../parts/cells.ts';
import { actor } from '../parts/labels.ts';
import { type Sparkline, sparkline } from '../parts/sparkline.ts';
import { newestTag } from '../repositories/repository-cells.ts';
import type { Page } from '../shell/page.ts';
import type { HomeFacts } from './home-facts.ts';
import { staleSearch } from './home-figures.ts';

type Words = Pick<Page, 't' | 'format' | 'locale' | 'url'>;

/** A short list of repositories. */
export interface HomeCard {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly more: { readonly text: string; readonly href: string } | null;
  readonly rows: readonly HomeRow[];
  /** Shown when there are no rows. */
  readonly emptyText: string;
}

export interface HomeRow {
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly icon: 'star' | 'upload' | null;
  readonly iconLabel: string;
  readonly spark: Sparkline | null;
  /** On the right; `title` is its tooltip. */
  readonly value: string;
  readonly title: string;
  /** Share of the first row's value, 0 to 1; null: no bar. */
  readonly share: number | null;
  readonly note: string;
}

export interface PushCells {
  /** Identifies the push when the page updates itself. */
  readonly key: string;
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly tag: { readonly name: string; readonly href: string } | null;
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly at: number | null;
}

export function pushCells(row: RepositoryRow, page: Pick<Page, 'url'>): PushCells {
  return {
    ...splitName(row.name),
    key: `${row.name} ${row.lastPushedAt}`,
    href: page.url(referencePath(row.name)),
    tag: newestTag(row, page),
    by: actor(row.lastPushedBy, row.lastPushConfirmed),
    at: row.lastPushedAt,
  };
}

export function homeCards(facts: HomeFacts, page: Words): readonly HomeCard[] {
  return [biggestCard(facts, page), fastestCard(facts, page), staleCard(facts, page)];
}

/** @returns null when the viewer has neither starred nor pushed anything: the card is left out. */
export function myCard({ mine, sparks }: HomeFacts, page: Words): HomeCard | null {
  const { t, format } = page;
  if (mine.length === 0) return null;
  return {
    ...{ id: 'mine', title: t('home:mine'), note: '', more: null, emptyText: '' },
    rows: mine.map(({ row, isStarred }) => ({
      ...plainRow(row.name, page),
      icon: isStarred ? 'star' : 'upload',
      iconLabel: isStarred ? t('home:starred') : t('home:pushed_by_you'),
      spark: sparkOf(row.id, sparks, page),
      value: row.lastPushedAt === null ? '' : format.relative(row.lastPushedAt),
      title: row.lastPushedAt === null ? '' : t('home:pushed_at', { when: format.dateTime(row.lastPushedAt) }),
      note: row.newestTag ?? '',
    })),
  };
}

function biggestCard({ biggest, sparks }: HomeFacts, page: Words): HomeCard {
  const { t, format, url } = page;
  const largest = biggest[0]?.sizeBytes ?? 0;
  return {
    ...{ id: 'biggest', title: t('home:biggest'), note: t('home:biggest_note') },
    more: { text: t('home:all'), href: url('/repositories?sort=size') },
    emptyText: t('home:biggest_none'),
    rows: biggest
      .filter((row) => row.sizeBytes > 0)
      .map((row) => ({
        ...plainRow(row.name, page),
        spark: sparkOf(row.id, sparks, page),
        value: format.bytes(row.sizeBytes),
        share: shareOf(row.sizeBytes, largest),
      })),
  };
}

function fastestCard({ findings }: HomeFacts, page: Words): HomeCard {
  const { t, format, locale } = page;
  const since = findings?.grownSince ?? null;
  const rows = findings?.fastest ?? [];
  const largest = rows[0]?.grownBytes ?? 0;
  return {
    ...{ id: 'fastest', title: t('home:fastest'), more: null },
    note: since === null ? '' : t('home:fastest_note', { date: datesOf(locale).short.format(since) }),
    emptyText: emptyFastest(findings, t),
    rows: rows.map((row) => ({
      ...plainRow(row.name, page),
      value: `+${format.bytes(row.grownBytes)}`,
      share: shareOf(row.grownBytes, largest),
    })),
  };
}

function emptyFastest(findings: HomeFacts['findings'], t: Page['t']): string {
  if (findings === undefined) return t('home:looking');
  return findings.grownSince === null ? t('home:fastest_soon') : t('home:fastest_none');
}

function staleCard({ findings, index }: HomeFacts, page: Words): HomeCard {
  const { t, format, url } = page;
  const isWatched = index.polled === undefined;
  const rows = isWatched ? (findings?.stalest ?? []) : [];
  const bytes = isWatched ? (findings?.staleBytes ?? 0) : 0;
  return {
    ...{ id: 'stale', title: t('home:stale'), more: { text: t('home:all'), href: url(staleSearch()) } },
    note: bytes === 0 ? '' : t('home:stale_bytes', { size: format.bytes(bytes) }),
    emptyText: isWatched ? t(findings === undefined ? 'home:looking' : 'home:stale_none') : t('home:unreported'),
    rows: rows.map((row) => staleRow(row, rows[0]?.staleBytes ?? 0, page)),
  };
}

function staleRow(row: FoundRepository, largest: number, page: Words): HomeRow {
  const { t, format, url } = page;
  const when = row.stalePulledAt === 0 ? t('home:never_pulled') : format.relative(row.stalePulledAt);
  return {
    ...plainRow(row.name, page),
    href: url(staleSearch(row.name)),
    value: format.bytes(row.staleBytes),
    share: shareOf(row.staleBytes, largest),
    note: t('home:stale_images', { count: row.staleCount, formatted: format.number(row.staleCount) }),
    title: t('home:stale_pulled', { when }),
  };
}

function plainRow(name: string, { url }: Words): HomeRow {
  return {
    ...splitName(name),
    href: url(referencePath(name)),
    ...{ icon: null, iconLabel: '', spark: null, value: '', title: '', share: null, note: '' },
  };
}

function sparkOf(id: number, sparks: HomeFacts['sparks'], page: Words): Sparkline | null {
  const points: readonly ActivityDay[] | undefined = sparks.get(id);
  return points === undefined ? null : sparkline(points, page);
}

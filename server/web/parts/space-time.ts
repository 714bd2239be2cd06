/** Space over time: chart, selectable periods, growth. */
import type { Page } from '../shell/page.ts';
import { chartPoints, type DrawnSample, growth, type Point, type SpaceChart, spaceChart } from './space-chart.ts';

export const DAY_MS = 24 * 3600_000;
const PERIODS = [30, 90, 400] as const;
export const MAX_DAYS = PERIODS[2];

export interface SpaceTime {
  /** null: `text` says why there is none. */
  readonly chart: SpaceChart | null;
  readonly text: string;
  readonly periods: readonly { readonly text: string; readonly href: string; readonly isCurrent: boolean }[];
  readonly growth: readonly string[];
}

export interface TimeFacts {
  readonly page: Pick<Page, 't' | 'format' | 'urlWith'>;
  readonly samples: readonly DrawnSample[];
  readonly current: Point;
  readonly days: number;
  /** false: sizes are not computed yet, or there are none. */
  readonly isKnown: boolean;
  readonly missingText: string;
}

/** @returns the period of the query in days; the first of `PERIODS` for anything unknown. */
export function readDays({ query }: Pick<Page, 'query'>): number {
  return PERIODS.find((period) => String(period) === query('days')) ?? PERIODS[0];
}

export function overTime({ page, samples, current, days, isKnown, missingText }: TimeFacts): SpaceTime {
  const { t, urlWith } = page;
  const points = pointsSince(chartPoints(samples, current), current.at - days * DAY_MS);
  return {
    chart: (isKnown ? spaceChart(points, page) : undefined) ?? null,
    text: missingText,
    periods: PERIODS.map((period) => ({
      text: t('space:chart.days', { count: period }),
      href: urlWith({ days: period === PERIODS[0] ? null : period }),
      isCurrent: period === days,
    })),
    growth: [7, 30].flatMap((period) => growthText(growth(samples, current, period), period, page)),
  };
}

/** The points of the period; the value before it becomes its first point. */
function pointsSince(points: readonly Point[], start: number): readonly Point[] {
  const before = points.filter(({ at }) => at < start).at(-1);
  const shown = points.filter(({ at }) => at >= start);
  return before === undefined ? shown : [{ ...before, at: start }, ...shown];
}

function growthText(bytes: number | undefined, days: number, { t, format }: TimeFacts['page']): readonly string[] {
  if (bytes === undefined) return [];
  if (bytes === 0) return [t('space:growth.none', { count: days })];
  return [t('space:growth.some', { size: format.signedBytes(bytes), count: days })];
}

import type { ActivityDay } from '../../catalog/activity/activity.ts';
import type { Page } from '../shell/page.ts';
import { linePath, toTenth } from './chart-lines.ts';

export interface Sparkline {
  readonly width: number;
  readonly height: number;
  /** '' when all values are zero. */
  readonly line: string;
  /** The chart in words. */
  readonly title: string;
}

const WIDTH = 88;
const HEIGHT = 22;
const EDGE = 2;

/** A small chart of pulls per day; each has a scale of its own. */
export function sparkline(points: readonly ActivityDay[], { t, format }: Pick<Page, 't' | 'format'>): Sparkline {
  const total = points.reduce((sum, { pulls }) => sum + pulls, 0);
  const most = Math.max(1, ...points.map(({ pulls }) => pulls));
  const step = (WIDTH - 2 * EDGE) / Math.max(1, points.length - 1);
  const spots = points.map(({ pulls }, index) => ({
    x: toTenth(EDGE + index * step),
    y: toTenth(HEIGHT - EDGE - (pulls / most) * (HEIGHT - 2 * EDGE)),
  }));
  return {
    ...{ width: WIDTH, height: HEIGHT },
    line: total === 0 ? '' : linePath(spots, points.length <= 31),
    title: t('parts:activity.spark', { count: points.length, total: format.number(total) }),
  };
}

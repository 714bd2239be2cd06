/** Pulls and pushes per day as an SVG: two panels over one axis of days, because pulls outnumber pushes by far. */
import type { ActivityDay } from '../../catalog/activity/activity.ts';
import { remembering } from '../shell/format.ts';
import type { Page } from '../shell/page.ts';
import { axisTop, linePath, type Spot, toTenth } from './chart-lines.ts';

export const ACTIVITY_PERIODS = [14, 90, 365] as const;
export type ActivityPeriod = (typeof ACTIVITY_PERIODS)[number];

/** There is one picture for wide screens and one for phones, because text in an SVG scales with it. */
export interface ActivityFrame {
  readonly id: 'wide' | 'narrow';
  readonly width: number;
  readonly height: number;
  readonly panels: readonly ActivityPanel[];
  readonly labels: readonly {
    readonly x: number;
    readonly anchor: 'start' | 'middle' | 'end';
    readonly text: string;
  }[];
  /** The areas that show a tip under the pointer. */
  readonly columns: readonly ActivityColumn[];
}

export interface ActivityPanel {
  readonly kind: 'pulls' | 'pushes';
  readonly title: string;
  readonly top: number;
  readonly bottom: number;
  /** One bar for each day with a value; used for pushes, which are rare. */
  readonly bars: readonly ActivityBar[];
  /** The line up to yesterday; '' when bars are drawn. */
  readonly line: string;
  /** The line from yesterday to today, drawn differently because today is incomplete. */
  readonly today: string;
  /** The area below the line; '' when only the line is drawn. */
  readonly area: string;
  readonly grid: readonly { readonly y: number; readonly label: string }[];
}

export interface ActivityBar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Today is incomplete. */
  readonly isToday: boolean;
}

/** The tip of the column that the pointer or the focus is on. */
export interface ActivityTip {
  readonly x: number;
  readonly width: number;
  readonly date: string;
  readonly values: string;
}

export interface ActivityColumn {
  readonly tip: ActivityTip;
  readonly x: number;
  readonly left: number;
  readonly width: number;
  readonly pullsY: number;
  readonly pushesY: number;
  readonly title: string;
}

export interface ActivityChart {
  readonly summary: string;
  /** All values are zero, so no axis is drawn. */
  readonly isEmpty: boolean;
  readonly frames: readonly ActivityFrame[];
  readonly rows: readonly { readonly date: string; readonly pulls: string; readonly pushes: string }[];
  readonly periods: readonly { readonly text: string; readonly href: string; readonly isCurrent: boolean }[];
}

export interface ActivityChartOptions {
  readonly page: Pick<Page, 't' | 'format' | 'locale' | 'urlWith'>;
  /** Width of the wide frame: about the pixels available, so that text is shown at its normal size. */
  readonly width?: number;
}

const HEIGHTS = { wide: 300, narrow: 236 } as const;
const NARROW_WIDTH = 318;
const PANELS = {
  wide: { pulls: { top: 28, bottom: 190 }, pushes: { top: 224, bottom: 272 } },
  narrow: { pulls: { top: 26, bottom: 142 }, pushes: { top: 172, bottom: 210 } },
} as const;
const LEFT = 8;
/** Room for the numbers of the axis, so that no line crosses them. */
const RIGHT = 44;
const LABEL_EVERY = 120;
const MAX_BAR_WIDTH = 14;
const MIN_BAR_HEIGHT = 2;
// Of the sans-serif font at 12 px; TIP_PADDING is the room around the text.
const CHARACTER_WIDTH = 6.4;
const WIDE_CHARACTER_WIDTH = 12.5;
const TIP_PADDING = 20;
/** With more points, straight lines are drawn. */
const MAX_CURVED = 31;

/** The period of the query; the shortest for anything unknown. */
export function readPeriod(page: Pick<Page, 'query'>): ActivityPeriod {
  return ACTIVITY_PERIODS.find((days) => String(days) === page.query('days')) ?? ACTIVITY_PERIODS[0];
}

/** @param points one per day, oldest first; as many as one of the periods has */
export function activityChart(points: readonly ActivityDay[], options: ActivityChartOptions): ActivityChart {
  const { page, width = 720 } = options;
  const { t, format, locale, urlWith } = page;
  const dates = datesOf(locale);
  const [pulls, pushes] = [sumOf(points, 'pulls'), sumOf(points, 'pushes')];
  const isEmpty = pulls + pushes === 0;
  return {
    summary: t('parts:activity.summary', { count: points.length, ...inWords({ pulls, pushes }, page) }),
    isEmpty,
    frames: isEmpty ? [] : frames(width, points, page),
    rows: points
      .map(({ day, ...counts }) => ({
        date: dates.long.format(day),
        pulls: format.number(counts.pulls),
        pushes: format.number(counts.pushes),
      }))
      .reverse(),
    periods: ACTIVITY_PERIODS.map((days) => ({
      text: periodText(days, t),
      href: urlWith({ days: days === ACTIVITY_PERIODS[0] ? null : days }),
      isCurrent: days === points.length,
    })),
  };
}

function periodText(days: ActivityPeriod, t: Page['t']): string {
  return days === 365 ? t('parts:activity.year') : t('parts:activity.days', { count: days });
}

function inWords({ pulls, pushes }: Omit<ActivityDay, 'day'>, { t, format }: Pick<Page, 't' | 'format'>) {
  return {
    pulls: t('parts:activity.pull_count', { count: pulls, formatted: format.number(pulls) }),
    pushes: t('parts:activity.push_count', { count: pushes, formatted: format.number(pushes) }),
  };
}

function sumOf(points: readonly ActivityDay[], kind: ActivityPanel['kind']): number {
  return points.reduce((sum, point) => sum + point[kind], 0);
}

/** Days are midnight UTC of their date (see `storage/calendar.ts`), so they are formatted in UTC. */
export const datesOf = remembering((locale: string) => {
  const zone = { timeZone: 'UTC' } as const;
  return {
    short: new Intl.DateTimeFormat(locale, { ...zone, month: 'short', day: 'numeric' }),
    long: new Intl.DateTimeFormat(locale, { ...zone, dateStyle: 'medium' }),
    // 周五 instead of 星期五, because it can follow 上 ("last").
    weekday: new Intl.DateTimeFormat(locale, { ...zone, weekday: locale.startsWith('zh') ? 'short' : 'long' }),
  };
});

const shortNumbersOf = remembering(
  (locale: string) => new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }),
);

function frames(
  width: number,
  points: readonly ActivityDay[],
  page: ActivityChartOptions['page'],
): readonly ActivityFrame[] {
  const { long } = datesOf(page.locale);
  const texts = points.map((point): ColumnText => {
    const [date, counts] = [long.format(point.day), inWords(point, page)];
    return {
      date,
      values: `${counts.pulls} · ${counts.pushes}`,
      title: page.t('parts:activity.day', { date, ...counts }),
    };
  });
  return [frame('wide', width, points, texts, page), frame('narrow', NARROW_WIDTH, points, texts, page)];
}

type ColumnText = Pick<ActivityTip, 'date' | 'values'> & Pick<ActivityColumn, 'title'>;

function frame(
  id: ActivityFrame['id'],
  width: number,
  points: readonly ActivityDay[],
  texts: readonly ColumnText[],
  page: ActivityChartOptions['page'],
): ActivityFrame {
  const step = (width - LEFT - RIGHT) / Math.max(1, points.length - 1);
  const x = (index: number) => toTenth(LEFT + index * step);
  const pulls = panel('pulls', PANELS[id].pulls, points, x, page);
  const pushes = panel('pushes', PANELS[id].pushes, points, x, page);
  return {
    ...{ id, width, height: HEIGHTS[id], panels: [pulls.panel, pushes.panel] },
    labels: dayLabels(width, points, x, page.locale),
    columns: columns(points, texts, x, { width, step }, { pulls, pushes }),
  };
}

interface Drawn {
  readonly panel: ActivityPanel;
  readonly y: (value: number) => number;
}

function panel(
  kind: ActivityPanel['kind'],
  { top, bottom }: Pick<ActivityPanel, 'top' | 'bottom'>,
  points: readonly ActivityDay[],
  x: (index: number) => number,
  { t, format, locale }: ActivityChartOptions['page'],
): Drawn {
  const most = axisTop(Math.max(0, ...points.map((point) => point[kind])));
  const y = (value: number) => toTenth(bottom - (value / most) * (bottom - top));
  const spots: Spot[] = points.map((point, index) => ({ x: x(index), y: y(point[kind]) }));
  const isCurved = points.length <= MAX_CURVED;
  const whole = spots.slice(0, -1);
  const [first, last] = [spots[0]?.x ?? 0, whole.at(-1)?.x ?? 0];
  const isLine = kind === 'pulls';
  const line = isLine ? linePath(whole, isCurved) : '';
  const total = format.number(sumOf(points, kind));
  const short = shortNumbersOf(locale);
  const shares = kind === 'pulls' ? [0.5, 1] : [1];
  const steps = most < 2 ? [1] : shares;
  return {
    y,
    panel: {
      ...{ kind, top, bottom, line },
      bars: isLine ? [] : barsOf(spots, bottom),
      today: isLine ? linePath(spots.slice(-2), false) : '',
      title: isLine
        ? t('parts:activity.pulls_sum', { total, count: points.length })
        : t('parts:activity.pushes_sum', { total, count: points.length }),
      area: isLine ? `${line}L${last} ${bottom}L${first} ${bottom}Z` : '',
      grid: steps.map((share) => ({ y: y(most * share), label: short.format(most * share) })),
    },
  };
}

function barsOf(spots: readonly Spot[], bottom: number): readonly ActivityBar[] {
  const step = (spots[1]?.x ?? 0) - (spots[0]?.x ?? 0);
  const width = toTenth(Math.max(1, Math.min(MAX_BAR_WIDTH, step * 0.6)));
  return spots.flatMap(({ x, y }, index) => {
    if (y >= bottom) return [];
    const height = toTenth(Math.max(MIN_BAR_HEIGHT, bottom - y));
    return [{ x: toTenth(x - width / 2), y: bottom - height, width, height, isToday: index === spots.length - 1 }];
  });
}

function dayLabels(
  width: number,
  points: readonly ActivityDay[],
  x: (index: number) => number,
  locale: string,
): ActivityFrame['labels'] {
  const { short } = datesOf(locale);
  const last = points.length - 1;
  const count = Math.max(1, Math.min(last, Math.floor(width / LABEL_EVERY)));
  const places = [...new Set(Array.from({ length: count + 1 }, (_, index) => Math.round((last * index) / count)))];
  return places.map((index) => ({
    x: x(index),
    anchor: index === 0 ? 'start' : 'middle',
    text: short.format(points[index]?.day ?? 0),
  }));
}

function columns(
  points: readonly ActivityDay[],
  texts: readonly ColumnText[],
  x: (index: number) => number,
  { width, step }: { readonly width: number; readonly step: number },
  { pulls, pushes }: { readonly pulls: Drawn; readonly pushes: Drawn },
): readonly ActivityColumn[] {
  return points.map((point, index) => ({
    x: x(index),
    left: toTenth(x(index) - step / 2),
    width: toTenth(step),
    pullsY: pulls.y(point.pulls),
    pushesY: pushes.y(point.pushes),
    title: texts[index]?.title ?? '',
    tip: tipOf(x(index), width, texts[index] ?? { date: '', values: '' }),
  }));
}

/** Places the tip beside its day, inside of the picture. */
function tipOf(x: number, frameWidth: number, { date, values }: Pick<ActivityTip, 'date' | 'values'>): ActivityTip {
  const width = Math.ceil(Math.max(widthOf(date), widthOf(values)) + TIP_PADDING);
  return { date, values, width, x: toTenth(Math.min(Math.max(0, x - width / 2), frameWidth - width)) };
}

function widthOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + (letter > '\u2e7f' ? WIDE_CHARACTER_WIDTH : CHARACTER_WIDTH), 0);
}

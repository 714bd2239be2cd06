/** Space over time as the points of two curves. Labels are not part of the SVG, so that it can be stretched. */
import type { Sample } from '../../catalog/space/samples.ts';
import type { Page } from '../shell/page.ts';
import { axisTop, toTenth } from './chart-lines.ts';

const DAY_MS = 24 * 3600_000;
export const CHART_WIDTH = 1000;
export const CHART_HEIGHT = 200;
const X_LABELS = 5;
const Y_STEPS = 4;

/** A sample of a folder or a repository. */
export type DrawnSample = Pick<Sample, 'dayAt' | 'sizeBytes' | 'logicalBytes'>;

export interface Point {
  readonly at: number;
  readonly sizeBytes: number;
  readonly logicalBytes: number;
}

export interface SpaceChart {
  /** Values of the attribute `points`. */
  readonly stored: string;
  readonly storedLine: string;
  readonly logical: string;
  readonly grid: readonly number[];
  /** From top to bottom. */
  readonly yLabels: readonly string[];
  /** From left to right, at equal distances. */
  readonly xLabels: readonly { readonly text: string; readonly ms: number }[];
  /** The tips of the points, for pointer and focus. */
  readonly days: readonly {
    readonly x: number;
    readonly left: number;
    readonly width: number;
    readonly text: string;
  }[];
  /** The chart in words, for screen readers. */
  readonly summary: string;
}

/** A day without a sample has the value of the day before, so the curve has steps. */
export function chartPoints(samples: readonly DrawnSample[], current: Point): readonly Point[] {
  const known: Point[] = samples
    .filter(({ dayAt }) => dayAt < current.at)
    .map(({ dayAt, sizeBytes, logicalBytes }) => ({ at: dayAt, sizeBytes, logicalBytes }));
  const points: Point[] = [];
  for (const point of [...known, current]) {
    const last = points.at(-1);
    if (last !== undefined && point.at - last.at > DAY_MS) points.push({ ...last, at: point.at - DAY_MS });
    points.push(point);
  }
  return points;
}

/** @returns the growth in bytes over the last `days`; undefined when there is no sample that old. */
export function growth(samples: readonly DrawnSample[], current: Point, days: number): number | undefined {
  const then = current.at - days * DAY_MS;
  const before = samples.filter(({ dayAt }) => dayAt <= then).at(-1);
  return before && current.sizeBytes - before.sizeBytes;
}

/** @returns undefined while there are not two days to connect. */
export function spaceChart(
  points: readonly Point[],
  { t, format }: Pick<Page, 't' | 'format'>,
): SpaceChart | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  const top = axisTop(Math.max(...points.map((point) => Math.max(point.sizeBytes, point.logicalBytes))));
  const x = (at: number) => ((at - first.at) / (last.at - first.at)) * CHART_WIDTH;
  const y = (bytes: number) => CHART_HEIGHT - (bytes / top) * CHART_HEIGHT;
  const line = (value: (point: Point) => number) =>
    points.map((point) => `${toTenth(x(point.at))},${toTenth(y(value(point)))}`).join(' ');
  const storedLine = line((point) => point.sizeBytes);
  return {
    stored: `0,${CHART_HEIGHT} ${storedLine} ${CHART_WIDTH},${CHART_HEIGHT}`,
    storedLine,
    logical: line((point) => point.logicalBytes),
    grid: Array.from({ length: Y_STEPS }, (_, step) => (step / Y_STEPS) * CHART_HEIGHT),
    yLabels: Array.from({ length: Y_STEPS + 1 }, (_, step) => format.bytes(top * (1 - step / Y_STEPS))),
    xLabels: xLabels(first.at, last.at, format),
    days: daysOf(points, x, { t, format }),
    summary: t('space:chart.summary', {
      from: format.date(first.at),
      to: format.date(last.at),
      before: format.bytes(first.sizeBytes),
      after: format.bytes(last.sizeBytes),
    }),
  };
}

/** The hover area of a day reaches half way to its neighbours. */
function daysOf(
  points: readonly Point[],
  x: (at: number) => number,
  { t, format }: Pick<Page, 't' | 'format'>,
): SpaceChart['days'] {
  const places = points.map(({ at }) => x(at));
  return points.map(({ at, sizeBytes, logicalBytes }, index) => {
    const here = places[index] ?? 0;
    const left = (here + (places[index - 1] ?? here)) / 2;
    const right = (here + (places[index + 1] ?? here)) / 2;
    const sizes = { stored: format.bytes(sizeBytes), logical: format.bytes(logicalBytes) };
    const text = t('space:chart.day', { date: format.date(at), ...sizes });
    return { text, x: toTenth(here), left: toTenth(left), width: toTenth(Math.max(1, right - left)) };
  });
}

function xLabels(from: number, to: number, format: Page['format']): SpaceChart['xLabels'] {
  const days = Math.max(1, Math.floor((to - from) / DAY_MS));
  const count = Math.min(X_LABELS, days + 1);
  return Array.from({ length: count }, (_, index) => {
    const ms = from + ((to - from) * index) / Math.max(1, count - 1);
    return { text: format.date(ms), ms };
  });
}

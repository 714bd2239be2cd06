/** Builds a page of results from few candidates or from a scan. */
import type { Database } from '../../storage/database.ts';
import { decodeCursor, encodeCursor, type Position, rowLimit } from '../base/cursor.ts';
import { cappedTotal, MAX_COUNTED, type Total } from '../base/key-page.ts';
import { type Place, positionOf, type Scan, scan } from './scan.ts';

export interface Found<Hit> {
  readonly rows: readonly Hit[];
  readonly next: string | undefined;
  /** Only with the first page. */
  readonly total: Total | undefined;
  /** The search covered everything newer than this (epoch milliseconds); undefined: everything, or the page is full. */
  readonly searchedTo: number | undefined;
}

export interface AskedResults {
  readonly after?: string | undefined;
  readonly limit: number;
}

export const NOTHING_FOUND: Found<never> = {
  rows: [],
  next: undefined,
  total: { total: 0, isExact: true },
  searchedTo: undefined,
};

/** A match with its rank: better ones first, then newer ones. */
export interface Ranked extends Place {
  readonly score: number;
}

export type PageOfMatches = Found<Place>;

/** Sorts and pages matches that are all known. */
export function pageOfCandidates(matches: readonly Ranked[], asked: AskedResults): PageOfMatches {
  const limit = rowLimit(asked.limit);
  const sorted = [...matches].sort(byRank);
  const after = fewPosition(asked.after);
  const behind = after === undefined ? sorted : sorted.filter((match) => byRank(after, match) < 0);
  const rows = behind.slice(0, limit);
  const last = rows.at(-1);
  const next =
    behind.length > limit && last !== undefined
      ? encodeCursor({ ...positionOf(last), part: `few.${last.score}` })
      : undefined;
  const total = after === undefined ? cappedTotal(matches.length) : undefined;
  return { rows, next, total, searchedTo: undefined };
}

function byRank(one: Ranked, other: Ranked): number {
  return other.score - one.score || other.value - one.value || compareKeys(other.key, one.key);
}

/** Keys of images are numbers, which cursors contain as text. */
function compareKeys(one: Place['key'], other: Place['key']): number {
  const isNumber = typeof one === 'number' || typeof other === 'number';
  if (isNumber) return Number(one) - Number(other);
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function fewPosition(after: string | undefined): Ranked | undefined {
  const position = decodeCursor(after);
  const score = /^few\.(\d)$/.exec(position?.part ?? '')?.[1];
  if (position === undefined || typeof position.value !== 'number' || score === undefined) return undefined;
  return { value: position.value, key: position.key, score: Number(score) };
}

/** For many matches: reads the newest first. */
export async function pageOfScan(db: Database, list: Scan, asked: AskedResults): Promise<PageOfMatches> {
  const limit = rowLimit(asked.limit);
  const after = scanPosition(asked.after);
  const { places, stoppedAt } = await scan(db, list, after, limit + 1);
  const isFull = places.length > limit;
  const rows = places.slice(0, limit);
  const last = isFull ? rows.at(-1) : stoppedAt;
  return {
    rows,
    next: last && encodeCursor({ ...positionOf(last), part: 'scan' }),
    total: after === undefined ? totalOf(places.length, stoppedAt === undefined) : undefined,
    searchedTo: isFull ? undefined : stoppedAt?.value,
  };
}

/** Exact when everything was read. */
function totalOf(met: number, isEverything: boolean): Total {
  return isEverything ? cappedTotal(met) : { total: Math.min(met, MAX_COUNTED), isExact: false };
}

function scanPosition(after: string | undefined): Position | undefined {
  const position = decodeCursor(after);
  return position?.part === 'scan' && typeof position.value === 'number' ? position : undefined;
}

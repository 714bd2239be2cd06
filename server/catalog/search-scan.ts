/**
 * Reading a list newest first in windows, until a page of matches is full. No query reads more than one window, others
 * get their turn between two, and a request that has read enough says how far it came.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { Position } from './cursor.ts';
import { MOST_COUNTED, type Total } from './key-page.ts';
import type { Condition } from './search-conditions.ts';

/** Small at first: what is frequent is met at once. */
const WINDOWS = [200, 400, 600, 800, 1000, 1000, 1000, 1000, 1000] as const;
const COUNTED_WINDOW = 600;
const TURN_MS = 25;

export interface Scan {
  /** Rows behind a position as `value, key`, newest first; at most `size`. */
  readonly window: (position: Position | undefined, size: number) => RawBuilder<unknown>;
  /** The tables of a match beside the window, which is called `seen`; joined on its key. */
  readonly joined: RawBuilder<unknown>;
  readonly where: Condition;
}

export interface Place {
  readonly value: number;
  readonly key: number | string;
}

export interface Scanned {
  /** At most one more than asked for. */
  readonly places: readonly Place[];
  /** Where it stopped before the end without a full page. */
  readonly stoppedAt: Place | undefined;
}

export async function scan(db: Database, list: Scan, after: Position | undefined, limit: number): Promise<Scanned> {
  const places: Place[] = [];
  let position = after;
  let stoppedAt: Place | undefined;
  let turnAt = performance.now();
  for (const size of WINDOWS) {
    const window = list.window(position, size);
    places.push(...(await matches(db, list, window, limit + 1 - places.length)));
    if (places.length > limit) return { places, stoppedAt: undefined };
    stoppedAt = await lastOf(db, window, size);
    if (stoppedAt === undefined) return { places, stoppedAt };
    position = positionOf(stoppedAt);
    // Not after each window: whoever gives way to fifty others waits for all of them.
    if (performance.now() - turnAt < TURN_MS) continue;
    await nextTurn();
    turnAt = performance.now();
  }
  return { places, stoppedAt };
}

/** Of the newest rows; exact where that is all. */
export async function countNewest(db: Database, list: Scan): Promise<Total> {
  const window = list.window(undefined, COUNTED_WINDOW);
  const { rows } = await sql<{ total: number }>`select count(*) as total from
    (select 1 from ${from(list, window)} limit ${MOST_COUNTED + 1}) as bounded`.execute(db);
  const total = Number(rows[0]?.total ?? 0);
  const isExact = total <= MOST_COUNTED && (await lastOf(db, window, COUNTED_WINDOW)) === undefined;
  return { total: Math.min(total, MOST_COUNTED), isExact };
}

export function positionOf({ value, key }: Place): Position {
  return { value, key: String(key) };
}

async function matches(
  db: Database,
  list: Scan,
  window: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Place[]> {
  const { rows } = await sql<Place>`select seen.value as value, seen.key as key from ${from(list, window)}
    order by seen.value desc, seen.key desc limit ${limit}`.execute(db);
  return rows;
}

/** A cross join, because SQLite keeps its order: the window first, then what belongs to its rows. */
function from({ joined, where }: Scan, window: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(${window}) as seen cross join ${joined} where ${where}`;
}

/** @returns undefined when the window was the last. */
async function lastOf(db: Database, window: RawBuilder<unknown>, size: number): Promise<Place | undefined> {
  const { rows } = await sql<Place>`select seen.value as value, seen.key as key from (${window}) as seen
    order by seen.value desc, seen.key desc limit 1 offset ${size - 1}`.execute(db);
  return rows[0];
}

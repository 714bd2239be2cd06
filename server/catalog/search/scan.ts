/**
 * Reading a list newest first in windows, until a page of matches is full. No query reads more than one window, others
 * get their turn between two, and a request that has read enough says how far it came.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { Position } from '../base/cursor.ts';
import { isVisible, NOTHING, type Visibility } from '../visibility/visibility.ts';
import type { Condition } from './conditions.ts';

/** Small at first: what is frequent is met at once. */
const WINDOWS = [400, 600, 800, 800, 800, 1000, 1000, 1000, 1000] as const;
const TURN_MS = 60;

export interface Reading {
  readonly position: Position | undefined;
  readonly size: number;
  readonly offset: number;
}

export interface Scan {
  /** Rows behind a position, newest first: `value, key` and the columns given. */
  readonly window: (reading: Reading, columns: RawBuilder<unknown>) => RawBuilder<unknown>;
  /** All that the index of the window has beside these: `, name`. */
  readonly columns: RawBuilder<unknown>;
  /** For `from`: the window with what belongs to its rows, and the condition. */
  readonly matching: (window: RawBuilder<unknown>) => RawBuilder<unknown>;
}

export interface Place {
  readonly value: number;
  readonly key: number | string;
}

export interface Scanned {
  /** All matches that were met: often more than asked for. */
  readonly places: readonly Place[];
  /** Where it stopped before the end. */
  readonly stoppedAt: Place | undefined;
}

/** @param wanted So many matches are enough. */
export async function scan(db: Database, list: Scan, after: Position | undefined, wanted: number): Promise<Scanned> {
  const places: Place[] = [];
  let position = after;
  let stoppedAt: Place | undefined;
  let turnAt = performance.now();
  for (const size of WINDOWS) {
    const reading = { position, size, offset: 0 };
    places.push(...(await matches(db, list, reading)));
    stoppedAt = await lastOf(db, list, reading);
    if (stoppedAt === undefined || places.length >= wanted) break;
    position = positionOf(stoppedAt);
    // Not after each window: whoever gives way to fifty others waits for all of them.
    if (performance.now() - turnAt < TURN_MS) continue;
    await nextTurn();
    turnAt = performance.now();
  }
  return { places, stoppedAt };
}

export function positionOf({ value, key }: Place): Position {
  return { value, key: String(key) };
}

async function matches(db: Database, { window, columns, matching }: Scan, reading: Reading): Promise<readonly Place[]> {
  const { rows } = await sql<Place>`
    select value, key from ${matching(window(reading, columns))} order by value desc, key desc`.execute(db);
  return rows;
}

/** @returns undefined when the window was the last. */
async function lastOf(db: Database, { window }: Scan, { position, size }: Reading): Promise<Place | undefined> {
  const { rows } = await sql<Place>`${window({ position, size: 1, offset: size - 1 }, sql``)}`.execute(db);
  return rows[0];
}

/**
 * As `isVisible`. A table of its own instead of a condition, because SQLite keeps the order of a cross join and so finds
 * out who may see a row before it looks at anything else of it.
 */
export function visibleTo(visibility: Visibility, column: string, others: Condition): Visible {
  if (visibility.all || visibility.id === NOTHING.id) {
    return { join: sql``, where: sql`${isVisible(visibility, column)} and ${others}` };
  }
  return {
    join: sql`cross join visible_repositories as allowed`,
    // The first half is never true: it keeps the second from being asked before.
    where: sql`allowed.visibility_id = ${visibility.id} and allowed.repository_id = ${sql.ref(column)}
      and (allowed.repository_id < 0 or ${others})`,
  };
}

export interface Visible {
  readonly join: RawBuilder<unknown>;
  readonly where: Condition;
}

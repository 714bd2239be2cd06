/**
 * Reads a list in windows, newest first, until a page of matches is full. Each query reads one window, other requests
 * get a turn in between, and a request that has read enough reports how far it came.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { Position } from '../base/cursor.ts';
import { isVisible, NOTHING, type Visibility } from '../visibility/visibility.ts';
import type { Condition } from './conditions.ts';

/** Small at first: frequent matches are found at once. */
const WINDOWS = [400, 600, 800, 800, 800, 1000, 1000, 1000, 1000] as const;
const TURN_MS = 60;

export interface Reading {
  readonly position: Position | undefined;
  readonly size: number;
  readonly offset: number;
}

export interface Scan {
  /** Rows after a position, newest first: `value, key` and the given columns. */
  readonly window: (reading: Reading, columns: RawBuilder<unknown>) => RawBuilder<unknown>;
  /** Further columns in the index of the window: `, name`. */
  readonly columns: RawBuilder<unknown>;
  /** For `from`: the window with joined tables and the condition. */
  readonly matching: (window: RawBuilder<unknown>) => RawBuilder<unknown>;
}

export interface Place {
  readonly value: number;
  readonly key: number | string;
}

export interface Scanned {
  /** All matches that were found, often more than requested. */
  readonly places: readonly Place[];
  /** Where it stopped; undefined at the end of the list. */
  readonly stoppedAt: Place | undefined;
}

/** @param wanted Stops after this number of matches. */
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
    // Not after each window: a request that yields to fifty others waits for all of them.
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

/** @returns undefined for the last window. */
async function lastOf(db: Database, { window }: Scan, { position, size }: Reading): Promise<Place | undefined> {
  const { rows } = await sql<Place>`${window({ position, size: 1, offset: size - 1 }, sql``)}`.execute(db);
  return rows[0];
}

/**
 * Like `isVisible`, but as a join: SQLite keeps the order of a cross join and so checks the visibility of a row before
 * it reads anything else of it.
 */
export function visibleTo(visibility: Visibility, column: string, others: Condition): Visible {
  if (visibility.all || visibility.id === NOTHING.id) {
    return { join: sql``, where: sql`${isVisible(visibility, column)} and ${others}` };
  }
  return {
    join: sql`cross join visible_repositories as allowed`,
    // The first part is never true: it makes the engine evaluate the second part later.
    where: sql`allowed.visibility_id = ${visibility.id} and allowed.repository_id = ${sql.ref(column)}
      and (allowed.repository_id < 0 or ${others})`,
  };
}

export interface Visible {
  readonly join: RawBuilder<unknown>;
  readonly where: Condition;
}

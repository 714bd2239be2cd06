import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { type Clock, monotonic } from '../../clock.ts';
import { calendarDay } from '../../storage/calendar.ts';
import type { Database } from '../../storage/database.ts';
import { isVisible, NOTHING, type Visibility } from '../visibility/visibility.ts';

export interface Counts {
  readonly pulls: number;
  readonly pushes: number;
}

export interface ActivityDay extends Counts {
  /** Midnight UTC of the date. */
  readonly day: number;
}

export interface ActivityDeps {
  readonly db: Database;
  readonly now: () => number;
  readonly clock?: Clock;
}

interface Kept {
  readonly value: Counts;
  readonly until: number;
}

const TODAY_MS = 10_000;
// Past days change by late events and removed repositories.
const PAST_MS = 10 * 60_000;
const MAX_VIEWS = 500;

/**
 * Counts over what a viewer sees. The total over all has stored rows; for other viewers a day is summed on demand, one
 * at a time so that other requests get a turn, and cached for all who see the same.
 */
export function createViewDays({ db, now, clock = monotonic }: ActivityDeps) {
  const views = new LRUCache<number, Map<number, Kept>>({ max: MAX_VIEWS });

  async function sums(visibility: Visibility, days: readonly number[]): Promise<ReadonlyMap<number, Counts>> {
    const all = await readTotals(db, days);
    if (visibility.all) return all;
    if (visibility.id === NOTHING.id) return new Map();
    const known = views.get(visibility.id) ?? new Map<number, Kept>();
    views.set(visibility.id, known);
    const found = new Map<number, Counts>();
    for (const day of days) if (all.has(day)) found.set(day, await sumDay(known, visibility, day));
    for (const day of known.keys()) if (day < (days[0] ?? 0) && known.size > 400) known.delete(day);
    return found;
  }

  async function sumDay(known: Map<number, Kept>, visibility: Visibility, day: number): Promise<Counts> {
    const kept = known.get(day);
    if (isFresh(kept)) return kept.value;
    const value = await readDay(db, visibility, day);
    const isToday = day >= calendarDay(now());
    known.set(day, { value, until: clock() + (isToday ? TODAY_MS : PAST_MS) });
    await nextTurn();
    return value;
  }

  function isFresh(kept: Kept | undefined): kept is Kept {
    return kept !== undefined && clock() < kept.until;
  }

  return { sums };
}

async function readTotals(db: Database, days: readonly number[]): Promise<ReadonlyMap<number, Counts>> {
  const rows = await db
    .selectFrom('activity_days')
    .selectAll()
    .where('day_at', '>=', days[0] ?? 0)
    .where('day_at', '<=', days.at(-1) ?? 0)
    .execute();
  return new Map(rows.map(({ day_at, pulls, pushes }) => [day_at, { pulls, pushes }]));
}

async function readDay(db: Database, visibility: Visibility, day: number): Promise<Counts> {
  const row = await db
    .selectFrom('repository_days')
    .select([sql<number>`sum(pulls)`.as('pulls'), sql<number>`sum(pushes)`.as('pushes')])
    .where('day_at', '=', day)
    .where(isVisible(visibility, 'repository_days.repository_id'))
    .executeTakeFirst();
  return { pulls: Number(row?.pulls ?? 0), pushes: Number(row?.pushes ?? 0) };
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { calendarDay } from '../storage/calendar.ts';
import type { Database } from '../storage/database.ts';
import type { ActivityDay, ActivityDeps, BusyRepository } from './activity.ts';
import { isVisible, NOTHING, type Visibility } from './visibility.ts';

type Counts = Omit<ActivityDay, 'day'>;

interface Kept<Value> {
  readonly value: Value;
  readonly until: number;
}

const TODAY_MS = 10_000;
// Late events, and repositories that are gone.
const PAST_MS = 10 * 60_000;
const BUSIEST_MS = 5 * 60_000;
const MOST_VIEWS = 500;

/**
 * Sums over what a viewer sees. Everything has a row of its own per day; for the others a day is summed up when it is asked
 * for, one at a time so that other requests get their turn, and remembered for all who see the same.
 */
export function createViewDays({ db, now }: ActivityDeps) {
  const views = new Map<number, Map<number, Kept<Counts>>>();
  const busiest = new Map<string, Kept<Promise<readonly BusyRepository[]>>>();

  async function sums(visibility: Visibility, days: readonly number[]): Promise<ReadonlyMap<number, Counts>> {
    const all = await readTotals(db, days);
    if (visibility.all) return all;
    if (visibility.id === NOTHING.id) return new Map();
    const known = remembered(views, visibility.id, () => new Map<number, Kept<Counts>>());
    const found = new Map<number, Counts>();
    for (const day of days) if (all.has(day)) found.set(day, await sumDay(known, visibility, day));
    for (const day of known.keys()) if (day < (days[0] ?? 0) && known.size > 400) known.delete(day);
    return found;
  }

  async function sumDay(known: Map<number, Kept<Counts>>, visibility: Visibility, day: number): Promise<Counts> {
    const kept = known.get(day);
    if (isFresh(kept)) return kept.value;
    const value = await readDay(db, visibility, day);
    const isToday = day >= calendarDay(now());
    known.set(day, { value, until: now() + (isToday ? TODAY_MS : PAST_MS) });
    await nextTurn();
    return value;
  }

  /** A clock that was set back must not keep a value for long. */
  function isFresh<Value>(kept: Kept<Value> | undefined): kept is Kept<Value> {
    return kept !== undefined && now() < kept.until && kept.until - now() <= PAST_MS;
  }

  return {
    sums,

    busiest(visibility: Visibility, days: readonly number[], limit: number): Promise<readonly BusyRepository[]> {
      const key = `${visibility.id} ${days[0]} ${days.length} ${limit}`;
      const kept = busiest.get(key);
      if (isFresh(kept)) return kept.value;
      const value = readBusiest(db, visibility, days, limit);
      value.catch(() => busiest.delete(key));
      if (busiest.size >= MOST_VIEWS) busiest.clear();
      busiest.set(key, { value, until: now() + BUSIEST_MS });
      return value;
    },
  };
}

function remembered<Key, Value>(memory: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = memory.get(key) ?? make();
  if (!memory.has(key) && memory.size >= MOST_VIEWS) memory.clear();
  memory.set(key, value);
  return value;
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

async function readBusiest(
  db: Database,
  visibility: Visibility,
  days: readonly number[],
  limit: number,
): Promise<readonly BusyRepository[]> {
  const sums = new Map<number, Counts>();
  for (const day of days) {
    const rows = await db
      .selectFrom('repository_days')
      .select(['repository_id', 'pulls', 'pushes'])
      .where('day_at', '=', day)
      .where(isVisible(visibility, 'repository_days.repository_id'))
      .execute();
    for (const { repository_id, pulls, pushes } of rows) {
      const sum = sums.get(repository_id);
      sums.set(repository_id, { pulls: (sum?.pulls ?? 0) + pulls, pushes: (sum?.pushes ?? 0) + pushes });
    }
    await nextTurn();
  }
  const first = [...sums]
    .sort(([id, one], [otherId, other]) => other.pulls - one.pulls || other.pushes - one.pushes || id - otherId)
    .slice(0, limit);
  return withNames(db, first);
}

async function withNames(
  db: Database,
  found: readonly (readonly [number, Counts])[],
): Promise<readonly BusyRepository[]> {
  if (found.length === 0) return [];
  const ids = found.map(([id]) => id);
  const rows = await db.selectFrom('repositories').select(['id', 'name']).where('id', 'in', ids).execute();
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return found.flatMap(([id, counts]) => {
    const name = names.get(id);
    return name === undefined ? [] : [{ id, name, ...counts }];
  });
}

/** What was pulled and pushed on which day. Days are those of the calendar in `TZ`, written as midnight UTC of their date. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { calendarDay, DAY_MS } from '../../storage/calendar.ts';
import type { Database } from '../../storage/database.ts';
import { type RepositoryRow, toRows } from '../lists/repository-row.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';
import { type ActivityDay, type ActivityDeps, type Counts, createViewDays } from './view.ts';

export type { ActivityDay } from './view.ts';

/** Days on which something happened; so no clock that was ahead for a while makes them go too early. */
const KEPT_DAYS = 400;
const REMEMBERED_DAYS = 90;
const ROWS_AT_ONCE = 2000;

/**
 * The last days up to today, oldest first, one entry for each, also where nothing happened. Counted is what is known to be
 * true: a pull once per image and client, a push once per tag.
 */
export function createActivity({ db, now }: ActivityDeps) {
  const views = createViewDays({ db, now });

  function filled(days: number, counts: ReadonlyMap<number, Counts>): readonly ActivityDay[] {
    return lastDays(now(), days).map((day) => ({ day, ...(counts.get(day) ?? NONE) }));
  }

  async function ofRepositories(
    ids: readonly number[],
    days: number,
  ): Promise<ReadonlyMap<number, readonly ActivityDay[]>> {
    if (ids.length === 0) return new Map();
    const rows = await db
      .selectFrom('repository_days')
      .selectAll()
      .where('repository_id', 'in', ids)
      .where('day_at', '>', calendarDay(now()) - days * DAY_MS)
      .execute();
    const counts = new Map(ids.map((id) => [id, new Map<number, Counts>()]));
    for (const { repository_id, day_at, pulls, pushes } of rows)
      counts.get(repository_id)?.set(day_at, { pulls, pushes });
    return new Map([...counts].map(([id, each]) => [id, filled(days, each)]));
  }

  return {
    ofRepositories,

    async ofRepository(id: number, days: number): Promise<readonly ActivityDay[]> {
      return (await ofRepositories([id], days)).get(id) ?? [];
    },

    /** The sum over all that may be seen. What others than admins see may be some seconds old, and minutes for past days. */
    async ofView(visibility: Visibility, days: number): Promise<readonly ActivityDay[]> {
      return filled(days, await views.sums(visibility, lastDays(now(), days)));
    },

    /** How many people and robots pushed today; anonymous is one. */
    async pushersToday(visibility: Visibility): Promise<number> {
      const row = await db
        .selectFrom('push_days')
        .select(sql<number>`count(distinct actor)`.as('total'))
        .where('day_at', '=', calendarDay(now()))
        .where(isVisible(visibility, 'push_days.repository_id'))
        .executeTakeFirst();
      return Number(row?.total ?? 0);
    },

    /** Repositories that somebody pushed to, the latest first. */
    async pushedBy(actor: string, visibility: Visibility, limit: number): Promise<readonly RepositoryRow[]> {
      const pushed = await db
        .selectFrom('push_days')
        .innerJoin('repositories', 'repositories.id', 'push_days.repository_id')
        .select(({ fn }) => ['repositories.id', fn.max('push_days.day_at').as('day')])
        .where('actor', '=', actor)
        .where('day_at', '>', calendarDay(now()) - REMEMBERED_DAYS * DAY_MS)
        .where(isVisible(visibility))
        .groupBy(['repositories.id', 'repositories.name'])
        .orderBy('day', 'desc')
        .orderBy('repositories.name')
        .limit(limit)
        .execute();
      if (pushed.length === 0) return [];
      const ids = pushed.map(({ id }) => id);
      const rows = await db.selectFrom('repositories').selectAll().where('id', 'in', ids).execute();
      return toRows(
        db,
        visibility,
        rows.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id)),
      );
    },

    /** Forgets days that nobody can look at any more. */
    async prune(): Promise<void> {
      const kept = await db
        .selectFrom('activity_days')
        .select('day_at')
        .orderBy('day_at', 'desc')
        .offset(KEPT_DAYS)
        .limit(1)
        .executeTakeFirst();
      if (kept === undefined) return;
      for (const table of ['repository_days', 'push_days'] as const) await pruneTable(db, table, kept.day_at);
      await db.deleteFrom('activity_days').where('day_at', '<=', kept.day_at).execute();
    },
  };
}
export type Activity = ReturnType<typeof createActivity>;

const NONE: Counts = { pulls: 0, pushes: 0 };

function lastDays(now: number, days: number): readonly number[] {
  const today = calendarDay(now);
  return Array.from({ length: days }, (_, index) => today - (days - 1 - index) * DAY_MS);
}

/** A day at a time, and of a busy one a part, so that nobody waits long. */
async function pruneTable(db: Database, table: 'repository_days' | 'push_days', until: number): Promise<void> {
  for (;;) {
    const rows = await db
      .selectFrom(table)
      .select(['repository_id', 'day_at'])
      .where('day_at', '<=', until)
      .orderBy('day_at')
      .limit(ROWS_AT_ONCE)
      .execute();
    const [first] = rows;
    if (first === undefined) return;
    const ids = [...new Set(rows.filter((row) => row.day_at === first.day_at).map((row) => row.repository_id))];
    await db.deleteFrom(table).where('day_at', '=', first.day_at).where('repository_id', 'in', ids).execute();
    await nextTurn();
  }
}

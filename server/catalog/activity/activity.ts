/** Pulls and pushes per day. Days are those of `TZ`, stored as midnight UTC of their date. */

import { sql } from 'kysely';
import { calendarDay, DAY_MS } from '../../storage/calendar.ts';
import { nameOf } from '../base/repository-lookup.ts';
import { type RepositoryRow, rowsById } from '../lists/repository-row.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';
import { type ActivityDay, type ActivityDeps, type Counts, createViewDays } from './view.ts';

export type { ActivityDay } from './view.ts';

const REMEMBERED_DAYS = 90;

/**
 * Counts of the last days until today, oldest first, also for days without activity. Only confirmed events count: a
 * pull once per image and client, a push once per tag.
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

    /**
     * Sum over all visible repositories. For viewers who do not see everything it may be seconds old, for past days
     * minutes.
     */
    async ofView(visibility: Visibility, days: number): Promise<readonly ActivityDay[]> {
      return filled(days, await views.sums(visibility, lastDays(now(), days)));
    },

    /** Number of accounts that pushed today; anonymous counts as one. */
    async pushersToday(visibility: Visibility): Promise<number> {
      const row = await db
        .selectFrom('push_days')
        .select(sql<number>`count(distinct actor)`.as('total'))
        .where('day_at', '=', calendarDay(now()))
        .where(isVisible(visibility, 'push_days.repository_id'))
        .executeTakeFirst();
      return Number(row?.total ?? 0);
    },

    /** Repositories that a user pushed to, most recent first. */
    async pushedBy(actor: string, visibility: Visibility, limit: number): Promise<readonly RepositoryRow[]> {
      const name = nameOf(sql.ref('push_days.repository_id'));
      const pushed = await db
        .selectFrom('push_days')
        .select(({ fn }) => ['repository_id', fn.max('day_at').as('day')])
        .where('actor', '=', actor)
        .where('day_at', '>', calendarDay(now()) - REMEMBERED_DAYS * DAY_MS)
        .where(isVisible(visibility, 'push_days.repository_id'))
        .groupBy('repository_id')
        .orderBy('day', 'desc')
        .orderBy(name)
        .limit(limit)
        .execute();
      return rowsById(
        db,
        visibility,
        pushed.map((row) => row.repository_id),
      );
    },
  };
}
export type Activity = ReturnType<typeof createActivity>;

const NONE: Counts = { pulls: 0, pushes: 0 };

function lastDays(now: number, days: number): readonly number[] {
  const today = calendarDay(now);
  return Array.from({ length: days }, (_, index) => today - (days - 1 - index) * DAY_MS);
}

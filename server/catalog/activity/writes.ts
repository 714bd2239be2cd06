import { setImmediate as nextTurn } from 'node:timers/promises';
import { calendarDay, DAY_MS } from '../../storage/calendar.ts';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { repositoriesByName } from '../base/repository-lookup.ts';
import { groupBy } from '../base/rows.ts';
import { type Pull, storePull } from './pulls.ts';

/** A pull or push that counts as usage. */
export interface Use extends Pull {
  readonly kind: 'pull' | 'push';
  /** '' for anonymous. */
  readonly actor: string;
}

interface Counted extends Use {
  readonly id: number;
  readonly day: number;
}

/** Older than all stored days: a wrong clock rather than a late event. */
const MAX_AGE_MS = 400 * DAY_MS;

/**
 * Counts pulls and pushes, in the transaction that marks their events as applied, so that each counts once.
 * @returns those that were counted; the others are of unknown repositories.
 */
export async function countUses(trx: Database, uses: readonly Use[], now: number): Promise<readonly Use[]> {
  const ids = await idsOf(trx, uses);
  const counted = uses.flatMap((use): Counted[] => {
    const id = ids.get(use.repository);
    return id === undefined ? [] : [{ ...use, id, day: dayOfUse(use.at, now) }];
  });
  for (const use of counted) if (use.kind === 'pull') await storePull(trx, use.id, use);
  await addRepositoryDays(trx, counted);
  await addPushDays(
    trx,
    counted.filter((use) => use.kind === 'push'),
  );
  await addDays(trx, counted);
  return counted;
}

function dayOfUse(at: number, now: number): number {
  const isPlausible = at <= now && at > now - MAX_AGE_MS;
  return calendarDay(isPlausible ? at : now);
}

async function idsOf(trx: Database, uses: readonly Use[]): Promise<ReadonlyMap<string, number>> {
  const names = [...new Set(uses.map((use) => use.repository))];
  const rows = await repositoriesByName(trx, names, ['id', 'name']);
  return new Map(rows.map((row) => [row.name, row.id]));
}

function numbersOf(uses: readonly Use[]): { readonly pulls: number; readonly pushes: number } {
  const pulls = uses.filter((use) => use.kind === 'pull').length;
  return { pulls, pushes: uses.length - pulls };
}

async function addRepositoryDays(trx: Database, uses: readonly Counted[]): Promise<void> {
  const rows = [...groupBy(uses, ({ id, day }) => `${id} ${day}`).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ repository_id: first.id, day_at: first.day, ...numbersOf(group) }];
  });
  await insertRepositoryDays(trx, rows);
}

const insertRepositoryDays = createInsertion({
  into: 'repository_days',
  columns: ['repository_id', 'day_at', 'pulls', 'pushes'],
  conflict: { on: ['repository_id', 'day_at'], add: ['pulls', 'pushes'] },
});

async function addPushDays(trx: Database, pushes: readonly Counted[]): Promise<void> {
  const rows = [...groupBy(pushes, ({ id, day, actor }) => `${id} ${day} ${actor}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [{ repository_id: first.id, day_at: first.day, actor: first.actor, pushes: group.length }];
  });
  await insertPushDays(trx, rows);
}

const insertPushDays = createInsertion({
  into: 'push_days',
  columns: ['repository_id', 'day_at', 'actor', 'pushes'],
  conflict: { on: ['repository_id', 'day_at', 'actor'], add: ['pushes'] },
});

/** Last, because all transactions that count update this row. */
async function addDays(trx: Database, uses: readonly Counted[]): Promise<void> {
  const rows = [...groupBy(uses, ({ day }) => day)].map(([day, group]) => ({ day_at: day, ...numbersOf(group) }));
  await insertDays(trx, rows);
}

const insertDays = createInsertion({
  into: 'activity_days',
  columns: ['day_at', 'pulls', 'pushes'],
  conflict: { on: ['day_at'], add: ['pulls', 'pushes'] },
});

/** Counted in days with activity, so that a clock that was ahead for a while does not delete too much. */
const KEPT_DAYS = 400;
const ROWS_AT_ONCE = 2000;

/** Deletes days that are no longer shown. */
export async function pruneDays(db: Database): Promise<void> {
  const kept = await db
    .selectFrom('activity_days')
    .select('day_at')
    .orderBy('day_at', 'desc')
    .offset(KEPT_DAYS)
    .limit(1)
    .executeTakeFirst();
  if (kept === undefined) return;
  while (await pruneRepositoryDays(db, kept.day_at)) await nextTurn();
  while (await prunePushDays(db, kept.day_at)) await nextTurn();
  await db.deleteFrom('activity_days').where('day_at', '<=', kept.day_at).execute();
}

interface DayRow {
  readonly repository_id: number;
  readonly day_at: number;
}

/**
 * One day at a time, of a busy day a part, so that other writers wait only shortly.
 * @returns false when nothing is left.
 */
async function pruneRepositoryDays(db: Database, until: number): Promise<boolean> {
  const part = firstDay(
    await db
      .selectFrom('repository_days')
      .select(['repository_id', 'day_at'])
      .where('day_at', '<=', until)
      .orderBy('day_at')
      .limit(ROWS_AT_ONCE)
      .execute(),
  );
  if (part === undefined) return false;
  await db
    .deleteFrom('repository_days')
    .where('day_at', '=', part.day)
    .where('repository_id', 'in', part.ids)
    .execute();
  return true;
}

async function prunePushDays(db: Database, until: number): Promise<boolean> {
  const part = firstDay(
    await db
      .selectFrom('push_days')
      .select(['repository_id', 'day_at'])
      .where('day_at', '<=', until)
      .orderBy('day_at')
      .limit(ROWS_AT_ONCE)
      .execute(),
  );
  if (part === undefined) return false;
  await db.deleteFrom('push_days').where('day_at', '=', part.day).where('repository_id', 'in', part.ids).execute();
  return true;
}

function firstDay(rows: readonly DayRow[]): { readonly day: number; readonly ids: readonly number[] } | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const ids = rows.filter((row) => row.day_at === first.day_at).map((row) => row.repository_id);
  return { day: first.day_at, ids: [...new Set(ids)] };
}

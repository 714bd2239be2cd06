import { type Kysely, sql } from 'kysely';
import { calendarDay, startOfDay } from '../calendar.ts';
import { columnTypes, count, millis, present } from './columns.ts';

// Older events than these are left out, so that a start takes seconds at most.
const MAX_EVENTS = 500_000;
const MAX_DAYS = 91;

/** What was pulled and pushed on which day. A day is one of the calendar in `TZ`, written as its midnight in UTC. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addTables(db);
  for (const { day, from, to } of await daysOfEvents(db)) await countDay(db, day, from, to);
  await sql`insert into activity_days (day_at, pulls, pushes)
    select day_at, sum(pulls), sum(pushes) from repository_days group by day_at`.execute(db);
}

async function addTables(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  // Of everything, also of repositories that are gone: what happened has happened.
  await schema
    .createTable('activity_days')
    .addColumn('day_at', 'bigint', (column) => column.primaryKey())
    .addColumn('pulls', 'bigint', count)
    .addColumn('pushes', 'bigint', count)
    .execute();
  await schema
    .createTable('repository_days')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('day_at', 'bigint', millis)
    .addColumn('pulls', 'bigint', count)
    .addColumn('pushes', 'bigint', count)
    .addPrimaryKeyConstraint('repository_days_key', ['repository_id', 'day_at'])
    .execute();
  // With the counts: a day is summed up without touching the table.
  await schema
    .createIndex('repository_days_day')
    .on('repository_days')
    .columns(['day_at', 'repository_id', 'pulls', 'pushes'])
    .execute();
  // Who pushed; '' is anonymous.
  await schema
    .createTable('push_days')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('day_at', 'bigint', millis)
    .addColumn('actor', types.text, present)
    .addColumn('pushes', 'bigint', count)
    .addPrimaryKeyConstraint('push_days_key', ['repository_id', 'day_at', 'actor'])
    .execute();
  // What somebody pushed to last.
  await schema.createIndex('push_days_actor').on('push_days').columns(['actor', 'day_at', 'repository_id']).execute();
  await schema.createIndex('push_days_day').on('push_days').columns(['day_at', 'actor', 'repository_id']).execute();
}

interface CountedDay {
  readonly day: number;
  readonly from: number;
  readonly to: number;
}

/** Only whole days: the one in which the limit falls is left out. */
async function daysOfEvents(db: Kysely<unknown>): Promise<readonly CountedDay[]> {
  const { rows } = await sql<{ at: number }>`
    select at from events where of_manifest = 1 and hidden = 0 order by at desc limit 1`.execute(db);
  const oldest = await sql<{ at: number }>`
    select at from events where of_manifest = 1 and hidden = 0 order by at desc limit 1 offset ${MAX_EVENTS}`.execute(
    db,
  );
  const newestAt = rows[0]?.at;
  if (newestAt === undefined) return [];
  const limitAt = Number(oldest.rows[0]?.at ?? 0);
  const days: CountedDay[] = [];
  const newest = calendarDay(Number(newestAt));
  for (let index = 0; index < MAX_DAYS; index += 1) {
    const day = newest - index * 86_400_000;
    const counted = { day, from: startOfDay(day), to: startOfDay(day + 86_400_000) };
    if (counted.from <= limitAt) break;
    days.push(counted);
  }
  return days;
}

/** As they are counted from now on: what is known to be true, pulls by GET, pushes of a tag, nothing of our own. */
async function countDay(db: Kysely<unknown>, day: number, from: number, to: number): Promise<void> {
  const counted = sql`from events join repositories on repositories.name = events.repository
    where events.of_manifest = 1 and events.hidden = 0 and events.at >= ${from} and events.at < ${to}
      and events.applied = 1 and events.actor_confirmed = 1 and events.user_agent not like 'registry-web/%'`;
  const isPull = sql`(events.action = 'pull' and events.method = 'GET')`;
  const isPush = sql`(events.action = 'push' and events.tag is not null and events.tag not like 'sha256-%')`;
  await sql`insert into repository_days (repository_id, day_at, pulls, pushes)
    select repositories.id, cast(${day} as bigint), sum(case when ${isPull} then 1 else 0 end),
      sum(case when ${isPush} then 1 else 0 end)
    ${counted} and (${isPull} or ${isPush}) group by repositories.id`.execute(db);
  await sql`insert into push_days (repository_id, day_at, actor, pushes)
    select repositories.id, cast(${day} as bigint), events.actor, count(*)
    ${counted} and ${isPush} group by repositories.id, events.actor`.execute(db);
}

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { type ActivityDay, createActivity } from '../../../../server/catalog/activity/activity.ts';
import { countUses, pruneDays, type Use } from '../../../../server/catalog/activity/writes.ts';
import { buildVisibility } from '../../../../server/catalog/visibility/build.ts';
import { EVERYTHING, NOTHING, type Visibility } from '../../../../server/catalog/visibility/visibility.ts';
import { calendarDay, DAY_MS, startOfDay } from '../../../../server/storage/calendar.ts';
import { up as addActivity } from '../../../../server/storage/migrations/0006-activity.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import { insertRepositories } from '../../../support/data/space.ts';

const NOON = new Date(2026, 10, 20, 12).getTime();
const NAMES = ['team/app', 'team/web', 'other/app', 'solo'];
const PEOPLE = ['lin', 'ci', ''];

let database: TestDatabase;
let team: Visibility;
before(async () => {
  database = await openTestDatabase();
  await insertRepositories(database.db, NAMES);
  team = { all: false, id: await buildVisibility(database.db, ['team/*'], 1) };
});
after(() => database.close());
beforeEach(empty);

async function empty(): Promise<void> {
  for (const table of ['activity_days', 'repository_days', 'push_days', 'events'] as const) {
    await database.db.deleteFrom(table).execute();
  }
}

const use = (more: Partial<Use> = {}): Use => ({
  ...{ kind: 'pull', repository: 'team/app', tag: 'v1', digest: null, at: NOON, actor: 'lin' },
  ...more,
});

const count = (uses: readonly Use[], now = NOON) =>
  database.db.transaction().execute((trx) => countUses(trx, uses, now));

const idOf = async (name: string) =>
  (await database.db.selectFrom('repositories').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;

const open = (now = NOON) => createActivity({ db: database.db, now: () => now });

const pushed = async (actor: string, visibility: Visibility) =>
  (await open().pushedBy(actor, visibility, 5)).map(({ name }) => name);

const happened = (days: readonly ActivityDay[]) => days.filter(({ pulls, pushes }) => pulls + pushes > 0);

const anyUse: fc.Arbitrary<Use> = fc.record({
  kind: fc.constantFrom('pull', 'push'),
  repository: fc.constantFrom(...NAMES, 'not/known'),
  tag: fc.constant('v1'),
  digest: fc.constant(null),
  actor: fc.constantFrom(...PEOPLE),
  at: fc.integer({ min: NOON - 20 * DAY_MS, max: NOON + 2 * DAY_MS }),
});

/** The slow way: every use is looked at for every day. */
function expected(uses: readonly Use[], days: number, isSeen: (name: string) => boolean): readonly ActivityDay[] {
  const counted = uses.filter(({ repository }) => NAMES.includes(repository) && isSeen(repository));
  return Array.from({ length: days }, (_, index) => {
    const day = calendarDay(NOON) - (days - 1 - index) * DAY_MS;
    const those = counted.filter(({ at }) => calendarDay(Math.min(at, NOON)) === day);
    const pulls = those.filter(({ kind }) => kind === 'pull').length;
    return { day, pulls, pushes: those.length - pulls };
  });
}

test('whatever comes in whatever batches, each day has the sums that one would count by hand', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyUse, { maxLength: 12 }), { maxLength: 6 }), async (batches) => {
      await empty();
      for (const batch of batches) await count(batch);
      const uses = batches.flat();
      const activity = open();
      const seenByTeam = (name: string) => name.startsWith('team/');
      assert.deepEqual(
        await activity.ofView(EVERYTHING, 14),
        expected(uses, 14, () => true),
      );
      assert.deepEqual(await activity.ofView(team, 14), expected(uses, 14, seenByTeam));
      assert.deepEqual(
        await activity.ofRepository(await idOf('solo'), 30),
        expected(uses, 30, (name) => name === 'solo'),
      );
      const today = uses.filter(
        ({ kind, at, repository }) =>
          kind === 'push' && at >= startOfDay(calendarDay(NOON)) && NAMES.includes(repository),
      );
      assert.equal(await activity.pushersToday(EVERYTHING), new Set(today.map(({ actor }) => actor)).size);
    }),
    { numRuns: 25 },
  );
});

test('who sees nothing has no numbers', async () => {
  await count([use(), use({ kind: 'push' })]);
  const activity = open();
  assert.deepEqual(happened(await activity.ofView(NOTHING, 14)), []);
  assert.equal(await activity.pushersToday(NOTHING), 0);
  assert.deepEqual(await pushed('lin', NOTHING), []);
});

test('a repository that somebody may not see is in none of the sums', async () => {
  await count([use({ repository: 'solo' }), use({ kind: 'push', repository: 'other/app', actor: 'wei' })]);
  const activity = open();
  assert.deepEqual(happened(await activity.ofView(team, 14)), []);
  assert.equal(await activity.pushersToday(team), 0);
});

test('what somebody pushed to last comes first', async () => {
  await count([
    use({ kind: 'push', repository: 'team/web', at: NOON - 3 * DAY_MS }),
    use({ kind: 'push', repository: 'solo', at: NOON - DAY_MS }),
    use({ kind: 'push', repository: 'team/app', actor: 'ci' }),
  ]);
  assert.deepEqual(await pushed('lin', EVERYTHING), ['solo', 'team/web']);
  assert.deepEqual(await pushed('lin', team), ['team/web']);
});

test('clocks that are wrong by years do no harm', async () => {
  await count([use({ at: 0 }), use({ at: NOON + 900 * DAY_MS })]);
  assert.deepEqual(happened(await open().ofView(EVERYTHING, 14)), [{ day: calendarDay(NOON), pulls: 2, pushes: 0 }]);
  // Ours was ahead for a moment: nothing of before is forgotten.
  await count([use({ at: NOON + 5000 * DAY_MS })], NOON + 5000 * DAY_MS);
  await pruneDays(database.db);
  assert.equal(happened(await open().ofView(EVERYTHING, 14)).length, 1);
});

test('four hundred days are kept', async () => {
  for (let day = 0; day < 405; day += 1) {
    const at = NOON - (404 - day) * DAY_MS;
    await count([use({ at }), use({ at, kind: 'push' })], at);
  }
  const activity = open();
  await pruneDays(database.db);
  const id = await idOf('team/app');
  const kept = await database.db
    .selectFrom('repository_days')
    .select('day_at')
    .where('repository_id', '=', id)
    .execute();
  assert.equal(kept.length, 400);
  assert.equal(happened(await activity.ofView(EVERYTHING, 500)).length, 400);
  assert.equal((await database.db.selectFrom('push_days').select('day_at').execute()).length, 400);
});

test('days of a repository go with it, what happened in all stays', async () => {
  await insertRepositories(database.db, ['short/lived']);
  await count([use({ repository: 'short/lived' }), use({ kind: 'push', repository: 'short/lived' })]);
  const id = await idOf('short/lived');
  await database.db.deleteFrom('repositories').where('id', '=', id).execute();
  assert.deepEqual(happened(await open().ofRepository(id, 14)), []);
  assert.equal(await open().pushersToday(EVERYTHING), 0);
  assert.equal(happened(await open().ofView(EVERYTHING, 14)).length, 1);
});

test('an update counts what the kept events tell, as it is counted from then on', async () => {
  const { db } = database;
  const event = (more: object, index: number) => ({
    ...{ event_id: `kept ${index}`, envelope_id: 1, received_at: NOON, at: NOON - DAY_MS, action: 'pull' },
    ...{ repository: 'team/app', tag: 'v1', digest: null, media_type: '', size_bytes: null, from_repository: null },
    ...{ actor: 'lin', actor_confirmed: 1 as const, address: '', user_agent: 'docker/27', method: 'GET' },
    ...{ instance_id: '', verified: 1 as const, of_manifest: 1 as const, hidden: 0 as const, applied: 1 as const },
    ...more,
  });
  const kept = [
    {},
    { at: NOON - 30 * DAY_MS },
    { action: 'push', method: 'PUT' },
    { action: 'push', method: 'PUT', actor: 'ci', repository: 'solo' },
    // None of these is a pull or a push that people mean.
    { method: 'HEAD' },
    { hidden: 1 },
    { of_manifest: 0 },
    { actor_confirmed: 0 },
    { user_agent: 'registry-web/1.0' },
    { action: 'push', tag: null },
    { action: 'push', tag: `sha256-${'a'.repeat(64)}.sig` },
    { action: 'delete' },
    { repository: 'not/known' },
    // It is told to the index later, and counted then.
    { applied: 0 },
  ];
  await db.insertInto('events').values(kept.map(event)).execute();
  for (const table of ['activity_days', 'repository_days', 'push_days'] as const) {
    await db.schema.dropTable(table).execute();
  }
  await db.transaction().execute((trx) => addActivity(trx as never));
  const [yesterday, longAgo] = [calendarDay(NOON - DAY_MS), calendarDay(NOON - 30 * DAY_MS)];
  assert.deepEqual(happened(await open().ofView(EVERYTHING, 90)), [
    { day: longAgo, pulls: 1, pushes: 0 },
    { day: yesterday, pulls: 1, pushes: 2 },
  ]);
  assert.deepEqual(happened(await open().ofView(team, 90)), [
    { day: longAgo, pulls: 1, pushes: 0 },
    { day: yesterday, pulls: 1, pushes: 1 },
  ]);
  assert.deepEqual(await pushed('ci', EVERYTHING), ['solo']);
});

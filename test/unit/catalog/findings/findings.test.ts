import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { createCachedFindings } from '../../../../server/catalog/findings/cached-findings.ts';
import { createFindings } from '../../../../server/catalog/findings/findings.ts';
import { dayOf } from '../../../../server/catalog/space/samples.ts';
import { buildVisibility } from '../../../../server/catalog/visibility/build.ts';
import { EVERYTHING, NOTHING, type Visibility } from '../../../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../../../server/log.ts';
import { DAY_MS } from '../../../../server/storage/calendar.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import { seedRepository } from '../../../support/data/seed.ts';
import { eventually } from '../../../support/process/eventually.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const ago = (days: number) => NOW - days * DAY_MS;
const log = createLogger('silent');

let database: TestDatabase | undefined;
beforeEach(async () => {
  await database?.close();
  database = await openTestDatabase();
});
after(() => database?.close());

const db = () => (database as TestDatabase).db;
const patient = (patienceMs: number, to = log) => {
  const findings = createFindings({ db: db(), now: () => NOW, log: to });
  return { ...createCachedFindings({ ask: findings.of, log: to, maxWaitMs: patienceMs }), close: findings.close };
};
const look = (visibility: Visibility, patienceMs = 10_000) => patient(patienceMs).of(visibility);

/** An image of a size of its own that was pushed and pulled so many days ago. */
const image = (tag: string, pushed: number, pulled?: number) => ({
  ...{ tags: [tag], salt: `${tag} ${pushed}`, layers: [`${tag} ${pushed}`] },
  push: { at: ago(pushed), by: 'lin', confirmed: true },
  ...(pulled === undefined ? {} : { lastPulledAt: ago(pulled) }),
});

async function sampled(days: number, bytes: Readonly<Record<number, number>>): Promise<void> {
  const day_at = dayOf(ago(days));
  await db().insertInto('folder_samples').values({ visibility_id: EVERYTHING.id, path: '', day_at }).execute();
  const rows = Object.entries(bytes).map(([id, unique_bytes]) => ({ repository_id: Number(id), day_at, unique_bytes }));
  if (rows.length > 0) await db().insertInto('repository_samples').values(rows).execute();
}

const setBytes = (id: number, unique_bytes: number, changed_at = NOW) =>
  db().updateTable('repositories').set({ unique_bytes, changed_at }).where('id', '=', id).execute();

test('stale is what nobody pulled for 90 days and had the time to be', async () => {
  await seedRepository(
    db(),
    'team/app',
    [image('old', 200), image('read', 200, 10), image('forgotten', 200, 120), image('young', 20)],
    ago(300),
  );
  await seedRepository(db(), 'other/app', [image('a', 100)], ago(300));
  const found = await look(EVERYTHING);
  assert.equal(found?.staleCount, 3);
  assert.equal(found?.isWatchedLongEnough, true);
  const rows = found?.stalest.map((row) => [row.name, row.staleCount, row.stalePulledAt]);
  assert.deepEqual(rows?.sort(), [
    ['other/app', 1, 0],
    ['team/app', 2, ago(120)],
  ]);
});

test('before 90 days of watching, it says since when', async () => {
  await seedRepository(db(), 'team/app', [image('old', 200)], ago(12));
  const found = await look(EVERYTHING);
  assert.equal(found?.isWatchedLongEnough, false);
  assert.equal(found?.staleSince, ago(12));
});

test('growth counts from the samples of a month ago; what is new grew from nothing, what shrank did not grow', async () => {
  const seed = async (name: string) => (await seedRepository(db(), name, [image('v1', 40)], ago(300))).repositoryId;
  const [grown, shrunk, still, fresh] = [
    await seed('grown'),
    await seed('shrunk'),
    await seed('still'),
    await seed('fresh'),
  ];
  await sampled(35, { [grown]: 1000, [shrunk]: 5000, [still]: 100 });
  await sampled(3, { [grown]: 1800 });
  await setBytes(grown, 2500);
  await setBytes(shrunk, 400);
  // Its unique bytes grew because another one went, not because anything came.
  await setBytes(still, 9000, ago(60));
  await setBytes(fresh, 700);
  await db()
    .updateTable('repositories')
    .set({ first_seen_at: ago(2) })
    .where('name', '=', 'fresh')
    .execute();
  const found = await look(EVERYTHING);
  assert.equal(found?.grownSince, dayOf(ago(35)));
  assert.deepEqual(
    found?.fastest.map(({ name, grownBytes }) => [name, grownBytes]),
    [
      ['grown', 1500],
      ['fresh', 700],
    ],
  );
});

test('without a day before today nothing is said of growth', async () => {
  const { repositoryId } = await seedRepository(db(), 'team/app', [image('v1', 1)], ago(1));
  await sampled(0, { [repositoryId]: 1 });
  const found = await look(EVERYTHING);
  assert.equal(found?.grownSince, null);
  assert.deepEqual(found?.fastest, []);
});

test('who sees a part gets sums, names and order of that part', async () => {
  await seedRepository(db(), 'team/app', [image('a', 100)], ago(300));
  await seedRepository(db(), 'secret/app', [image('a', 200), image('b', 200)], ago(300));
  const team: Visibility = { all: false, id: await buildVisibility(db(), ['team/**'], NOW) };
  const found = await look(team);
  assert.equal(found?.staleCount, 1);
  assert.deepEqual(
    found?.stalest.map(({ name }) => name),
    ['team/app'],
  );
  assert.equal((await look(NOTHING))?.staleCount, 0);
});

test('who sees a part is told how much repositories grew, not how much of that nobody else has', async () => {
  const { repositoryId } = await seedRepository(db(), 'team/app', [image('v1', 40)], ago(300));
  await seedRepository(db(), 'secret/app', [image('v1', 40)], ago(300));
  await sampled(35, { [repositoryId]: 1000 });
  await setBytes(repositoryId, 1500);
  await db().updateTable('repository_samples').set({ size_bytes: 2000 }).execute();
  await db().updateTable('repositories').set({ size_bytes: 2700 }).where('id', '=', repositoryId).execute();
  const team: Visibility = { all: false, id: await buildVisibility(db(), ['team/**'], NOW) };
  const grown = async (visibility: Visibility) => (await look(visibility))?.fastest.map((row) => row.grownBytes);
  assert.deepEqual([await grown(EVERYTHING), await grown(team), await grown(NOTHING)], [[500], [700], []]);
});

test('a page does not wait for a look that takes long', async () => {
  await seedRepository(db(), 'team/app', [image('a', 100)], ago(300));
  const findings = patient(0);
  const first = await findings.of(EVERYTHING);
  assert.ok(first === undefined || first.staleCount === 1);
  await eventually('the look is done', () => findings.of(EVERYTHING), { until: (found) => found?.staleCount === 1 });
});

test('closing ends a look that is under way, before the database goes', async () => {
  await seedRepository(db(), 'team/app', [image('a', 100)], ago(300));
  const team: Visibility = { all: false, id: await buildVisibility(db(), ['team/**'], NOW) };
  const warnings: string[] = [];
  const noting = createLogger('warn', { write: (line) => void warnings.push(line) });
  const findings = patient(0, noting);
  const asked = [findings.of(EVERYTHING), findings.of(team)];
  await findings.close();
  await database?.close();
  database = undefined;
  assert.deepEqual(await Promise.all(asked), [undefined, undefined]);
  assert.equal(await findings.of(EVERYTHING), undefined);
  assert.deepEqual(warnings, []);
});

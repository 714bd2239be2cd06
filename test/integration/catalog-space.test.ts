import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { foldersAbove } from '../../server/catalog/base/folders.ts';
import { createRepositoryStore } from '../../server/catalog/lists/repositories.ts';
import { SPACE_SORTS } from '../../server/catalog/space/list.ts';
import { createSpace } from '../../server/catalog/space/space.ts';
import { createSpaceSums } from '../../server/catalog/space/space-sums.ts';
import { buildVisibility } from '../../server/catalog/visibility/build.ts';
import { EVERYTHING, type Visibility } from '../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../server/log.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { type Held, hold, insertRepositories } from '../support/data/space.ts';
import { eventually } from '../support/process/eventually.ts';

const DAY = 24 * 3600_000;
const NOW = Date.UTC(2026, 10, 20, 12);
const log = createLogger('silent');
let database: TestDatabase;
let now = NOW;

before(async () => {
  database = await openTestDatabase();
});
after(() => database.close());

const NAMES = [
  'alone',
  'team',
  'team/app',
  'team/api',
  'team/sub/app',
  'team/sub/x',
  'other/app',
  'other/sub/deep/app',
];
const SETS = [['team/**'], ['**/app'], ['alone', 'other/**'], ['nothing/here']] as const;
const SIZES = [1, 10, 100, 1000, 10_000, 100_000];

const catalogs = fc.array(
  fc.record({
    repository: fc.constantFrom(...NAMES),
    blob: fc.nat({ max: SIZES.length - 1 }),
    tagged: fc.nat({ max: 2 }),
    untagged: fc.nat({ max: 2 }),
  }),
  { maxLength: 30 },
);

/** What the sums mean, told the slow way: repositories that the viewer cannot see are as if they were not there. */
function model(held: readonly Held[], seen: ReadonlySet<string>, folder: string) {
  const isBelow = (name: string) => foldersAbove(name).includes(folder);
  const sizeOf = (blobs: Iterable<number>) => [...new Set(blobs)].reduce((sum, blob) => sum + (SIZES[blob] ?? 0), 0);
  const holders = heldBy(held, seen);
  const mine = holders.filter(({ repository }) => isBelow(repository));
  const tagged = mine.filter((each) => each.tagged > 0).map((each) => each.blob);
  const isElsewhere = (blob: number) => holders.some((each) => each.blob === blob && !isBelow(each.repository));
  const isTagged = (blob: number) => holders.some((each) => each.blob === blob && each.tagged > 0);
  return {
    sizeBytes: sizeOf(tagged),
    uniqueBytes: sizeOf(tagged.filter((blob) => !isElsewhere(blob))),
    reclaimableBytes: sizeOf(mine.map((each) => each.blob).filter((blob) => !isTagged(blob))),
  };
}

function heldBy(held: readonly Held[], seen: ReadonlySet<string>): readonly Held[] {
  return held.filter(({ repository, tagged, untagged }) => seen.has(repository) && tagged + untagged > 0);
}

function repositoryModel(held: readonly Held[], seen: ReadonlySet<string>, name: string) {
  const holders = heldBy(held, seen);
  const others = (blob: number) => holders.some((each) => each.blob === blob && each.repository !== name);
  const isTagged = (blob: number) => holders.some((each) => each.blob === blob && each.tagged > 0);
  const own = holders.filter((each) => each.repository === name);
  const sum = (rows: readonly Held[]) => rows.reduce((total, { blob }) => total + (SIZES[blob] ?? 0), 0);
  return {
    uniqueBytes: sum(own.filter((each) => each.tagged > 0 && !others(each.blob))),
    reclaimableBytes: sum(own.filter((each) => !isTagged(each.blob))),
  };
}

/** The last of several rows about one blob in one repository counts. */
function distinct(held: readonly Held[]): readonly Held[] {
  return [...new Map(held.map((each) => [`${each.repository} ${each.blob}`, each])).values()];
}

async function visibilityOf(patterns: readonly string[]): Promise<Visibility> {
  return { all: false, id: await buildVisibility(database.db, patterns, now) };
}

test('the sums are those of a slow model, for whoever sees what', async () => {
  const { db } = database;
  const space = createSpace({ db });
  const sums = createSpaceSums({ db, now: () => now, log });
  const repositories = createRepositoryStore(db);
  await insertRepositories(db, NAMES);
  const views: { visibility: Visibility; seen: ReadonlySet<string> }[] = [
    { visibility: EVERYTHING, seen: new Set(NAMES) },
  ];
  const reach = [
    (name: string) => name.startsWith('team/'),
    (name: string) => name.endsWith('/app'),
    (name: string) => name === 'alone' || name.startsWith('other/'),
    () => false,
  ];
  for (const [index, patterns] of SETS.entries()) {
    views.push({
      visibility: await visibilityOf(patterns),
      seen: new Set(NAMES.filter(reach[index] ?? (() => false))),
    });
  }
  const folders = [...new Set(NAMES.flatMap(foldersAbove))];
  await fc.assert(
    fc.asyncProperty(catalogs, async (rows) => {
      const held = distinct(rows);
      await hold(db, held, SIZES);
      await sums.sum();
      for (const { visibility, seen } of views) {
        for (const folder of folders) {
          const { sums } = await space.overview(visibility, { folder, sort: 'size', direction: 'desc', limit: 10 });
          const expected = model(held, seen, folder);
          if (sums === undefined) {
            assert.deepEqual(expected, { sizeBytes: 0, uniqueBytes: 0, reclaimableBytes: 0 });
            continue;
          }
          const { sizeBytes, uniqueBytes, reclaimableBytes } = sums;
          assert.deepEqual({ sizeBytes, uniqueBytes, reclaimableBytes }, expected, `${folder} ${visibility.id}`);
        }
      }
      for (const { visibility, seen } of views) {
        const { rows } = await repositories.list(visibility, { sort: 'name', direction: 'asc', limit: 100 });
        assert.equal(rows.length, seen.size);
        for (const { name, uniqueBytes, reclaimableBytes } of rows) {
          const expected = repositoryModel(held, seen, name);
          assert.deepEqual({ uniqueBytes, reclaimableBytes }, expected, `${name} ${visibility.id}`);
          const found = await repositories.find(visibility, name);
          assert.equal(found?.uniqueBytes, uniqueBytes);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('tags, pulls, sizes and times of what a viewer sees add up, and follow a change', async () => {
  const { db } = database;
  const space = createSpace({ db });
  const sums = createSpaceSums({ db, now: () => now, log });
  await db.updateTable('repositories').set({ tag_count: 2, pull_count: 3, logical_bytes: 50 }).execute();
  await db.updateTable('repositories').set({ last_pushed_at: 7 }).where('name', '=', 'team/api').execute();
  await sums.sum();
  const team = await visibilityOf(['team/**']);
  const total = await space.total(team);
  const below = NAMES.filter((name) => name.startsWith('team/')).length;
  assert.equal(total.repositoryCount, below);
  assert.equal(total.tagCount, below * 2);
  assert.equal(total.pullCount, below * 3);
  assert.equal(total.logicalBytes, below * 50);
  assert.equal(total.summedAt, now);
  const row = await db
    .selectFrom('folders')
    .selectAll()
    .where('visibility_id', '=', team.id)
    .where('path', '=', 'team')
    .executeTakeFirstOrThrow();
  assert.equal(row.last_pushed_at, 7);
  assert.equal(row.last_pulled_at, 0);
});

test('every order pages through the same rows, forwards and back', async () => {
  const { db } = database;
  const space = createSpace({ db });
  const sums = createSpaceSums({ db, now: () => now, log });
  await hold(
    db,
    [
      { repository: 'team/app', blob: 5, tagged: 1, untagged: 0 },
      { repository: 'team/api', blob: 4, tagged: 1, untagged: 0 },
      { repository: 'team/sub/x', blob: 4, tagged: 1, untagged: 0 },
      { repository: 'alone', blob: 2, tagged: 0, untagged: 1 },
    ],
    SIZES,
  );
  await sums.sum();
  const views = [EVERYTHING, await visibilityOf(['**/app']), await visibilityOf(['team/**'])];
  for (const visibility of views) {
    for (const folder of ['', 'team']) {
      for (const sort of SPACE_SORTS) {
        for (const direction of ['asc', 'desc'] as const) {
          const query = { folder, sort, direction };
          const { rows } = await space.overview(visibility, { ...query, limit: 100 });
          const paged: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await space.overview(visibility, { ...query, after: cursor, limit: 1 });
            paged.push(...page.rows.map((row) => `${row.kind} ${row.path}`));
            cursor = page.next;
          } while (cursor !== undefined);
          assert.deepEqual(
            paged,
            rows.map((row) => `${row.kind} ${row.path}`),
            `${folder} ${sort} ${direction}`,
          );
        }
      }
    }
  }
});

test('a hidden folder is as missing as one that never was, and its bytes appear nowhere', async () => {
  const { db } = database;
  const space = createSpace({ db });
  const sums = createSpaceSums({ db, now: () => now, log });
  const other = await visibilityOf(['alone', 'other/**']);
  await hold(db, [{ repository: 'team/app', blob: 5, tagged: 1, untagged: 1 }], SIZES);
  await sums.sum();
  const query = { sort: 'size', direction: 'desc', limit: 10 } as const;
  const hidden = await space.overview(other, { ...query, folder: 'team' });
  assert.deepEqual(hidden, await space.overview(other, { ...query, folder: 'never' }));
  assert.equal(hidden.sums, undefined);
  const root = await space.overview(other, { ...query, folder: '' });
  assert.deepEqual(root.rows.map((row) => row.path).sort(), ['alone', 'other']);
  assert.equal(root.sums?.sizeBytes, 0);
  assert.equal(root.sums?.reclaimableBytes, 0);
  const seen = await space.biggest(other, { folder: '', measure: 'size', limit: 10 });
  assert.deepEqual(seen.map((row) => row.path).sort(), ['alone', 'other']);
});

test('nobody who sees nothing is told anything', async () => {
  const space = createSpace({ db: database.db });
  const total = await space.total({ all: false, id: 0 });
  assert.deepEqual([total.repositoryCount, total.sizeBytes, total.summedAt], [0, 0, null]);
});

test('samples: one a day, only what changed, and old days go', async () => {
  const { db } = database;
  const space = createSpace({ db });
  const sums = createSpaceSums({ db, now: () => now, log });
  const days = async (path: string) =>
    (await space.series(EVERYTHING, path, 0)).map(({ dayAt, sizeBytes }) => [
      (dayAt - Date.UTC(2026, 10, 20)) / DAY,
      sizeBytes,
    ]);
  await hold(db, [{ repository: 'team/app', blob: 2, tagged: 1, untagged: 0 }], SIZES);
  await db
    .updateTable('repositories')
    .set({ changed_at: NOW - DAY })
    .execute();
  await sums.sum();
  await sums.sample();
  await sums.sample();
  assert.deepEqual(await days(''), [[0, 100]]);
  assert.deepEqual(await days('team'), [[0, 100]]);
  assert.deepEqual(await days('other/sub/deep'), [], 'too deep to be kept');

  now = NOW + 2 * DAY;
  await hold(db, [{ repository: 'team/app', blob: 3, tagged: 1, untagged: 0 }], SIZES);
  await db.updateTable('repositories').set({ changed_at: now }).where('name', '=', 'team/app').execute();
  await sums.sum();
  await sums.sample();
  assert.deepEqual(await days(''), [
    [0, 100],
    [2, 1000],
  ]);
  now += DAY;
  await sums.sum();
  await sums.sample();
  assert.deepEqual((await days('')).at(-1), [3, 1000]);
  assert.deepEqual((await days('team')).at(-1), [3, 1000]);
  now += DAY;
  await sums.sum();
  await sums.sample();
  assert.deepEqual((await days('team')).at(-1), [3, 1000], 'unchanged: as the day before');
  const own = await db
    .selectFrom('repository_samples')
    .innerJoin('repositories', 'repositories.id', 'repository_id')
    .select(['name', 'day_at'])
    .orderBy('name')
    .where('day_at', '>', NOW)
    .where('day_at', '<=', NOW + 2 * DAY)
    .execute();
  assert.deepEqual(
    own.map((row) => row.name),
    ['team/app'],
  );
  const { id } = await db
    .selectFrom('repositories')
    .select('id')
    .where('name', '=', 'team/app')
    .executeTakeFirstOrThrow();
  assert.deepEqual(
    (await space.repositorySeries(EVERYTHING, id, NOW)).map(({ dayAt, uniqueBytes }) => [dayAt, uniqueBytes])[0],
    [Math.floor((NOW + 2 * DAY) / DAY) * DAY, 1000],
    'the days of one repository are read by themselves',
  );
  const ofPart = await space.repositorySeries(await visibilityOf(['team/**']), id, NOW);
  assert.deepEqual(
    ofPart.map(({ sizeBytes, uniqueBytes, reclaimableBytes }) => [sizeBytes, uniqueBytes, reclaimableBytes])[0],
    [0, null, null],
    'who sees a part is not told of what others had',
  );

  now = NOW - 3 * DAY;
  await sums.sample();
  assert.deepEqual(
    (await days('')).map(([day]) => day),
    [-3, 0, 2, 3, 4],
    'a clock that went back harms nothing',
  );

  now = NOW + 401 * DAY;
  await sums.sum();
  await sums.sample();
  assert.deepEqual(
    (await days('')).map(([day]) => day),
    [2, 3, 4, 401],
  );
  now = NOW;
});

test('a change is summed up by itself, and closing leaves the values of before', async () => {
  const { db } = database;
  const space = createSpace({ db });
  const sums = createSpaceSums({ db, now: () => now, log });
  sums.start();
  await hold(db, [{ repository: 'team/app', blob: 1, tagged: 1, untagged: 0 }], SIZES);
  sums.changed();
  await eventually('the sum', () => space.total(EVERYTHING), { until: ({ sizeBytes }) => sizeBytes === 10 });
  await sums.close();
  await hold(db, [{ repository: 'team/app', blob: 2, tagged: 1, untagged: 0 }], SIZES);
  sums.changed();
  await sums.sum();
  assert.equal((await space.total(EVERYTHING)).sizeBytes, 10);
});

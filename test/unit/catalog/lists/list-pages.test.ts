import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { ANONYMOUS, type Rights } from '../../../../server/access/rights.ts';
import { compileRule } from '../../../../server/access/rule.ts';
import {
  createRepositoryStore,
  REPOSITORY_SORTS,
  type RepositoryFilters,
} from '../../../../server/catalog/lists/repositories.ts';
import { createVisibility, EVERYTHING, NOTHING } from '../../../../server/catalog/visibility/visibility.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import {
  asSeen,
  makeRepositories,
  passesFilters,
  sortedNames,
  storeRepositories,
  storeSeenSums,
  walk,
} from '../../../support/data/list-content.ts';

const MADE = makeRepositories(90);
let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  await storeRepositories(database.db, MADE);
});
after(() => database.close());

/** Who sees what, by pattern and by the same rule written out. */
const VIEWERS = [
  { patterns: ['**'], sees: () => true },
  { patterns: ['team/**', 'app*'], sees: (name: string) => name.startsWith('team/') || /^app[^/]*$/.test(name) },
  { patterns: ['nothing/here'], sees: () => false },
] as const;

function visibilityOf(patterns: readonly string[]) {
  const rules = patterns.map((repository) =>
    compileRule({ repository, address: '**', canPull: true, canPush: false, canDelete: false }, 'lin'),
  );
  const rights: Rights = {
    subject: { ...ANONYMOUS, kind: 'user', id: 1, name: 'lin' },
    ...{ isAdmin: false, isAuditor: false, rules },
  };
  return createVisibility(database.db).of(rights, '10.0.0.1');
}

const optional = <Value>(values: readonly Value[]) => fc.constantFrom(undefined, ...values);
const filters: fc.Arbitrary<RepositoryFilters> = fc.record({
  filter: optional(['a', 'APP', 'app1', 'team/', '_', '%', "'", 'é', 'no such name']),
  platform: optional(['linux/arm64', 'x/y']),
  kind: optional(['helm']),
  pushedBefore: optional([1, 200]),
  pushedAfter: optional([1, 300]),
  atLeastBytes: optional([10]),
  atMostBytes: optional([10]),
  neverPulled: optional([true]),
  isEmpty: optional([true]),
});
const lists = fc.record({
  sort: fc.constantFrom(...REPOSITORY_SORTS),
  direction: fc.constantFrom('asc' as const, 'desc' as const),
  limit: fc.constantFrom(1, 7, 20, 100),
  viewer: fc.constantFrom(...VIEWERS),
  folder: fc.constantFrom('', 'team', 'team2', 'none'),
  // Most filters together leave nothing.
  filters: fc.oneof(fc.constant({}), filters),
});

// With few candidates they are fetched and sorted, with many the sort's index is read.
for (const [how, few] of [
  ['candidates', 1500],
  ['order', 3],
] as const) {
  test(`all pages by ${how}, forward and back, are what a slow list gives`, async () => {
    const { list } = createRepositoryStore(database.db, few);
    await fc.assert(
      fc.asyncProperty(lists, async ({ sort, direction, limit, viewer, folder, filters }) => {
        const visibility = await visibilityOf(viewer.patterns);
        await storeSeenSums(database.db);
        const query = { sort, direction, limit, folder, ...filters };
        const expected = MADE.filter(
          (row) =>
            viewer.sees(row.name) &&
            (folder === '' || row.name.startsWith(`${folder}/`)) &&
            passesFilters(row, filters),
        );
        const { forward, back } = await walk(async (after) => {
          const page = await list(visibility, { ...query, after });
          assert.deepEqual([page.total, page.isExact], [expected.length, true]);
          return page;
        });
        assert.deepEqual(
          forward.flat().map((row) => row.name),
          sortedNames(visibility.all ? expected : expected.map(asSeen), sort, direction),
        );
        assert.deepEqual(back, forward);
      }),
      { numRuns: 100 },
    );
  });
}

for (const sort of [...REPOSITORY_SORTS, 'repositories'] as const) {
  test(`a folder shows its sub-folders, then its own repositories, by ${sort}`, async () => {
    const { contents, folders } = createRepositoryStore(database.db);
    for (const [direction, parent] of [
      ['asc', ''],
      ['desc', ''],
      ['asc', 'team'],
      ['desc', 'other/a'],
    ] as const) {
      const read = (limit: number) => (after: string | undefined) =>
        contents(EVERYTHING, { parent, sort, direction, limit, after });
      const { forward, back } = await walk(read(4));
      assert.deepEqual(back, forward);
      const rows = forward.flat();
      const below = rows.flatMap(({ folder }) => (folder === undefined ? [] : [folder.path]));
      const direct = rows.flatMap(({ repository }) => (repository === undefined ? [] : [repository.name]));
      assert.ok(rows.slice(0, below.length).every((row) => row.folder !== undefined));
      const own = MADE.filter((row) => row.folder === parent);
      assert.deepEqual(direct, sortedNames(own, sort === 'repositories' ? 'name' : sort, direction));
      const alone = await walk((after) => folders(EVERYTHING, { parent, sort, direction, limit: 2, after }));
      assert.deepEqual(alone.back, alone.forward);
      assert.deepEqual(
        alone.forward.flat().map((row) => row.path),
        below,
      );
      const prefix = parent === '' ? '' : `${parent}/`;
      const inside = MADE.filter((row) => row.name.startsWith(prefix) && row.folder !== parent);
      const expected = new Set(inside.map((row) => prefix + row.name.slice(prefix.length).split('/')[0]));
      assert.deepEqual(new Set(below), expected);
    }
  });
}

test('a folder is as large as its viewer may see it, and not there for who sees nothing of it', async () => {
  const { contents, total } = createRepositoryStore(database.db);
  const query = { parent: '', sort: 'name', direction: 'asc', limit: 100 } as const;
  const some = await visibilityOf(['team/sub/*']);
  const page = await contents(some, query);
  const expected = MADE.filter((row) => row.folder === 'team/sub').length;
  assert.deepEqual(
    page.rows.map(({ folder }) => [folder?.path, folder?.repositoryCount]),
    [['team', expected]],
  );
  assert.equal(page.total, expected);
  assert.equal(await total(some), expected);
  assert.deepEqual((await contents(NOTHING, query)).rows, []);
  assert.deepEqual((await contents(some, { ...query, parent: 'other' })).rows, []);
});

test('the choices of filters are those of what the viewer may see', async () => {
  const { facets } = createRepositoryStore(database.db);
  assert.deepEqual(await facets(EVERYTHING), { platforms: ['linux/amd64', 'linux/arm64'], kinds: ['helm', 'image'] });
  const one = MADE.find((row) => row.platforms.length === 1);
  assert.deepEqual(await facets(await visibilityOf([one?.name ?? ''])), {
    ...{ platforms: one?.platforms, kinds: [one?.kind] },
  });
  assert.deepEqual(await facets(NOTHING), { platforms: [], kinds: [] });
});

test('whatever stands in an address where a cursor should be gives a page', async () => {
  const { list, contents } = createRepositoryStore(database.db);
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const texts = ['x', '%%%', made([{}, 1]), made(['a', 'b']), made([1, 'b', 'folders', 1]), made([1, 'a\0', '', 1])];
  const anything = fc.oneof(fc.constantFrom(...texts), fc.base64String(), fc.json().map(made));
  await fc.assert(
    fc.asyncProperty(anything, fc.constantFrom(...REPOSITORY_SORTS), async (after, sort) => {
      const query = { sort, direction: 'desc', limit: 5, after } as const;
      assert.ok((await list(EVERYTHING, query)).rows.length <= 5);
      assert.ok((await contents(EVERYTHING, { ...query, parent: '' })).rows.length <= 5);
    }),
    { numRuns: 60 },
  );
});

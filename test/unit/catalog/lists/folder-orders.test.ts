import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRepositoryStore, FOLDER_SORTS, type FolderSort } from '../../../../server/catalog/lists/repositories.ts';
import { sumSpace } from '../../../../server/catalog/space/sums.ts';
import { EVERYTHING } from '../../../../server/catalog/visibility/visibility.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import {
  ageOf,
  type MadeRepository,
  makeRepositories,
  storeRepositories,
  walk,
} from '../../../support/data/list-content.ts';

const rest = async () => undefined;
// Enough folders for ties and for several pages.
const MADE = makeRepositories(120).map((row, index) => {
  const folder = `${['team', 'other', 'x', 'y/z', 'w', 'v'][index % 6]}${index % 11}`;
  return { ...row, folder, name: `${folder}/${index}` };
});
let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  await storeRepositories(database.db, MADE);
  await sumSpace(database.db, 5000, rest);
});
after(() => database.close());

const sum = (rows: readonly MadeRepository[], of: (row: MadeRepository) => number) =>
  rows.reduce((total, row) => total + of(row), 0);
const most = (rows: readonly MadeRepository[], of: (row: MadeRepository) => number) => Math.max(0, ...rows.map(of));
const lastPush = (rows: readonly MadeRepository[]) => most(rows, (row) => row.pushed ?? 0);

const VALUES: Record<FolderSort, (rows: readonly MadeRepository[], path: string) => string | number> = {
  name: (_rows, path) => path,
  repositories: (rows) => rows.length,
  tags: (rows) => sum(rows, (row) => row.tags),
  newest: (rows) => most(rows, ageOf),
  pushed: (rows) => lastPush(rows) || most(rows, ageOf),
  // Of several pushes at one time the first repository's counts.
  by: (rows) => rows.find((row) => row.pushed !== null && row.pushed === lastPush(rows))?.by ?? '',
  pulled: (rows) => most(rows, (row) => row.pulled ?? 0),
  pulls: (rows) => sum(rows, (row) => row.pulls),
  platforms: (rows) => new Set(rows.flatMap((row) => row.platforms)).size,
  // Nothing here holds a blob.
  size: () => 0,
  unique: () => 0,
};

function expected(parent: string, sort: FolderSort): readonly string[] {
  const prefix = parent === '' ? '' : `${parent}/`;
  const below = new Map<string, MadeRepository[]>();
  for (const row of MADE) {
    const [first = '', ...more] = row.name.startsWith(prefix) ? row.name.slice(prefix.length).split('/') : [];
    if (first === '' || more.length === 0) continue;
    below.set(prefix + first, [...(below.get(prefix + first) ?? []), row]);
  }
  const compare = (one: string | number, other: string | number) => (one < other ? -1 : one > other ? 1 : 0);
  return [...below]
    .map(([path, rows]) => ({ path, value: VALUES[sort](rows, path) }))
    .sort((one, other) => compare(one.value, other.value) || compare(one.path, other.path))
    .map(({ path }) => path);
}

for (const sort of FOLDER_SORTS) {
  test(`folders stand in the order of their ${sort}, rising and falling, page by page`, async () => {
    const { contents } = createRepositoryStore(database.db);
    for (const parent of ['', 'y']) {
      for (const direction of ['asc', 'desc'] as const) {
        const { forward, back } = await walk((after) =>
          contents(EVERYTHING, { parent, sort, direction, limit: 4, after }),
        );
        const paths = forward.flat().flatMap(({ folder }) => (folder === undefined ? [] : [folder.path]));
        const rising = expected(parent, sort);
        assert.deepEqual(paths, direction === 'asc' ? rising : [...rising].reverse());
        assert.deepEqual(back, forward);
      }
    }
  });
}

test('a folder says who pushed last, what it is made for and how old its youngest tag is', async () => {
  const { folders } = createRepositoryStore(database.db);
  const query = { parent: '', sort: 'name', direction: 'asc', limit: 100 } as const;
  const { rows: found } = await folders(EVERYTHING, query);
  assert.ok(found.length > 1, 'there are folders');
  for (const folder of found) {
    const rows = MADE.filter((row) => row.name.startsWith(`${folder.path}/`));
    assert.deepEqual(folder.platforms, [...new Set(rows.flatMap((row) => row.platforms))].sort());
    assert.equal(folder.newestAt ?? 0, most(rows, ageOf));
    assert.equal(folder.lastPushedBy ?? '', VALUES.by(rows, folder.path));
    assert.equal(folder.lastPushedAt ?? 0, lastPush(rows));
  }
});

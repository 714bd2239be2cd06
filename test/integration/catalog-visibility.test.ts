import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { buildVisibility, namesShown, pruneVisibilities } from '../../server/catalog/visibility/build.ts';
import { openTestDatabase } from '../support/data/database.ts';
import { seedRepository } from '../support/data/seed.ts';

const AT = 1_780_000_000_000;
const PATTERNS = Array.from({ length: 20 }, (_, index) => `team/app-${index}*`);

async function openSeeded(t: TestContext) {
  const { db, close } = await openTestDatabase();
  t.after(close);
  for (let index = 0; index < 20; index += 1) await seedRepository(db, `team/app-${index}`, [{ tags: ['v1'] }], 1);
  return db;
}

/** Works on and on beside a build, a statement of it between any two of the build. */
async function whileBuilding(building: Promise<number>, step: () => Promise<boolean>): Promise<number> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  building.then(end, end);
  while (!isOver && (await step()));
  return building;
}

test('a set of patterns is worked out while unused ones are removed', async (t) => {
  const db = await openSeeded(t);
  const id = await whileBuilding(buildVisibility(db, PATTERNS, AT), async () => {
    await pruneVisibilities(db, AT);
    return true;
  });
  assert.equal((await namesShown(db, id)).length, 20);
});

test('a set of patterns is worked out while repositories go', async (t) => {
  const db = await openSeeded(t);
  const left = Array.from({ length: 15 }, (_, index) => `team/app-${index}`);
  const id = await whileBuilding(buildVisibility(db, PATTERNS, AT), async () => {
    const begun = await db.selectFrom('visibilities').select('id').where('ready', '=', 0).executeTakeFirst();
    if (begun === undefined) return true;
    const name = left.pop();
    if (name === undefined) return false;
    await db.deleteFrom('repositories').where('name', '=', name).execute();
    return true;
  });
  const rows = await db.selectFrom('repositories').select('name').execute();
  assert.ok(left.length < 15);
  assert.deepEqual([...(await namesShown(db, id))].sort(), rows.map(({ name }) => name).sort());
});

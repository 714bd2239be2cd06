import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLabelKeys } from '../../../../server/catalog/search/label-keys.ts';
import { factsOfTags } from '../../../../server/catalog/visibility/tag-facts.ts';
import { EVERYTHING, NOTHING } from '../../../../server/catalog/visibility/visibility.ts';
import { openTestDatabase } from '../../../support/data/database.ts';
import { seedRepository } from '../../../support/data/seed.ts';

async function seeded() {
  const database = await openTestDatabase();
  const image = { tags: ['v1', 'v2'], labels: { team: 'core' } };
  await seedRepository(database.db, 'team/app', [image]);
  return database;
}

test('keys of labels are gathered once a minute, for each who sees alike', async () => {
  const { db, close } = await seeded();
  let now = 1;
  const keys = createLabelKeys({ db, clock: () => now });
  assert.deepEqual(await keys(EVERYTHING), ['team']);
  assert.deepEqual(await keys(NOTHING), []);
  await seedRepository(db, 'team/web', [{ tags: ['v1'], labels: { tier: 'x' } }]);
  assert.deepEqual(await keys(EVERYTHING), ['team']);
  now = 60_002;
  assert.deepEqual(await keys(EVERYTHING), ['team', 'tier']);
  await close();
});

test('an answer that failed does not take away the one that was asked for after it', async () => {
  const { db, close } = await seeded();
  let [now, isBroken] = [1, true];
  const shaky = new Proxy(db, {
    get(target, name) {
      if (isBroken) throw new Error('broken');
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const keys = createLabelKeys({ db: shaky, clock: () => now });
  const failed = keys(EVERYTHING);
  [now, isBroken] = [60_002, false];
  const kept = keys(EVERYTHING);
  await assert.rejects(failed, /broken/);
  assert.equal(keys(EVERYTHING), kept);
  assert.deepEqual(await kept, ['team']);
  isBroken = true;
  now = 120_003;
  await assert.rejects(keys(EVERYTHING), /broken/);
  isBroken = false;
  assert.deepEqual(await keys(EVERYTHING), ['team']);
  await close();
});

test('tags tell what they point to, to those who see them', async () => {
  const { db, close } = await seeded();
  const found = await factsOfTags(db, EVERYTHING, 'team/app', ['v1', 'missing']);
  assert.deepEqual([...found.keys()], ['v1']);
  assert.match(found.get('v1')?.digest ?? '', /^sha256:/);
  assert.equal(found.get('v1')?.kind, 'image');
  assert.equal((await factsOfTags(db, EVERYTHING, 'team/app', [])).size, 0);
  assert.equal((await factsOfTags(db, NOTHING, 'team/app', ['v1'])).size, 0);
  await close();
});

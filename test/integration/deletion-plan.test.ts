import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { readPlan } from '../../server/housekeeping/plan.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

let opened: TestDatabase;

async function addManifest(repositoryId: number, digest: string, blobs: Record<string, number>, more = {}) {
  const { db } = opened;
  await db
    .insertInto('manifests')
    .values({
      digest,
      media_type: 'm',
      kind: 'image',
      artifact_type: null,
      raw: Buffer.alloc(10),
      config_digest: null,
      config: null,
      subject_digest: null,
      created_at: null,
      total_bytes: 0,
      fetched_at: 0,
      error: null,
      ...more,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db.insertInto('held_manifests').values({ repository_id: repositoryId, digest, first_seen_at: 0 }).execute();
  for (const [position, [blob, size]] of Object.entries(blobs).entries()) {
    await db
      .insertInto('manifest_blobs')
      .values({ digest, position, blob_digest: blob, media_type: 'l', size_bytes: size, role: 'layer' })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

async function addTag(repositoryId: number, name: string, digest: string): Promise<void> {
  const row = { repository_id: repositoryId, name, digest, first_seen_at: 0, checked_at: 0 };
  await opened.db.insertInto('tags').values(row).execute();
}

before(async () => {
  opened = await openTestDatabase();
  for (const name of ['team/app', 'team/other']) {
    await opened.db.insertInto('repositories').values({ name, first_seen_at: 0 }).execute();
  }
  await addManifest(1, 'image', { base: 1000, own: 50 });
  await addManifest(1, 'second', { base: 1000, twin: 7 });
  await addManifest(1, 'index', {}, { kind: 'index' });
  await addManifest(1, 'child', { leaf: 5 });
  await addManifest(1, 'signature', { note: 1 }, { kind: 'signature', subject_digest: 'image' });
  await addManifest(1, 'everywhere', { wide: 300 });
  await addManifest(2, 'everywhere', { wide: 300 });
  await opened.db
    .insertInto('manifest_children')
    .values({
      parent_digest: 'index',
      position: 0,
      child_digest: 'child',
      media_type: 'm',
      size_bytes: 1,
      platform: 'linux/arm64',
    })
    .execute();
  const tags = { v1: 'image', a: 'second', b: 'second', multi: 'index', arm: 'child', wide: 'everywhere' };
  for (const [name, digest] of Object.entries(tags)) await addTag(1, name, digest);
});
after(() => opened.close());

test('an image frees what no other manifest uses, and names what points to it', async () => {
  const plan = await readPlan(opened.db, EVERYTHING, 'team/app', 'v1');
  assert.equal(plan?.freesBytes, 50 + 10 + (1 + 10));
  assert.deepEqual(
    plan?.unneeded.map((each) => each.digest),
    ['image', 'signature'],
  );
  assert.equal(plan?.canDeleteManifest, true);
  assert.deepEqual(
    plan?.referrers.map((each) => each.digest),
    ['signature'],
  );
});
test('a digest with two tags keeps the other one', async () => {
  const plan = await readPlan(opened.db, EVERYTHING, 'team/app', 'a');
  assert.deepEqual(plan?.siblings, ['b']);
  assert.equal(plan?.lastTag, false);
  assert.equal(plan?.canDeleteManifest, false);
});
test('the children of an index stay', async () => {
  const plan = await readPlan(opened.db, EVERYTHING, 'team/app', 'multi');
  assert.deepEqual(plan?.children, [{ digest: 'child', platform: 'linux/arm64' }]);
  assert.equal(plan?.freesBytes, 10);
});
test('what an index contains is protected', async () => {
  const plan = await readPlan(opened.db, EVERYTHING, 'team/app', 'arm');
  assert.deepEqual(plan?.parents, ['index']);
  assert.equal(plan?.canDeleteManifest, false);
});
test('a manifest that another repository holds frees nothing', async () => {
  assert.equal((await readPlan(opened.db, EVERYTHING, 'team/app', 'wide'))?.freesBytes, 0);
});
test('an unknown tag has no plan', async () =>
  assert.equal(await readPlan(opened.db, EVERYTHING, 'team/app', 'none'), undefined));

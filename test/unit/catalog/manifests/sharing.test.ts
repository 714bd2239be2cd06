import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ANONYMOUS, type Rights } from '../../../../server/access/rights.ts';
import { compileRule } from '../../../../server/access/rule.ts';
import { createImages } from '../../../../server/catalog/images/images.ts';
import { layerHolders } from '../../../../server/catalog/images/layer-holders.ts';
import { createSharedMemory, sharedLayers, uniqueBytes } from '../../../../server/catalog/manifests/sharing.ts';
import {
  createVisibility,
  EVERYTHING,
  NOTHING,
  type Visibility,
} from '../../../../server/catalog/visibility/visibility.ts';
import { monotonic } from '../../../../server/clock.ts';
import { createLogger } from '../../../../server/log.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import { seedRepository } from '../../../support/data/seed.ts';

let database: TestDatabase;
let digest = '';
let multi = '';
let home = 0;
let multiHome = 0;
let team: Visibility;

before(async () => {
  database = await openTestDatabase();
  const { db } = database;
  const seeded = await seedRepository(db, 'team/app', [
    { tags: ['v1'], layers: ['base', 'own layer'] },
    { tags: ['v2'], layers: ['base', 'other'] },
  ]);
  digest = seeded.digests[0] ?? '';
  home = seeded.repositoryId;
  await seedRepository(db, 'team/side', [{ tags: ['v1'], layers: ['base', 'side'], salt: 'side' }]);
  await seedRepository(db, 'secret/app', [{ tags: ['v1'], layers: ['base', 'own layer'], salt: 'secret' }]);
  const index = { tags: ['v1'], platforms: ['linux/amd64', 'linux/arm64'], layers: ['multi'], salt: 'multi' };
  const several = await seedRepository(db, 'team/multi', [index]);
  multi = several.digests[0] ?? '';
  multiHome = several.repositoryId;
  team = await createVisibility(db).of(rights(['team/**']), '10.0.0.1');
});
after(() => database.close());

function rights(patterns: readonly string[]): Rights {
  const rules = patterns.map((repository) =>
    compileRule({ repository, address: '**', canPull: true, canPush: false, canDelete: false }, 'lin'),
  );
  return { subject: { ...ANONYMOUS, kind: 'user', id: 1, name: 'lin' }, isAdmin: false, isAuditor: false, rules };
}

async function layersOf(image: string) {
  const rows = await database.db
    .selectFrom('manifest_blobs')
    .select(['blob_digest', 'size_bytes'])
    .where('digest', '=', image)
    .where('role', '=', 'layer')
    .orderBy('position')
    .execute();
  return rows.map((row) => row.blob_digest);
}

const viewers: readonly (readonly [string, () => Visibility, readonly number[]])[] = [
  ['an admin counts every repository', () => EVERYTHING, [3, 1]],
  ['a member only what the rules reach', () => team, [2, 0]],
  ['nobody counts nothing', () => NOTHING, []],
];
for (const [name, seen, expected] of viewers) {
  test(`other images with a layer: ${name}`, async () => {
    const counts = await sharedLayers(database.db, seen(), digest, createSharedMemory(monotonic));
    const found = (await layersOf(digest)).flatMap((layer) => counts.get(layer) ?? []);
    assert.deepEqual(
      found.map((count) => count.images),
      expected,
    );
    assert.ok(found.every((count) => !count.isMore));
  });
}

test('the list of a layer names what the viewer may see, page by page', async () => {
  const [base = ''] = await layersOf(digest);
  const names = async (seen: Visibility, limit: number) => {
    const rows: string[] = [];
    let after: string | undefined;
    do {
      const page = await layerHolders(database.db, seen, base, { after, limit });
      rows.push(...(page?.rows ?? []).map((row) => `${row.repository} ${row.imageCount} ${row.images[0]?.tag}`));
      after = page?.next;
    } while (after !== undefined);
    return rows.sort();
  };
  const ofTeam = ['team/app 2 v2', 'team/side 1 v1'];
  for (const limit of [1, 2, 10]) {
    assert.deepEqual(await names(team, limit), ofTeam);
    assert.deepEqual(await names(EVERYTHING, limit), ['secret/app 1 v1', ...ofTeam]);
    assert.deepEqual(await names(NOTHING, limit), []);
  }
});

test('a layer is listed only from an image that has it', async () => {
  const { db } = database;
  const images = createImages({ db, fetchManifest: async () => false, log: createLogger('silent') });
  const [base = '', own = ''] = await layersOf(digest);
  const [other = ''] = (await layersOf(multi)).concat(base);
  const { id } = await db
    .selectFrom('repositories')
    .select('id')
    .where('name', '=', 'team/app')
    .executeTakeFirstOrThrow();
  const ask = (image: string, layer: string) => images.holders(id, image, layer, team, { limit: 10 });
  assert.equal((await ask(digest, own))?.rows.length, 1);
  assert.equal(await ask(multi, other), undefined);
  assert.equal(await ask(digest, `sha256:${'0'.repeat(64)}`), undefined);
});

test('bytes are unique that no other image has which the viewer may see', async () => {
  const blobs = await database.db
    .selectFrom('manifest_blobs')
    .select(['role', 'size_bytes'])
    .where('digest', '=', digest)
    .orderBy('position')
    .execute();
  const [config, , own] = blobs.map((blob) => blob.size_bytes);
  assert.equal(await uniqueBytes(database.db, EVERYTHING, home, digest), config, '`own layer` is in secret/app too');
  assert.equal(
    await uniqueBytes(database.db, team, home, digest),
    (config ?? 0) + (own ?? 0),
    'nobody of team learns of it',
  );
  assert.equal(
    await uniqueBytes(database.db, NOTHING, home, digest),
    blobs.reduce((sum, blob) => sum + blob.size_bytes, 0),
    'nor does nobody',
  );
  const total = await database.db
    .selectFrom('manifests')
    .select('total_bytes')
    .where('digest', '=', multi)
    .executeTakeFirst();
  for (const seen of [EVERYTHING, team])
    assert.equal(await uniqueBytes(database.db, seen, multiHome, multi), total?.total_bytes);
});

test('the same image in two repositories stays unique to itself', async () => {
  const { db } = database;
  const images = [{ tags: ['v1'], layers: ['twin'], salt: 'twin' }];
  const first = await seedRepository(db, 'twins/a', images);
  await seedRepository(db, 'twins/b', images);
  const total = await db
    .selectFrom('manifests')
    .select('total_bytes')
    .where('digest', '=', first.digests[0] ?? '')
    .executeTakeFirst();
  for (const seen of [EVERYTHING, await createVisibility(db).of(rights(['twins/a']), '10.0.0.1')]) {
    assert.equal(await uniqueBytes(db, seen, first.repositoryId, first.digests[0] ?? ''), total?.total_bytes);
  }
});

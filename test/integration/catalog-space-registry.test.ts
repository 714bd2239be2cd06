import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSpace, type SpaceStore } from '../../server/catalog/space/space.ts';
import { createSpaceSums } from '../../server/catalog/space/space-sums.ts';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../server/log.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { deleteManifest, type Pushed, pushImageOf } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let catalog: Awaited<ReturnType<typeof startCatalog>>;
let space: SpaceStore;
const BASE = 'b'.repeat(1000);
const CONFIG = JSON.stringify({ architecture: 'amd64', os: 'linux', created: '2026-01-02T03:04:05Z' }).length;

before(async () => {
  if (skip) return;
  catalog = await startCatalog();
  space = createSpace({ db: catalog.db });
});
after(() => catalog?.stop());

async function sumsOf(folder: string) {
  await createSpaceSums({ db: catalog.db, now: () => catalog.state.clock, log: createLogger('silent') }).sum();
  const { sums } = await space.overview(EVERYTHING, { folder, sort: 'size', direction: 'desc', limit: 10 });
  return sums && { size: sums.sizeBytes, unique: sums.uniqueBytes, reclaimable: sums.reclaimableBytes };
}

test('what a registry holds is counted once, wherever it lies', { skip }, async () => {
  const { url, indexer } = catalog;
  await pushImageOf(url, 'team/app', 'v1', { layers: [BASE, 'a'.repeat(10)] });
  await pushImageOf(url, 'team/api', 'v1', { layers: [BASE, 'a'.repeat(20)] });
  await pushImageOf(url, 'other/app', 'v1', { layers: [BASE, 'a'.repeat(40)] });
  await indexer.crawl('start');
  assert.deepEqual(await sumsOf(''), { size: CONFIG + 1070, unique: CONFIG + 1070, reclaimable: 0 });
  assert.deepEqual(await sumsOf('team'), { size: CONFIG + 1030, unique: 30, reclaimable: 0 });
  const app = await catalog.repository('team/app');
  assert.equal(app?.uniqueBytes, 10);
  assert.equal(app?.sizeBytes, CONFIG + 1010);
  const total = await space.total(EVERYTHING);
  assert.equal(total.tagCount, 3);
  assert.equal(total.logicalBytes, 3 * (CONFIG + 1000) + 70);
});

test('what only an untagged image uses can be reclaimed, until that is gone', { skip }, async () => {
  const { url, indexer } = catalog;
  const old: Pushed = await pushImageOf(url, 'team/app', 'v2', { layers: [BASE, 'o'.repeat(500)] });
  await indexer.refreshRepository('team/app');
  await pushImageOf(url, 'team/app', 'v2', { layers: [BASE, 'n'.repeat(50)] });
  await indexer.refreshRepository('team/app');
  assert.deepEqual(await sumsOf('team'), { size: CONFIG + 1080, unique: 80, reclaimable: 500 });
  assert.equal((await catalog.repository('team/app'))?.reclaimableBytes, 500);
  await deleteManifest(url, 'team/app', old.digest);
  await indexer.forgetManifest('team/app', old.digest);
  assert.deepEqual(await sumsOf(''), { size: CONFIG + 1120, unique: CONFIG + 1120, reclaimable: 0 });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCatalog } from '../support/app/catalog.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');

test('a repository that no event told of is found in the catalog, as pushed just now', { skip }, async (context) => {
  const catalog = await startCatalog();
  context.after(() => catalog.stop());
  const { url, indexer, state } = catalog;
  await pushImageOf(url, 'old', 'v1', { layers: ['old'] });
  await indexer.crawl('start');
  await pushImageOf(url, 'new/app', 'v1', { layers: ['new'] });
  state.clock += 60_000;
  state.asked.length = 0;
  await indexer.findNewRepositories();
  const row = await catalog.repository('new/app');
  assert.deepEqual([row?.tagCount, row?.lastPushedAt, row?.lastPushedBy], [1, state.clock, null]);
  assert.ok(!state.asked.includes('tags old'), 'what is known is not read again');
});

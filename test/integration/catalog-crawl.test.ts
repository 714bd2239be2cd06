import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createSpace } from '../../server/catalog/space/space.ts';
import { createSpaceSums } from '../../server/catalog/space/space-sums.ts';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../server/log.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { putManifest } from '../support/registry/content.ts';
import { deleteManifest, pushHelmChart, pushImageOf, pushIndex } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let catalog: Awaited<ReturnType<typeof startCatalog>>;
before(async () => {
  if (!skip) catalog = await startCatalog();
});
after(() => catalog?.stop());
beforeEach(() => {
  if (skip) return;
  catalog.state.asked.length = 0;
  catalog.state.failing.clear();
});

const BY_NAME = { sort: 'name', direction: 'asc', limit: 100 } as const;

test('a crawl finds every repository, tag, platform and size', { skip }, async () => {
  const { url, indexer, repository } = catalog;
  const amd = await pushImageOf(url, 'team/app', undefined, { layers: ['base', 'amd'] });
  const arm = await pushImageOf(url, 'team/app', undefined, {
    layers: ['base', 'arm'],
    config: { architecture: 'arm64' },
  });
  await pushIndex(url, 'team/app', 'v1', [
    { pushed: amd, platform: 'linux/amd64' },
    { pushed: arm, platform: 'linux/arm64/v8' },
  ]);
  await pushImageOf(url, 'team/app', 'v2', { layers: ['base', 'two'], config: { created: '2026-02-01T00:00:00Z' } });
  await pushHelmChart(url, 'charts/web', '1.0.0');
  await indexer.crawl('start');
  const app = await repository('team/app');
  assert.equal(app?.tagCount, 2);
  assert.equal(app?.newestTag, 'v2');
  assert.deepEqual(app?.platforms, ['linux/amd64', 'linux/arm64/v8']);
  assert.equal(app?.error, null);
  assert.equal((await repository('charts/web'))?.tagCount, 1);
  const progress = await indexer.progress();
  assert.equal(progress?.repositoriesTotal, 2);
  assert.equal(progress?.repositoriesDone, 2);
  assert.equal(progress?.failures, 0);
  assert.notEqual(progress?.finishedAt, null);
});

test('the layer that two images share is counted once', { skip }, async () => {
  const row = await catalog.repository('team/app');
  const layers = ['base', 'amd', 'arm', 'two'].join('').length;
  const configs = await catalog.db
    .selectFrom('manifest_blobs')
    .select(['blob_digest', 'size_bytes'])
    .distinct()
    .where('role', '=', 'config')
    .where('media_type', 'like', '%image.config%')
    .execute();
  assert.equal(row?.sizeBytes, layers + configs.reduce((sum, config) => sum + config.size_bytes, 0));
});

test('manifests and configurations are fetched once per digest, ever', { skip }, async () => {
  await catalog.indexer.crawl('schedule');
  const { asked } = catalog.state;
  assert.deepEqual(
    asked.filter((line) => /^(manifest|blob)/.test(line)),
    [],
  );
  // Each tag twice: in the sample that tells whether the registry still has what is known, and by the crawl itself.
  const heads = asked.filter((line) => line.startsWith('head'));
  assert.deepEqual([new Set(heads).size, heads.length], [3, 6]);
});

test('an image that two repositories share is fetched once', { skip }, async () => {
  const { url, state } = catalog;
  const { digest } = await pushImageOf(url, 'twin/a', 'v1', { layers: ['twin'] });
  await pushImageOf(url, 'twin/b', 'v1', { layers: ['twin'] });
  await catalog.indexer.crawl('schedule');
  assert.equal(state.asked.filter((line) => line === `manifest ${digest}`).length, 1);
  assert.equal((await catalog.repository('twin/a'))?.sizeBytes, (await catalog.repository('twin/b'))?.sizeBytes);
});

test('tags are grouped by digest', { skip }, async () => {
  const { url, tags, repository, indexer } = catalog;
  const first = await pushImageOf(url, 'grouped', 'v1', { layers: ['g'] });
  await putManifest(url, 'grouped', 'latest', first.mediaType, first.raw);
  await pushImageOf(url, 'grouped', 'v0', { layers: ['old'] });
  await indexer.refreshRepository('grouped');
  const row = await repository('grouped');
  const page = await tags.groups(row?.id ?? 0, BY_NAME);
  assert.equal(page.total, 2);
  assert.equal((await tags.flat(row?.id ?? 0, BY_NAME)).total, 3);
  assert.deepEqual(
    page.rows.map((group) => group.tags.map((tag) => tag.name)),
    [['v0'], ['v1', 'latest']],
  );
});

test('a registry that does not answer removes nothing', { skip }, async () => {
  for (const kind of ['catalog', 'tags', 'head']) {
    catalog.state.failing.clear();
    catalog.state.failing.add(kind);
    await catalog.indexer.crawl('schedule');
    assert.equal((await catalog.repository('team/app'))?.tagCount, 2, kind);
  }
  assert.match((await catalog.repository('team/app'))?.error ?? '', /v1/);
  catalog.state.failing.clear();
  await catalog.indexer.crawl('schedule');
  assert.equal((await catalog.repository('team/app'))?.error, null);
});

test('a tag that vanished goes when it was missed twice, minutes apart; its repository stays as empty', {
  skip,
}, async () => {
  const { url, indexer, repository, state } = catalog;
  const { digest } = await pushImageOf(url, 'vanish', 'v1', { layers: ['v'] });
  await indexer.refreshRepository('vanish');
  await deleteManifest(url, 'vanish', digest);
  await indexer.crawl('schedule');
  assert.equal((await repository('vanish'))?.tagCount, 1);
  state.clock += 60_000;
  await indexer.crawl('schedule');
  assert.equal((await repository('vanish'))?.tagCount, 1);
  state.clock += 120_000;
  await indexer.crawl('schedule');
  const row = await repository('vanish');
  assert.equal(row?.tagCount, 0);
  assert.equal(row?.sizeBytes, 0);
});

test('a reported deletion of ours needs one look', { skip }, async () => {
  const { url, indexer, repository, images } = catalog;
  const { digest } = await pushImageOf(url, 'deleted', 'v1', { layers: ['d'] });
  await indexer.refreshRepository('deleted');
  await deleteManifest(url, 'deleted', digest);
  await indexer.refreshAfterDeletion('deleted');
  assert.equal((await repository('deleted'))?.tagCount, 0);
  assert.equal(await images.detail('deleted', digest), undefined);
});

test('a crawl that is asked for while one runs makes one more', { skip }, async () => {
  const { indexer, db } = catalog;
  const before = await db.selectFrom('crawls').select('id').execute();
  await Promise.all([indexer.crawl('schedule'), indexer.crawl('asked'), indexer.crawl('instance')]);
  const rows = await db.selectFrom('crawls').select('id').execute();
  assert.equal(rows.length - before.length, 2);
});

test('a new registry process asks for a crawl, the first one we hear of and known ones do not', { skip }, async () => {
  const { indexer } = catalog;
  assert.deepEqual(
    [
      await indexer.needsCrawl('a'),
      await indexer.needsCrawl('a'),
      await indexer.needsCrawl('b'),
      await indexer.needsCrawl('b'),
    ],
    [false, false, true, false],
  );
});

test('counts add every blob once over all repositories', { skip }, async () => {
  const { db, state } = catalog;
  await createSpaceSums({ db, now: () => state.clock, log: createLogger('silent') }).sum();
  const counts = await createSpace({ db }).total(EVERYTHING);
  const page = await catalog.repositories.list(EVERYTHING, BY_NAME);
  assert.equal(counts.repositoryCount, page.total);
  const sum = page.rows.reduce((total, row) => total + row.sizeBytes, 0);
  assert.ok(counts.sizeBytes > 0 && counts.sizeBytes < sum);
});

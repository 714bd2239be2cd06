import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MIN_MISSING_MS } from '../../server/catalog/sync/vanished.ts';
import { buildVisibility } from '../../server/catalog/visibility/build.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { derivedRows, expectedRows } from '../support/data/derived-model.ts';
import { deleteManifest, pushImageOf } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
const MINUTE = 60_000;
const EVENT = {
  ...{ action: 'push', tag: 'v1', actor: 'ci', confirmed: true, method: 'PUT', userAgent: 'docker/28' },
  address: '10.0.0.1',
};

describe('a repository that the registry no longer has', { skip }, () => {
  let catalog: Awaited<ReturnType<typeof startCatalog>>;
  before(async () => {
    catalog = await startCatalog();
  });
  after(() => catalog?.stop());

  const names = async () =>
    (await catalog.db.selectFrom('repositories').select('name').orderBy('name').execute()).map(({ name }) => name);
  const folderOnDisk = (name: string) => join(catalog.registry.storage, 'docker/registry/v2/repositories', name);
  const later = (ms: number) => {
    catalog.state.clock += ms;
  };
  async function push(repository: string): Promise<string> {
    const { digest } = await pushImageOf(catalog.url, repository, 'v1', { layers: ['shared', repository] });
    return digest;
  }
  /** The registry remembers manifests that it has seen: only a deletion makes it forget them. */
  async function wipe(repository: string, digest: string, folder: string): Promise<void> {
    await deleteManifest(catalog.url, repository, digest);
    await rm(folderOnDisk(folder), { recursive: true });
  }
  async function loseTags(): Promise<void> {
    await catalog.indexer.crawl('schedule');
    later(5 * MINUTE);
    await catalog.indexer.crawl('schedule');
  }
  const folderCounts = () =>
    catalog.db
      .selectFrom('folders')
      .select(['path', 'repository_count'])
      .orderBy('path')
      .orderBy('visibility_id')
      .execute();

  test('goes when two readings that lie apart lack it, and leaves no folder behind', async () => {
    for (const name of ['team/app', 'team/web']) await push(name);
    const digest = await push('lone/deep/app');
    await catalog.indexer.crawl('start');
    await buildVisibility(catalog.db, ['lone/**'], catalog.state.clock);
    await wipe('lone/deep/app', digest, 'lone');
    await loseTags();
    await catalog.indexer.removeVanished();
    assert.deepEqual(await names(), ['lone/deep/app', 'team/app', 'team/web']);
    later(MIN_MISSING_MS);
    catalog.changes.length = 0;
    await catalog.indexer.removeVanished();
    assert.deepEqual(await names(), ['team/app', 'team/web']);
    assert.deepEqual(catalog.changes, ['lone/deep/app']);
    assert.deepEqual(
      (await folderCounts()).filter(({ repository_count }) => repository_count > 0),
      [
        { path: '', repository_count: 2 },
        { path: 'team', repository_count: 2 },
      ],
    );
    const { labels: _labels, ...derived } = await derivedRows(catalog.db);
    assert.deepEqual(derived, await expectedRows(catalog.db));
  });

  test('comes back with who pushed it and how often it was pulled', async () => {
    const { indexer, state, applyEvent } = catalog;
    const digest = await push('back/app');
    await applyEvent({ ...EVENT, repository: 'back/app', digest, at: state.clock });
    await applyEvent({ ...EVENT, repository: 'back/app', digest, action: 'pull', method: 'GET', at: state.clock });
    const known = await catalog.repository('back/app');
    assert.deepEqual([known?.lastPushedBy, known?.pullCount], ['ci', 1]);
    await wipe('back/app', digest, 'back');
    await loseTags();
    await indexer.removeVanished();
    later(MIN_MISSING_MS);
    await indexer.removeVanished();
    assert.equal(await catalog.repository('back/app'), undefined);
    await push('back/app');
    await indexer.crawl('schedule');
    const again = await catalog.repository('back/app');
    assert.deepEqual([again?.lastPushedBy, again?.pullCount, again?.tagCount], ['ci', 1, 1]);
  });

  test('stays while the catalog lists it, empty as it is', async () => {
    await deleteManifest(catalog.url, 'team/web', await push('team/web'));
    await loseTags();
    assert.equal((await catalog.repository('team/web'))?.tagCount, 0);
    await catalog.indexer.removeVanished();
    later(MIN_MISSING_MS);
    await catalog.indexer.removeVanished();
    assert.ok((await names()).includes('team/web'));
  });

  test('stays while readings fail, and while most of what is known is missing', async () => {
    const { indexer, state } = catalog;
    const known = await names();
    await rename(folderOnDisk('team/web'), join(catalog.registry.storage, 'web'));
    state.failing.add('catalog');
    for (let readings = 0; readings < 2; readings += 1) {
      await indexer.removeVanished();
      later(MIN_MISSING_MS);
    }
    state.failing.clear();
    await rename(folderOnDisk(''), join(catalog.registry.storage, 'all'));
    for (let readings = 0; readings < 3; readings += 1) {
      await indexer.removeVanished();
      later(MIN_MISSING_MS);
    }
    assert.notEqual(indexer.hold(), undefined);
    assert.deepEqual(await names(), known);
    await rename(join(catalog.registry.storage, 'all'), folderOnDisk(''));
    await indexer.watchHold();
    await indexer.removeVanished();
    later(MIN_MISSING_MS);
    await indexer.removeVanished();
    assert.ok(!(await names()).includes('team/web'), 'the same steps remove it where nothing is in the way');
  });
});

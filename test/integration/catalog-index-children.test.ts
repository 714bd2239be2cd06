import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createIndexer, type Indexer } from '../../server/catalog/sync/indexer.ts';
import { createLogger } from '../../server/log.ts';
import type { RegistryClient } from '../../server/registry/client/client.ts';
import { openClient, watched } from '../support/app/catalog.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { pushBlob, putManifest, sha256 } from '../support/registry/content.ts';
import { deleteManifest, pushImageOf, pushIndex } from '../support/registry/images.ts';
import {
  type RegistryVersion,
  type RunningRegistry,
  registrySkip,
  startRegistry,
} from '../support/registry/registry.ts';

const VERSIONS: readonly RegistryVersion[] = ['2.8.2', '3.1.1'];
const HOUR = 3600_000;
const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const log = createLogger('silent');
/** A registry 3.x that takes indexes whose platforms it does not have. */
const SPARSE = { validation: { manifests: { indexes: { platforms: 'none' } } } };

for (const version of VERSIONS) {
  const skip = await registrySkip(version);
  describe(`what an index lists, on registry ${version}`, { skip }, () => {
    let registry: RunningRegistry;
    let client: RegistryClient;
    let database: TestDatabase;
    let indexer: Indexer;
    let clock = Date.parse('2026-03-01T00:00:00Z');
    const state = { asked: [] as string[], failing: new Set<string>() };

    function openIndexer(): Indexer {
      const now = () => clock;
      return createIndexer({ db: database.db, client: watched(client, state), now, clock: now, log });
    }
    before(async () => {
      registry = await startRegistry({ version, ...(version === '3.1.1' ? { extra: SPARSE } : {}) });
      client = openClient(registry.url);
      database = await openTestDatabase();
      indexer = openIndexer();
    });
    after(async () => {
      await indexer.close();
      client.close();
      await database.close();
      await registry.stop();
    });
    /** How many manifests a look asks for. */
    async function manifestsAsked(look: () => Promise<unknown>): Promise<number> {
      state.asked.length = 0;
      await look();
      return state.asked.filter((line) => line.startsWith('manifest ')).length;
    }
    const refresh = (repository: string) => () => indexer.refreshRepository(repository);

    test('layers that an index lists are not asked for as manifests', async () => {
      const layer = Buffer.from('cached layer');
      await pushBlob(registry.url, 'cache', layer);
      const entry = { digest: sha256(layer), size: layer.length };
      const manifests = [
        { ...entry, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
        { ...entry, mediaType: 'application/vnd.buildkit.cacheconfig.v0' },
      ];
      const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      await putManifest(registry.url, 'cache', 'v1', INDEX, raw);
      assert.equal(await manifestsAsked(refresh('cache')), 1);
      assert.equal(await manifestsAsked(refresh('cache')), 0);
    });

    test('a platform that is missing is asked for again only later, also after a restart', async () => {
      const { url } = registry;
      const present = await pushImageOf(url, 'sparse', undefined, { layers: ['there'] });
      const gone = await pushImageOf(url, 'sparse', undefined, { layers: ['gone'] });
      const children = [
        { pushed: gone, platform: 'linux/amd64' },
        { pushed: present, platform: 'linux/arm64' },
      ];
      const index = await pushIndex(url, 'sparse', 'v1', children);
      await deleteManifest(url, 'sparse', gone.digest);
      assert.equal(await manifestsAsked(refresh('sparse')), 3, 'the index and both platforms');
      assert.equal(await manifestsAsked(refresh('sparse')), 0);
      assert.equal(await manifestsAsked(() => indexer.fetchManifest('sparse', index.digest)), 0, 'a page is opened');
      await indexer.close();
      indexer = openIndexer();
      assert.equal(await manifestsAsked(() => indexer.crawl('start')), 0);
      clock += 2 * HOUR;
      assert.equal(await manifestsAsked(refresh('sparse')), 1);
      clock += 2 * HOUR;
      assert.equal(await manifestsAsked(refresh('sparse')), 0, 'longer and longer');
    });

    test('a platform that is pushed after all is in the index at once', async () => {
      const again = await pushImageOf(registry.url, 'sparse', undefined, { layers: ['gone'] });
      await indexer.handleEvent({
        ...{ action: 'push', repository: 'sparse', tag: null, digest: again.digest, actor: 'ci', confirmed: true },
        ...{ at: clock, method: 'PUT', userAgent: 'docker/28', address: '' },
      });
      await indexer.refreshRepository('sparse');
      const rows = await database.db
        .selectFrom('manifests')
        .innerJoin('tags', 'tags.digest', 'manifests.digest')
        .select('error')
        .where('tags.name', '=', 'v1')
        .where('error', 'is not', null)
        .execute();
      assert.deepEqual(rows, []);
    });

    // Registry 2 takes no index without what it lists.
    const testOnRegistry3 = version === '2.8.2' ? () => undefined : test;
    testOnRegistry3('an index of a thousand missing platforms is read a part at a look', async () => {
      const manifests = Array.from({ length: 1000 }, (_, number) => ({
        ...{ mediaType: MANIFEST, digest: sha256(Buffer.from(`none ${number}`)), size: 100 },
        platform: { os: 'linux', architecture: `a${number}` },
      }));
      const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      await putManifest(registry.url, 'huge', 'v1', INDEX, raw);
      const counts: number[] = [];
      for (let look = 0; look < 5; look += 1) counts.push(await manifestsAsked(refresh('huge')));
      assert.deepEqual(counts, [301, 300, 300, 100, 0]);
    });
  });
}

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type CatalogEvent, createIndexer, type Indexer } from '../../server/catalog/sync/indexer.ts';
import { AUTO_ACCEPT_MS } from '../../server/catalog/sync/loss-guard.ts';
import { createDeletion } from '../../server/housekeeping/deletion.ts';
import { createLogger } from '../../server/log.ts';
import type { RegistryClient } from '../../server/registry/client/client.ts';
import type { Database } from '../../server/storage/database.ts';
import { applyEvent, openClient } from '../support/app/catalog.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { freePort } from '../support/process/ports.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { deleteManifest, pushImageOf } from '../support/registry/images.ts';
import {
  type RegistryVersion,
  type RunningRegistry,
  registrySkip,
  startRegistry,
} from '../support/registry/registry.ts';

const VERSIONS: readonly RegistryVersion[] = ['2.8.2', '3.1.1'];
const START = Date.parse('2026-03-01T00:00:00Z');
const MINUTE = 60_000;
const log = createLogger('silent');

function event(fields: Partial<CatalogEvent>): CatalogEvent {
  return {
    ...{ action: 'push', repository: 'team/app', tag: 'v1', digest: null, actor: 'ci', confirmed: true, at: START },
    ...{ method: 'PUT', userAgent: 'docker/28', address: '10.0.0.1' },
    ...fields,
  };
}

for (const version of VERSIONS) {
  const skip = await registrySkip(version);
  describe(`registry ${version} without its volume`, { skip }, () => {
    let port: number;
    let volume: Awaited<ReturnType<typeof temporaryFolder>>;
    let registry: RunningRegistry;
    let client: RegistryClient;
    let database: TestDatabase;
    let db: Database;
    let indexer: Indexer;
    let clock = START;
    let dropped: string[] = [];

    function openIndexer(): Indexer {
      const now = () => clock;
      return createIndexer({
        ...{ db, client, now, clock: now, log },
        onGone: (repository, tags) => dropped.push(...tags.map((tag) => `${repository}:${tag.name}`)),
      });
    }

    before(async () => {
      volume = await temporaryFolder('volume');
      port = await freePort();
      registry = await startRegistry({ version, port, storage: volume.path });
      client = openClient(registry.url);
      database = await openTestDatabase();
      db = database.db;
      indexer = openIndexer();
      for (const repository of ['team/app', 'team/web', 'base']) {
        const { digest } = await pushImageOf(registry.url, repository, 'v1', { layers: [repository] });
        await applyEvent(db, indexer, event({ repository, digest, actor: `${repository}-ci` }));
        await applyEvent(db, indexer, event({ repository, digest, action: 'pull', method: 'GET' }));
      }
      await indexer.crawl('start');
    });
    after(async () => {
      await indexer.close();
      client.close();
      await database.close();
      await registry.stop();
      await volume.remove();
    });

    async function restart(storage?: string): Promise<void> {
      await registry.stop();
      registry = await startRegistry({ version, port, ...(storage === undefined ? {} : { storage }) });
    }
    const facts = () =>
      db
        .selectFrom('tags')
        .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
        .select(['repositories.name as repository', 'tags.name', 'digest', 'pushed_at', 'pushed_by', 'tags.pull_count'])
        .select(['repositories.pull_count as pulls', 'repositories.last_pushed_by as by'])
        .orderBy('repositories.name')
        .execute();

    test('no reading drops anything, and it says so', async () => {
      const known = await facts();
      assert.equal(known.length, 3);
      await restart();
      for (let readings = 0; readings < 3; readings += 1) {
        await indexer.crawl('schedule');
        for (const repository of ['team/app', 'team/web', 'base']) await indexer.refreshRepository(repository);
        clock += 5 * MINUTE;
      }
      await applyEvent(db, indexer, event({ action: 'delete', confirmed: false }));
      await applyEvent(db, indexer, event({ action: 'delete', tag: null, confirmed: false }));
      await indexer.refreshAfterDeletion('team/app');
      assert.deepEqual([await facts(), dropped], [known, []]);
      assert.deepEqual([indexer.hold()?.sampledCount, indexer.hold()?.missingCount], [3, 3]);
      assert.equal((await indexer.progress())?.failure?.key, 'crawlHeld');
    });

    test('a restart of ours changes nothing about it', async () => {
      const known = await facts();
      await indexer.close();
      indexer = openIndexer();
      await indexer.loadHold();
      assert.equal(indexer.hold()?.missingCount, 3);
      await indexer.crawl('start');
      clock += 5 * MINUTE;
      await indexer.crawl('start');
      assert.deepEqual([await facts(), dropped], [known, []]);
    });

    test('when the volume is back, the hold ends by itself', async () => {
      const known = await facts();
      await restart(volume.path);
      await indexer.watchHold();
      assert.equal(indexer.hold(), undefined);
      assert.deepEqual([await facts(), dropped], [known, []]);
    });

    test('a person accepts the loss, and the volume brings back who, when and how often', async () => {
      const known = await facts();
      await restart();
      clock += 5 * MINUTE;
      await indexer.crawl('schedule');
      assert.notEqual(await indexer.acceptLoss(), undefined);
      // Behind the one that runs already.
      await indexer.crawl('asked');
      assert.deepEqual(await facts(), []);
      assert.deepEqual([...dropped].sort(), ['base:v1', 'team/app:v1', 'team/web:v1']);
      assert.equal(indexer.hold(), undefined);
      assert.equal(await indexer.acceptLoss(), undefined, 'nothing is held any more');
      await restart(volume.path);
      await indexer.crawl('gap');
      assert.deepEqual(await facts(), known);
    });

    test('a reading hours later confirms the loss', async () => {
      dropped = [];
      await restart();
      clock += 5 * MINUTE;
      await indexer.crawl('schedule');
      for (let watched = 0; watched < AUTO_ACCEPT_MS; watched += 5 * MINUTE) {
        assert.deepEqual(dropped, []);
        clock += 5 * MINUTE;
        await indexer.watchHold();
      }
      await indexer.crawl('asked');
      assert.deepEqual([...dropped].sort(), ['base:v1', 'team/app:v1', 'team/web:v1']);
    });

    test('what was deleted beside us is no loss of the volume', async () => {
      dropped = [];
      await restart(volume.path);
      await indexer.crawl('gap');
      const [row] = await facts();
      await deleteManifest(registry.url, row?.repository ?? '', row?.digest ?? '');
      clock += 5 * MINUTE;
      await indexer.crawl('schedule');
      clock += 5 * MINUTE;
      await indexer.crawl('schedule');
      assert.deepEqual([dropped, indexer.hold()], [[`${row?.repository}:v1`], undefined]);
    });

    test('a deletion of ours that fails drops nothing else of its repository', async () => {
      const known = await facts();
      await restart();
      const onChanged = indexer.refreshAfterDeletion;
      const deletion = createDeletion({ db, client, onChanged, now: () => clock, log });
      const { repository = '', digest = '' } = known[0] ?? {};
      const actor = { actor: 'lin', address: '' };
      await assert.rejects(deletion.deleteTag({ repository, tag: 'v1', digest, alsoManifest: false, ...actor }));
      assert.deepEqual(await facts(), known);
    });
  });
}

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRepositoryStore } from '../../server/catalog/lists/repositories.ts';
import { createTagStore } from '../../server/catalog/lists/tags.ts';
import { type CatalogEvent, createIndexer, type Indexer } from '../../server/catalog/sync/indexer.ts';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { createDeletion, type Deletion } from '../../server/housekeeping/deletion.ts';
import { createLogger } from '../../server/log.ts';
import type { RegistryClient } from '../../server/registry/client/client.ts';
import type { Database } from '../../server/storage/database.ts';
import { applyEvent, openClient } from '../support/app/catalog.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { REGISTRY_VERSIONS, type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const ACTOR = { actor: 'lin', address: '10.0.0.1' };
const OWN = { actor: '', userAgent: 'registry-web/0.1.0' };
const START = Date.parse('2026-03-01T00:00:00Z');
const HOUR = 3600_000;
const log = createLogger('silent');

function event(fields: Partial<CatalogEvent>): CatalogEvent {
  return {
    ...{ action: 'push', repository: 'team/app', tag: 'v1', digest: null, actor: 'ci', confirmed: true, at: START },
    ...{ method: 'PUT', userAgent: 'docker/28', address: '10.0.0.1' },
    ...fields,
  };
}

for (const version of REGISTRY_VERSIONS) {
  const skip = await registrySkip(version);
  describe(`who, when and how often, on registry ${version}`, { skip }, () => {
    let registry: RunningRegistry;
    let client: RegistryClient;
    let database: TestDatabase;
    let db: Database;
    let indexer: Indexer;
    let deletion: Deletion;
    let clock = START;

    before(async () => {
      registry = await startRegistry({ version });
      client = openClient(registry.url);
      database = await openTestDatabase();
      db = database.db;
      const now = () => clock;
      indexer = createIndexer({ db, client, now, clock: now, log });
      const onChanged = indexer.refreshAfterDeletion;
      deletion = createDeletion({ db, client, onChanged, now, log });
    });
    after(async () => {
      await indexer.close();
      client.close();
      await database.close();
      await registry.stop();
    });

    async function facts(repository: string, name: string) {
      const row = await createRepositoryStore(db).find(EVERYTHING, repository);
      const tag = row && (await createTagStore(db).resolve(row.id, name));
      return {
        tag: tag && [tag.pushedBy, tag.pushedAt, tag.pushConfirmed, tag.pullCount, tag.lastPulledAt],
        repository: row && [row.newestTag, row.lastPushedBy, row.lastPushedAt, row.pullCount],
      };
    }

    async function pushAndPull(repository: string) {
      const { digest } = await pushImageOf(registry.url, repository, 'v1', { layers: [`${repository} one`] });
      await applyEvent(db, indexer, event({ repository, digest }));
      const pull = { action: 'pull', method: 'GET', repository, digest };
      await applyEvent(db, indexer, event({ ...pull, actor: 'wei', at: START + 1000 }));
      await applyEvent(db, indexer, event({ ...pull, actor: 'omar', at: START + 2000, tag: null }));
      const newer = await pushImageOf(registry.url, repository, 'v2', { layers: [`${repository} two`] });
      await applyEvent(
        db,
        indexer,
        event({ repository, tag: 'v2', digest: newer.digest, actor: 'ann', at: START + HOUR }),
      );
      return digest;
    }

    test('undo of a deletion restores pusher, time and pulls, and leaves the newest tag', async () => {
      clock = START + HOUR;
      const digest = await pushAndPull('team/app');
      const known = await facts('team/app', 'v1');
      assert.deepEqual(known.tag, ['ci', START, true, 1, START + 1000]);
      assert.deepEqual(known.repository, ['v2', 'ann', START + HOUR, 2]);
      clock += HOUR;
      const request = { repository: 'team/app', tag: 'v1', digest, alsoManifest: true, ...ACTOR };
      const { trashId } = await deletion.deleteTag(request);
      assert.equal((await facts('team/app', 'v1')).tag, undefined);
      await deletion.restore(trashId, ACTOR);
      assert.equal(deletion.restoredBy({ repository: 'team/app', tag: 'v1', digest }), 'lin');
      // What the registry reports of it, in the words of either side.
      await applyEvent(db, indexer, event({ digest, ...OWN, at: clock }));
      await applyEvent(db, indexer, event({ digest, action: 'restore', actor: 'lin', at: clock }));
      assert.deepEqual(await facts('team/app', 'v1'), known);
      const held = await db.selectFrom('held_manifests').select('pull_count').where('digest', '=', digest).execute();
      assert.deepEqual(held, [{ pull_count: 2 }]);
    });

    test('a push of the same image under the same tag is a push all the same', async () => {
      const digest = await pushAndPull('team/again');
      clock += HOUR;
      const request = { repository: 'team/again', tag: 'v1', digest, alsoManifest: false, ...ACTOR };
      await deletion.deleteTag(request);
      await pushImageOf(registry.url, 'team/again', 'v1', { layers: ['team/again one'] });
      await applyEvent(db, indexer, event({ repository: 'team/again', digest, actor: 'eve', at: clock }));
      assert.deepEqual((await facts('team/again', 'v1')).tag, ['eve', clock, true, 1, START + 1000]);
    });

    test('an index that was dropped comes back with who, when and how often', async () => {
      await pushAndPull('team/read');
      const known = await facts('team/read', 'v1');
      await db.deleteFrom('repositories').execute();
      assert.equal((await facts('team/read', 'v1')).repository, undefined);
      await indexer.crawl('asked');
      assert.deepEqual(await facts('team/read', 'v1'), known);
    });

    test('who restored is known after a restart as well', async () => {
      const digest = await pushAndPull('team/restart');
      const request = { repository: 'team/restart', tag: 'v1', digest, alsoManifest: false, ...ACTOR };
      const { trashId } = await deletion.deleteTag(request);
      await deletion.restore(trashId, ACTOR);
      const onChanged = async () => undefined;
      const now = () => clock;
      const later = createDeletion({ db, client, onChanged, now, log });
      await later.resume();
      assert.equal(later.restoredBy({ repository: 'team/restart', tag: 'v1', digest }), 'lin');
      assert.equal(later.restoredBy({ repository: 'team/restart', tag: 'v2', digest }), undefined);
    });
  });
}

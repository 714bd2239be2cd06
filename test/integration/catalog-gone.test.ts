import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createIndexer, type Indexer } from '../../server/catalog/sync/indexer.ts';
import { createDeletion, type Deletion } from '../../server/housekeeping/deletion.ts';
import { createLogger } from '../../server/log.ts';
import type { RegistryClient } from '../../server/registry/client/client.ts';
import { applyEvent, openClient } from '../support/app/catalog.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { putManifest } from '../support/registry/content.ts';
import { deleteManifest, pushImageOf } from '../support/registry/images.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
const log = createLogger('silent');
let registry: RunningRegistry;
let client: RegistryClient;
let database: TestDatabase;
let indexer: Indexer;
let deletion: Deletion;
let clock = Date.parse('2026-03-01T00:00:00Z');
let keeping: Promise<unknown> = Promise.resolve();

before(async () => {
  if (skip) return;
  registry = await startRegistry({ version: '3.1.1' });
  client = openClient(registry.url);
  database = await openTestDatabase();
  const { db } = database;
  const now = () => clock;
  indexer = createIndexer({
    ...{ db, client, now, clock: now, log },
    onGone: (repository, tags) => {
      const before = keeping;
      keeping = before.then(() => deletion.recordExternal(repository, tags));
    },
  });
  const onChanged = indexer.refreshAfterDeletion;
  deletion = createDeletion({ db, client, onChanged, now, log });
});
after(async () => {
  await indexer?.close();
  client?.close();
  await database?.close();
  await registry?.stop();
});

async function trash(repository: string) {
  await keeping;
  return deletion.trash.list(repository);
}

const ACTOR = { actor: 'lin', address: '10.0.0.1' };
const deleted = (repository: string, digest: string) => ({
  ...{ action: 'delete', repository, tag: null, digest, actor: '', confirmed: false, at: clock },
  ...{ method: 'DELETE', userAgent: '', address: '' },
});

test('an image deleted beside us goes to the trash with all its tags, and undo brings it back', { skip }, async () => {
  const { url } = registry;
  const { digest, mediaType, raw } = await pushImageOf(url, 'beside/us', 'v1', { layers: ['a'] });
  await putManifest(url, 'beside/us', 'latest', mediaType, raw);
  await indexer.crawl('start');
  await deleteManifest(url, 'beside/us', digest);
  await applyEvent(database.db, indexer, deleted('beside/us', digest));
  const [item, ...more] = await trash('beside/us');
  assert.deepEqual(more, []);
  assert.equal(item?.digest, digest);
  assert.deepEqual([...(item?.tags ?? [])].sort(), ['latest', 'v1']);
  assert.equal(item?.deletedBy, '');
  const result = await deletion.restore(item?.id ?? 0, ACTOR);
  assert.deepEqual([...result.tags].sort(), ['latest', 'v1']);
  assert.equal((await client.headManifest('beside/us', 'v1'))?.digest, digest);
});

test('what crawls found missing twice, minutes apart, goes to the trash as well', { skip }, async () => {
  const { url } = registry;
  const { digest } = await pushImageOf(url, 'quietly', 'v1', { layers: ['q'] });
  await indexer.crawl('schedule');
  await deleteManifest(url, 'quietly', digest);
  await indexer.crawl('schedule');
  assert.deepEqual(await trash('quietly'), []);
  clock += 5 * 60_000;
  await indexer.crawl('schedule');
  const items = await trash('quietly');
  assert.deepEqual(
    items.map((item) => [item.digest, item.tags]),
    [[digest, ['v1']]],
  );
});

test('a deletion through us stands in the trash once, under the name of who made it', { skip }, async () => {
  const { digest } = await pushImageOf(registry.url, 'through/us', 'v1', { layers: ['t'] });
  await indexer.crawl('schedule');
  await deletion.deleteTag({ repository: 'through/us', tag: 'v1', digest, alsoManifest: true, ...ACTOR });
  await applyEvent(database.db, indexer, deleted('through/us', digest));
  const items = await trash('through/us');
  assert.deepEqual(
    items.map((item) => [item.digest, item.deletedBy]),
    [[digest, 'lin']],
  );
});

test('a tag that moved is no loss', { skip }, async () => {
  await pushImageOf(registry.url, 'moving', 'v1', { layers: ['one'] });
  await indexer.crawl('schedule');
  await pushImageOf(registry.url, 'moving', 'v1', { layers: ['two'] });
  clock += 5 * 60_000;
  await indexer.crawl('schedule');
  assert.deepEqual(await trash('moving'), []);
});

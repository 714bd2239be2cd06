/** The first index of a registry whose storage folder can be read: the same as over its API, and more. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { storeFirstContent } from '../../server/catalog/index/first-content.ts';
import { createIndexer, type Indexer } from '../../server/catalog/sync/indexer.ts';
import { createLogger } from '../../server/log.ts';
import { listRepositories } from '../../server/registry/disk/repositories.ts';
import type { Database } from '../../server/storage/database.ts';
import { quietBus } from '../support/app/bus.ts';
import { openClient, watched } from '../support/app/catalog.ts';
import { openTestDatabase } from '../support/data/database.ts';
import { eventually } from '../support/process/eventually.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { generateStorage } from '../support/registry/generate-storage.ts';
import { deleteManifest, pushImageOf, pushIndex } from '../support/registry/images.ts';
import { type RegistryVersion, registrySkip, startRegistry } from '../support/registry/registry.ts';
import { blobFolder, repositoryFolder, revisionFolder, rootOf } from '../support/registry/storage-layout.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const SIZE = { repositories: 60, tags: 400, manifests: 250 };
const SMALL = { repositories: 20, tags: 80, manifests: 50 };

/** Everything that the index says, by names instead of numbers. */
const TABLES: Readonly<Record<string, string>> = {
  repositories: `select name, folder, tag_count, image_count, untagged_count, platform_count, platforms, newest_tag, newest_key,
    newest_at, size_bytes, logical_bytes, error, checked_at is null as unread, last_pushed_at, changed_at
    from repositories order by name`,
  tags: `select repositories.name as repository, tags.name, tags.digest, tags.subject_digest, tags.name_key,
    tags.size_bytes, tags.platform_count, tags.aged_at, tags.pushed_at, tags.missing_since
    from tags join repositories on repositories.id = repository_id order by 1, 2`,
  held: `select repositories.name as repository, digest, state, reached, held_manifests.tag_count, tag_name, tag_key, kind,
    held_manifests.size_bytes, held_manifests.platforms, held_manifests.platform_count, created_at, aged_at
    from held_manifests join repositories on repositories.id = repository_id order by 1, 2`,
  manifests: `select digest, media_type, kind, artifact_type, raw, config_digest, config, subject_digest, created_at,
    total_bytes, platforms, annotations, error from manifests order by digest`,
  children: 'select * from manifest_children order by parent_digest, position',
  blobs: 'select * from manifest_blobs order by digest, position',
  counts: `select repositories.name as repository, blobs.digest, blobs.size_bytes, tagged_count, repository_blobs.untagged_count
    from repository_blobs join repositories on repositories.id = repository_id join blobs on blobs.id = blob_id order by 1, 2`,
  facets: `select repositories.name as repository, facet, repository_facets.image_count
    from repository_facets join repositories on repositories.id = repository_id order by 1, 2`,
  labels: `select digest, key, value from manifest_labels join labels on labels.id = label_id order by 1, 2, 3`,
  folders: 'select visibility_id, path, repository_count from folders order by 1, 2',
  visible: `select visibility_id, repositories.name as repository from visible_repositories
    join repositories on repositories.id = repository_id order by 1, 2`,
};

async function contentOf(db: Database) {
  const content: Record<string, readonly unknown[]> = {};
  for (const [table, query] of Object.entries(TABLES)) content[table] = (await sql.raw(query).execute(db)).rows;
  return content;
}

async function startIndex(t: TestContext, url: string, storageFolder: string | null, shared?: Database) {
  const { db, close } = shared === undefined ? await openTestDatabase() : { db: shared, close: async () => undefined };
  const client = openClient(url);
  const state = { asked: [] as string[], failing: new Set<string>() };
  const changed = new Set<string>();
  const bus = quietBus();
  bus.subscribe('repository-changed', ({ repository }) => void changed.add(repository));
  const indexer: Indexer = createIndexer({
    ...{ db, client: watched(client, state), now: () => NOW, log: createLogger('silent'), storageFolder },
    ...{ retryDelaysMs: [20], bus },
  });
  t.after(async () => {
    await indexer.close();
    client.close();
    await close();
  });
  return { db, indexer, changed, state };
}

async function storedRegistry(t: TestContext, version: RegistryVersion, size?: typeof SIZE) {
  const folder = await temporaryFolder('disk-registry');
  if (size !== undefined) generateStorage(folder.path, size);
  const registry = await startRegistry({ version, storage: folder.path });
  t.after(async () => {
    await registry.stop();
    await folder.remove();
  });
  return { url: registry.url, folder: folder.path, root: rootOf(folder.path) };
}

for (const version of ['2.8.2', '3.1.1'] as const) {
  const skip = await registrySkip(version);

  test(`${version}: from disk as over the API, and the manifests without a tag`, { skip }, async (t) => {
    const { url, folder } = await storedRegistry(t, version, SIZE);
    const disk = await startIndex(t, url, folder);
    await disk.indexer.crawl('start');
    const progress = await disk.indexer.progress();
    assert.equal(progress?.source, 'disk');
    assert.deepEqual([progress?.repositoriesDone, progress?.repositoriesTotal], [SIZE.repositories, SIZE.repositories]);
    assert.deepEqual([progress?.tagsDone, progress?.failures], [SIZE.tags, 0]);
    assert.equal(disk.changed.size, SIZE.repositories);
    assert.ok(disk.state.asked.length < 16 * 4, `${disk.state.asked.length} requests, for comparing only`);

    const api = await startIndex(t, url, null);
    await api.indexer.crawl('start');
    assert.equal((await api.indexer.progress())?.source, 'registry');
    const untagged = await disk.db
      .selectFrom('held_manifests')
      .innerJoin('repositories', 'repositories.id', 'repository_id')
      .select(['name', 'digest'])
      .where('state', '=', 'untagged')
      .execute();
    assert.ok(untagged.length > 0);
    for (const { name, digest } of untagged) assert.ok(await api.indexer.fetchManifest(name, digest));
    const [fromDisk, overApi] = [await contentOf(disk.db), await contentOf(api.db)];
    for (const table of Object.keys(TABLES)) assert.deepEqual(fromDisk[table], overApi[table], table);
  });
}

const skip = await registrySkip('3.1.1');

test('what is broken on disk is asked of the registry, and the rest is not', { skip }, async (t) => {
  const { url, folder, root } = await storedRegistry(t, '3.1.1');
  const good = await pushImageOf(url, 'team/good', 'v1', { layers: ['good'] });
  const child = await pushImageOf(url, 'team/sparse', undefined, { layers: ['child'] });
  await pushIndex(url, 'team/sparse', 'v1', [{ pushed: child, platform: 'linux/amd64' }]);
  await pushImageOf(url, 'team/half', 'v1', { layers: ['half'] });
  const lost = await pushImageOf(url, 'team/half', 'v2', { layers: ['lost'] });
  rmSync(blobFolder(root, child.digest), { recursive: true });
  rmSync(blobFolder(root, lost.digest), { recursive: true });
  const { db, indexer, state } = await startIndex(t, url, folder);
  await indexer.crawl('start');
  const { repositories, held } = await contentOf(db);
  const tagCounts = (repositories as { name: string; tag_count: number }[]).map(({ name, tag_count }) => [
    name,
    tag_count,
  ]);
  assert.deepEqual(new Map(tagCounts as [string, number][]).get('team/good'), 1);
  assert.ok((held as { digest: string }[]).some(({ digest }) => digest === good.digest));
  const api = await startIndex(t, url, null);
  await api.indexer.crawl('start');
  const overApi = await contentOf(api.db);
  assert.deepEqual(repositories, overApi['repositories']);
  assert.ok(!state.asked.includes(`manifest ${good.digest}`));
});

test('a large repository is read in parts', { skip }, async (t) => {
  // The one repository has a tenth of all.
  const { url, folder } = await storedRegistry(t, '3.1.1', { repositories: 1, tags: 42_000, manifests: 1000 });
  const disk = await startIndex(t, url, folder);
  await disk.indexer.crawl('start');
  const api = await startIndex(t, url, null);
  await api.indexer.crawl('start');
  const [fromDisk, overApi] = [await contentOf(disk.db), await contentOf(api.db)];
  assert.equal(fromDisk['tags']?.length, 4200);
  for (const table of ['tags', 'facets']) assert.deepEqual(fromDisk[table], overApi[table], table);
});

test('a folder of another registry is not believed, and nothing of it is kept', { skip }, async (t) => {
  const { url } = await storedRegistry(t, '3.1.1', SMALL);
  const other = await temporaryFolder('disk-other');
  t.after(other.remove);
  generateStorage(other.path, { ...SMALL, tags: 70, seed: 7 });
  const { db, indexer } = await startIndex(t, url, other.path);
  await indexer.crawl('start');
  const progress = await indexer.progress();
  assert.equal(progress?.source, 'registry');
  assert.equal(progress?.sourceProblem?.key, 'storageDiffers');
  assert.deepEqual([progress?.tagsDone, progress?.failures], [SMALL.tags, 0]);
  const tags = await db.selectFrom('tags').select('id').execute();
  assert.equal(tags.length, SMALL.tags);
});

test('an empty folder beside a registry that has something is not believed either', { skip }, async (t) => {
  const { url } = await storedRegistry(t, '3.1.1', SMALL);
  const empty = await temporaryFolder('disk-empty');
  t.after(empty.remove);
  const { indexer } = await startIndex(t, url, empty.path);
  await indexer.crawl('start');
  const progress = await indexer.progress();
  assert.equal(progress?.sourceProblem?.key, 'storageDiffers');
  assert.equal(progress?.tagsDone, SMALL.tags);
});

test('a folder that is not there is told, and the registry is asked', { skip }, async (t) => {
  const { url, folder } = await storedRegistry(t, '3.1.1', SMALL);
  const { indexer } = await startIndex(t, url, join(folder, 'missing'));
  await indexer.crawl('start');
  const progress = await indexer.progress();
  assert.equal(progress?.sourceProblem?.key, 'storageUnreadable');
  assert.equal(progress?.tagsDone, SMALL.tags);
});

test('only the first crawl reads the storage folder', { skip }, async (t) => {
  const { url, folder, root } = await storedRegistry(t, '3.1.1', SMALL);
  const { indexer } = await startIndex(t, url, folder);
  await indexer.crawl('start');
  const [name = ''] = listRepositories(root, '', 1).names;
  writeFileSync(join(repositoryFolder(root, name), '_manifests', 'strange'), '');
  await indexer.crawl('asked');
  assert.equal((await indexer.progress())?.source, 'registry');
});

test('an interrupted first index goes on from disk, and reads nothing twice', { skip }, async (t) => {
  // Several batches, so that something is left.
  const size = { repositories: 300, tags: 6000, manifests: 3000 };
  const { url, folder } = await storedRegistry(t, '3.1.1', size);
  const { db, close } = await openTestDatabase();
  t.after(close);
  const first = await startIndex(t, url, folder, db);
  const crawl = first.indexer.crawl('start');
  await eventually('something is read', () => first.changed.size);
  await first.indexer.close();
  await crawl;
  const done = first.changed.size;
  assert.ok(done < size.repositories, `${done} read`);
  const second = await startIndex(t, url, folder, db);
  await second.indexer.crawl('start');
  const progress = await second.indexer.progress();
  assert.equal(progress?.source, 'disk');
  assert.deepEqual([progress?.repositoriesDone, progress?.failures], [size.repositories, 0]);
  assert.deepEqual(
    [...second.changed].filter((name) => first.changed.has(name)),
    [],
  );
  assert.equal((await db.selectFrom('tags').select('id').execute()).length, size.tags);
});

test('what became known in the meantime is not overwritten by what was read before', { skip }, async (t) => {
  const { url, folder } = await storedRegistry(t, '3.1.1');
  const old = await pushImageOf(url, 'team/app', 'v1', { layers: ['old'] });
  const { db, indexer } = await startIndex(t, url, folder);
  await indexer.refreshRepository('team/app');
  const row = await db.selectFrom('repositories').select('id').executeTakeFirstOrThrow();
  const stale = { id: row.id, tags: [{ name: 'v1', digest: 'sha256:stale' }], digests: [] };
  const written = await db.transaction().execute((trx) => storeFirstContent(trx, [stale], NOW, 1));
  assert.equal(written.size, 0);
  const tags = await db.selectFrom('tags').select('digest').execute();
  assert.deepEqual(tags, [{ digest: old.digest }]);
});

test('a manifest that another repository holds incompletely is left as it was counted', { skip }, async (t) => {
  const { url, folder } = await storedRegistry(t, '3.1.1');
  await pushImageOf(url, 'team/one', 'v1', { layers: ['shared'] });
  await pushImageOf(url, 'team/two', 'v1', { layers: ['shared'] });
  const { db, indexer } = await startIndex(t, url, folder);
  await indexer.refreshRepository('team/one');
  await db.updateTable('manifests').set({ error: 'Something is missing' }).execute();
  await indexer.crawl('start');
  const rows = await db
    .selectFrom('repositories')
    .select(['name', 'size_bytes', 'tag_count'])
    .orderBy('name')
    .execute();
  assert.deepEqual(
    rows.map(({ name, tag_count }) => [name, tag_count]),
    [
      ['team/one', 1],
      ['team/two', 1],
    ],
  );
  assert.ok((rows[0]?.size_bytes ?? 0) > 0);
  assert.equal(rows[0]?.size_bytes, rows[1]?.size_bytes);
});

test('an index that was read over the API learns of manifests without a tag, and of their end', { skip }, async (t) => {
  const { url, folder, root } = await storedRegistry(t, '3.1.1');
  const tagged = await pushImageOf(url, 'team/app', 'v1', { layers: ['tagged'] });
  const untagged = await pushImageOf(url, 'team/app', undefined, { layers: ['untagged'] });
  const { db, close } = await openTestDatabase();
  t.after(close);
  const before = await startIndex(t, url, null, db);
  await before.indexer.crawl('start');
  const states = async () => {
    const rows = await db.selectFrom('held_manifests').select(['digest', 'state']).execute();
    return Object.fromEntries(rows.map(({ digest, state }) => [digest, state]));
  };
  assert.deepEqual(await states(), { [tagged.digest]: 'tagged' });
  const after = await startIndex(t, url, folder, db);
  await after.indexer.findUntagged();
  assert.deepEqual(await states(), { [tagged.digest]: 'tagged', [untagged.digest]: 'untagged' });

  await deleteManifest(url, 'team/app', untagged.digest);
  rmSync(revisionFolder(repositoryFolder(root, 'team/app'), untagged.digest), { recursive: true, force: true });
  await after.indexer.findUntagged();
  assert.deepEqual(await states(), { [tagged.digest]: 'tagged' });
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rebuildCatalog } from '../../server/catalog/rebuild/rebuild.ts';
import { type OpenedDatabase, openDatabase } from '../../server/storage/database.ts';
import { fillCatalog } from '../bench/fill-catalog.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';

const SIZE = { repositories: 30, tags: 500, manifests: 220 };
let folder: TemporaryFolder;
let opened: OpenedDatabase;
before(async () => {
  folder = await temporaryFolder('fill');
  await fillCatalog(folder.path, SIZE, Date.UTC(2026, 0, 1));
  opened = await openDatabase({ dataPath: folder.path, exclusive: true });
});
after(async () => {
  await opened?.close();
  await folder?.remove();
});

async function everything() {
  const { db } = opened;
  return {
    repositories: await db.selectFrom('repositories').selectAll().orderBy('id').execute(),
    tags: await db.selectFrom('tags').selectAll().orderBy('id').execute(),
    held: await db.selectFrom('held_manifests').selectAll().orderBy('id').execute(),
    blobs: await db.selectFrom('repository_blobs').selectAll().orderBy('repository_id').orderBy('blob_id').execute(),
    facets: await db.selectFrom('repository_facets').selectAll().orderBy('facet').orderBy('repository_id').execute(),
    folders: await db.selectFrom('folders').selectAll().orderBy('path').execute(),
    labels: await db.selectFrom('manifest_labels').selectAll().orderBy('label_id').orderBy('digest').execute(),
  };
}

test('a filled index is what the product itself would have worked out', async () => {
  const filled = await everything();
  assert.equal(filled.repositories.length, SIZE.repositories);
  assert.equal(filled.tags.length, SIZE.tags);
  await rebuildCatalog(opened.db);
  const rebuilt = await everything();
  for (const table of Object.keys(filled) as (keyof typeof filled)[]) {
    assert.deepEqual(rebuilt[table], filled[table], table);
  }
});

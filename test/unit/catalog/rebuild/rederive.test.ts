import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { changeRepository } from '../../../../server/catalog/index/repository-change.ts';
import { ensureRepository } from '../../../../server/catalog/index/tag-writes.ts';
import { rebuildCatalog, rebuildOldCatalog } from '../../../../server/catalog/rebuild/rebuild.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import { recordOf } from '../../../support/data/manifest-records.ts';

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  await rebuildCatalog(database.db);
});
after(() => database.close());

const DIGEST = `sha256:${'a'.repeat(64)}`;
const CONFIG = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: DIGEST, size: 10 };
const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const layer = (mediaType: string, letter: string, extra = {}) => ({
  ...{ mediaType, digest: `sha256:${letter.repeat(64)}`, size: 1000 },
  ...extra,
});

function made(manifest: object, config: object | null) {
  const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, ...manifest }));
  const digest = `sha256:${createHash('sha256').update(raw).digest('hex')}`;
  return recordOf({ digest, raw, mediaType: '' }, config === null ? null : Buffer.from(JSON.stringify(config)));
}

const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1' };
const windows = made(
  { config: CONFIG, layers: [layer(FOREIGN, 'b', { urls: ['https://mcr.microsoft.com/x'] }), layer(FOREIGN, 'c')] },
  { os: 'windows', architecture: 'amd64', created: '1980-01-01T00:00:01Z' },
);
const index = made({ manifests: [{ ...layer('', 'd'), digest: windows.digest, platform }] }, null);

test('an upgrade reads what is stored again, and every sum follows', async () => {
  const { db } = database;
  await db.transaction().execute(async (trx) => {
    const id = await ensureRepository(trx, 'windows', 1);
    await changeRepository(trx, id, { records: [windows, index], seen: [{ name: 'v1', digest: index.digest }] }, 1);
  });
  const state = async () => ({
    manifests: await db.selectFrom('manifests').selectAll().orderBy('digest').execute(),
    blobs: await db.selectFrom('manifest_blobs').selectAll().orderBy('digest').orderBy('position').execute(),
    children: await db.selectFrom('manifest_children').selectAll().execute(),
    repositories: await db.selectFrom('repositories').select(['size_bytes', 'tag_count']).execute(),
  });
  const right = await state();
  assert.equal(right.repositories[0]?.size_bytes, 1010);
  await db.updateTable('manifests').set({ created_at: 315_532_801_000, total_bytes: 2010, kind: 'artifact' }).execute();
  await db.updateTable('manifest_blobs').set({ size_bytes: 1000, kept_at: '', kept_bytes: 0 }).execute();
  await db.updateTable('manifest_children').set({ os_version: '' }).execute();
  await db.updateTable('settings').set({ value: '1' }).where('key', '=', 'catalog_layout').execute();
  assert.equal(await rebuildOldCatalog(db), true);
  const after = await state();
  // What was an artifact had no configuration that was asked for: the next look does.
  assert.match(after.manifests.find(({ digest }) => digest === windows.digest)?.error ?? '', /not read yet/);
  assert.deepEqual({ ...after, manifests: after.manifests.map((row) => ({ ...row, error: null })) }, right);
});

test('what is no manifest stays so, and is not read from the registry again', async () => {
  const { db } = database;
  const damaged = recordOf({ digest: DIGEST, raw: Buffer.from('{"damaged'), mediaType: '' }, null);
  await db.transaction().execute(async (trx) => {
    const id = await ensureRepository(trx, 'damaged', 1);
    await changeRepository(trx, id, { records: [damaged], seen: [{ name: 'v1', digest: DIGEST }] }, 1);
  });
  await rebuildCatalog(db);
  const rows = await db.selectFrom('manifests').select(['kind', 'error']).where('digest', '=', DIGEST).execute();
  assert.deepEqual(rows, [{ kind: 'unknown', error: damaged.error }]);
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { storageFolder } from '../../../server/app/storage-folder.ts';
import type { Config } from '../../../server/config/config.ts';
import type { Logger } from '../../../server/log.ts';
import { temporaryFolder } from '../../support/process/tmp.ts';

async function setUp(t: TestContext, template?: string) {
  const folder = await temporaryFolder('storage-folder');
  t.after(folder.remove);
  if (template !== undefined) writeFileSync(join(folder.path, 'registry.yml'), template);
  const warnings: string[] = [];
  const log = { warn: (_fields: object, text: string) => void warnings.push(text) } as unknown as Logger;
  const find = (registry: { url?: string; path?: string }) => {
    const { url = null, path = null } = registry;
    const config = { registry: { url, storage: { path } }, data: { path: '/srv/data' } } as unknown as Config;
    return storageFolder({ config, configFolder: folder.path, log });
  };
  return { folder: folder.path, warnings, find };
}

test('a managed registry keeps its content in the data folder, or where registry.yml says', async (t) => {
  assert.equal((await setUp(t)).find({}), '/srv/data/registry');
  const elsewhere = 'storage: { filesystem: { rootdirectory: /mnt/images } }';
  assert.equal((await setUp(t, elsewhere)).find({}), '/mnt/images');
  assert.equal((await setUp(t, 'storage: { s3: { bucket: images } }')).find({}), null);
});

test('the folder of another registry is known only from the setting', async (t) => {
  const { folder, warnings, find } = await setUp(t);
  mkdirSync(join(folder, 'docker/registry/v2/repositories'), { recursive: true });
  assert.equal(find({ url: 'http://registry:5000' }), null);
  assert.equal(find({ url: 'http://registry:5000', path: folder }), folder);
  assert.deepEqual(warnings, []);
});

test('a folder that cannot be read is a warning that says what to do', async (t) => {
  const { folder, warnings, find } = await setUp(t);
  find({ url: 'http://registry:5000', path: join(folder, 'missing') });
  assert.match(warnings.join(), /mount the folder, or let this user read it/);
});

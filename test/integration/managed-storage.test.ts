/** A registry of ours keeps its content beside our data: after the loss of the index that is where it is read again. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ADMIN_PASSWORD, startApp } from '../support/app/app.ts';
import { createVisitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePort } from '../support/process/ports.ts';
import { generateStorage } from '../support/registry/generate-storage.ts';
import { registryBinary, registrySkip } from '../support/registry/registry.ts';

const SIZE = { repositories: 20, tags: 60, manifests: 40 };
const skip = await registrySkip('3.1.1');

test('in managed mode the first index is read from the storage folder', { skip }, async (t) => {
  const registry = { binary: await registryBinary('3.1.1'), port: await freePort() };
  const app = await startApp({
    config: { registry },
    fill: async (dataPath) => void generateStorage(join(dataPath, 'registry'), SIZE),
  });
  t.after(app.stop);
  const admin = createVisitor(app.url);
  await admin.signIn('admin', ADMIN_PASSWORD);
  const text = async (path: string) => (await admin.request(path)).text();
  await eventually('the index is read from the storage folder', () => text('/status'), {
    until: (html) => html.includes('storage folder of the registry') && /"repositoriesDone":20,|20 of 20/.test(html),
  });
  const list = JSON.parse(await text('/api/v1/repositories?limit=100')) as { items: readonly unknown[] };
  assert.equal(list.items.length, SIZE.repositories);
});

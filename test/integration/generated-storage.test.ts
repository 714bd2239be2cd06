import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { sha256 } from '../support/registry/content.ts';
import { generateStorage } from '../support/registry/generate-storage.ts';
import { generateRegistry } from '../support/registry/generated-content.ts';
import { BIG_REPOSITORY } from '../support/registry/generated-plan.ts';
import { TYPES } from '../support/registry/images.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const SIZE = { repositories: 25, tags: 400, manifests: 160 };
const ACCEPT = `${TYPES.index}, ${TYPES.image}`;
const EXPECTED = [...generateRegistry(SIZE)];

test('made-up content has exactly the size that was asked for, and is the same each time', () => {
  assert.equal(EXPECTED.length, SIZE.repositories);
  assert.equal(new Set(EXPECTED.map(({ name }) => name)).size, SIZE.repositories);
  const tags = EXPECTED.flatMap((repository) => repository.tags.map(({ name }) => `${repository.name}:${name}`));
  assert.equal(new Set(tags).size, SIZE.tags);
  assert.equal(EXPECTED.flatMap(({ manifests }) => manifests).length, SIZE.manifests);
  assert.deepEqual([...generateRegistry(SIZE)], EXPECTED);
});

for (const version of ['2.8.2', '3.1.1'] as const) {
  const skip = await registrySkip(version);
  describe(`made-up content in registry ${version}`, { skip }, () => {
    let folder: TemporaryFolder;
    let registry: RunningRegistry;
    before(async () => {
      folder = await temporaryFolder('generated');
      generateStorage(folder.path, SIZE);
      registry = await startRegistry({ version, storage: folder.path });
    });
    after(async () => {
      await registry?.stop();
      await folder?.remove();
    });
    const get = (path: string) => fetch(`${registry.url}/v2/${path}`, { headers: { Accept: ACCEPT } });

    test('is listed', async () => {
      const { repositories } = (await (await get('_catalog?n=1000')).json()) as { repositories: string[] };
      assert.deepEqual(repositories.sort(), EXPECTED.map(({ name }) => name).sort());
      const big = EXPECTED.find(({ name }) => name === BIG_REPOSITORY);
      const { tags } = (await (await get(`${BIG_REPOSITORY}/tags/list`)).json()) as { tags: string[] };
      assert.deepEqual(tags.sort(), big?.tags.map(({ name }) => name).sort());
    });

    test('is served by tag and by digest, with its configurations', async () => {
      for (const { name, manifests, tags } of EXPECTED) {
        for (const tag of tags.slice(0, 3)) {
          const head = await fetch(`${registry.url}/v2/${name}/manifests/${tag.name}`, {
            method: 'HEAD',
            headers: { Accept: ACCEPT },
          });
          assert.equal(head.headers.get('docker-content-digest'), tag.digest);
        }
        for (const { digest, config } of manifests) {
          assert.equal(sha256(Buffer.from(await (await get(`${name}/manifests/${digest}`)).arrayBuffer())), digest);
          if (config === undefined) continue;
          const blob = await get(`${name}/blobs/${config.digest}`);
          assert.equal(sha256(Buffer.from(await blob.arrayBuffer())), config.digest);
        }
      }
    });

    test('loses a tag or a manifest as any other content does', async () => {
      const [{ name, tags }] = EXPECTED.filter((repository) => repository.tags.length > 3) as [
        (typeof EXPECTED)[number],
      ];
      const gone = tags[0];
      assert.ok(gone);
      const answer = await fetch(`${registry.url}/v2/${name}/manifests/${gone.digest}`, { method: 'DELETE' });
      assert.equal(answer.status, 202);
      assert.equal((await get(`${name}/manifests/${gone.name}`)).status, 404);
    });
  });
}

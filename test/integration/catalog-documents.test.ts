import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { startCatalog } from '../support/app/catalog.ts';
import * as samples from '../support/registry/documents.ts';
import { type Pushed, pushArtifact, pushImageOf, TYPES } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let catalog: Awaited<ReturnType<typeof startCatalog>>;
before(async () => {
  if (!skip) catalog = await startCatalog();
});
after(() => catalog?.stop());

const SPDX_TYPE = 'application/spdx+json';

async function attach(
  repository: string,
  subject: Pushed,
  mediaType: string,
  content: string | Buffer,
): Promise<Pushed> {
  return pushArtifact(catalog.url, repository, undefined, {
    layers: [{ mediaType, content }],
    manifest: {
      artifactType: mediaType,
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.raw.length },
    },
  });
}

async function partsOf(repository: string, digest: string) {
  return (await catalog.images.partsOf(repository, [digest])).get(digest) ?? [];
}

test('an SBOM is fetched when somebody first looks, and never again', { skip }, async () => {
  const { url, indexer, images, documents, state } = catalog;
  const image = await pushImageOf(url, 'sbom', 'v1', { layers: ['x'] });
  const sbom = await attach('sbom', image, SPDX_TYPE, JSON.stringify(samples.SPDX));
  await indexer.refreshRepository('sbom');
  await indexer.fetchManifest('sbom', sbom.digest);
  const detail = await images.detail('sbom', sbom.digest);
  const parts = detail?.content?.layers ?? [];
  state.asked.length = 0;
  const looks = await Promise.all([documents.read('sbom', parts), documents.read('sbom', parts)]);
  for (const [look] of looks) assert.equal(look?.document?.kind, 'sbom');
  assert.equal(state.asked.length, 1);
  state.asked.length = 0;
  state.failing.add('blob');
  const [again] = await documents.read('sbom', parts);
  assert.equal(again?.document?.kind === 'sbom' && again.document.packageCount, 3);
  assert.deepEqual(state.asked, []);
  state.failing.clear();
});

test('while the registry is down the page knows so, and reads it later', { skip }, async () => {
  const { url, indexer, documents, state } = catalog;
  const image = await pushImageOf(url, 'down', 'v1', { layers: ['y'] });
  const proof = await attach('down', image, 'application/vnd.in-toto+json', JSON.stringify(samples.PROVENANCE_1));
  await indexer.refreshRepository('down');
  await indexer.fetchManifest('down', proof.digest);
  const parts = await partsOf('down', proof.digest);
  state.failing.add('blob');
  assert.deepEqual(
    (await documents.read('down', parts)).map((read) => read.problem),
    ['unreachable'],
  );
  state.failing.clear();
  assert.deepEqual(
    (await documents.read('down', parts)).map((read) => read.document?.kind),
    ['provenance'],
  );
});

test('what is too large, or a bomb, is named and never fetched again', { skip }, async () => {
  const { url, indexer, documents, state } = catalog;
  const image = await pushImageOf(url, 'bombs', 'v1', { layers: ['z'] });
  const bomb = await attach('bombs', image, 'application/gzip', gzipSync(Buffer.alloc(40 * 1024 * 1024)));
  const large = await attach('bombs', image, SPDX_TYPE, Buffer.alloc(9 * 1024 * 1024, 32));
  await indexer.refreshRepository('bombs');
  const damaged = await attach('bombs', image, 'application/gzip', gzipSync('x'.repeat(1000)).subarray(0, 15));
  const all = [bomb, large, damaged];
  for (const { digest } of all) await indexer.fetchManifest('bombs', digest);
  const look = async () => {
    const reads = await Promise.all(
      all.map(async ({ digest }) => documents.read('bombs', await partsOf('bombs', digest))),
    );
    return reads.flat().map((read) => read.problem);
  };
  assert.deepEqual(await look(), ['large', 'large', 'damaged']);
  state.asked.length = 0;
  assert.deepEqual(await look(), ['large', 'large', 'damaged']);
  assert.deepEqual(state.asked, []);
});

test('a configuration too large to read is said once, and costs the registry no request at each view', {
  skip,
}, async () => {
  const { url, indexer, images, state } = catalog;
  const config = (content: string) => ({ mediaType: 'application/vnd.oci.image.config.v1+json', content });
  const contents = [`{"a":[${'{},'.repeat(200_000)}{}]}`, `{"a":"${'x'.repeat(9 * 1024 * 1024)}"}`];
  for (const [index, content] of contents.entries())
    await pushArtifact(url, 'large', `v${index}`, {
      config: config(content),
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', content: 'x' }],
    });
  await indexer.refreshRepository('large');
  state.asked.length = 0;
  for (const index of contents.keys()) {
    const detail = await images.detail('large', `v${index}`);
    assert.deepEqual([detail?.kind, detail?.problems.map(({ what }) => what)], ['image', ['large']]);
  }
  await indexer.refreshRepository('large');
  assert.deepEqual(
    state.asked.filter((asked) => !/^(head|tags)/.test(asked)),
    [],
  );
});

test('a chart shows its README, and its metadata without asking for the archive', { skip }, async () => {
  const { url, indexer, images, documents, state } = catalog;
  const entries = Object.entries(samples.CHART_FILES).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), type: 'file' as const },
    body,
  }));
  await pushArtifact(url, 'charts/shop', '1.2.3', {
    config: { mediaType: TYPES.helmConfig, content: JSON.stringify(samples.CHART_METADATA) },
    layers: [
      {
        mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
        content: gzipSync(await packTar(entries)),
      },
    ],
  });
  await indexer.refreshRepository('charts/shop');
  state.asked.length = 0;
  const detail = await images.detail('charts/shop', '1.2.3');
  assert.match(detail?.content?.rawConfig ?? '', /The shop/);
  assert.deepEqual(state.asked, []);
  const [read] = await documents.read('charts/shop', detail?.content?.layers ?? []);
  assert.equal(read?.document?.kind === 'chart' && read.document.files.length, 4);
});

test('what one repository gave is not given to another that only names it', { skip }, async () => {
  const { url, indexer, documents, state } = catalog;
  const image = await pushImageOf(url, 'secret/app', 'v1', { layers: ['s'] });
  const sbom = await attach('secret/app', image, SPDX_TYPE, JSON.stringify(samples.SPDX));
  await indexer.refreshRepository('secret/app');
  await indexer.fetchManifest('secret/app', sbom.digest);
  const parts = await partsOf('secret/app', sbom.digest);
  const [secret] = await documents.read('secret/app', parts);
  assert.equal(secret?.document?.kind, 'sbom');
  await pushImageOf(url, 'mine/app', 'v1', { layers: ['m'] });
  await indexer.refreshRepository('mine/app');
  const stolen = await documents.read('mine/app', parts);
  assert.deepEqual(
    stolen.map(({ document, problem }) => ({ document, problem })),
    [{ document: undefined, problem: 'missing' }],
  );
  assert.equal((await documents.glance('mine/app', parts)).size, 0);
  assert.equal((await documents.stored('mine/app', parts)).size, 0);
  state.asked.length = 0;
  const [again] = await documents.read('secret/app', parts);
  assert.equal(again?.document?.kind, 'sbom');
  assert.deepEqual(state.asked, [], 'its own repository is not asked twice');
});

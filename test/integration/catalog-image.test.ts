import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { putManifest } from '../support/registry/content.ts';
import { pushHelmChart, pushImageOf, pushIndex, pushSbom, TYPES } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let catalog: Awaited<ReturnType<typeof startCatalog>>;
before(async () => {
  if (!skip) catalog = await startCatalog();
});
after(() => catalog?.stop());

const HOSTILE = '<script>alert(1)</script>';

test('an image shows its layers with the steps that made them', { skip }, async () => {
  const { url, indexer, images, state } = catalog;
  const history = [
    { created_by: '/bin/sh -c #(nop) ADD file:1a2b in / ' },
    { created_by: '/bin/sh -c #(nop)  CMD ["bash"]', empty_layer: true },
    { created_by: `RUN /bin/sh -c echo ${HOSTILE} # buildkit` },
  ];
  const config = { Env: ['A=1'], Labels: { evil: HOSTILE }, Cmd: ['serve'], ExposedPorts: { '80/tcp': {} } };
  await pushImageOf(url, 'app', 'v1', { layers: ['base', 'app layer'], config: { history, config } });
  await pushImageOf(url, 'app', 'v2', { layers: ['base', 'other'] });
  await indexer.refreshRepository('app');
  state.asked.length = 0;
  const detail = await images.detail('app', 'v1', undefined, EVERYTHING);
  assert.deepEqual(state.asked, []);
  assert.equal(detail?.kind, 'image');
  assert.deepEqual(
    detail?.tags.map((tag) => tag.name),
    ['v1'],
  );
  const layers = detail?.content?.layers ?? [];
  assert.deepEqual(
    layers.map((layer) => [layer.sizeBytes, layer.command?.instruction, layer.alsoIn]),
    [
      [4, 'ADD', 1],
      [9, 'RUN', 0],
    ],
  );
  assert.deepEqual(
    detail?.content?.dockerfile.map((step) => [step.instruction, step.text, step.layer]),
    [
      ['ADD', 'file:1a2b /', 0],
      ['CMD', '["bash"]', undefined],
      ['RUN', `echo ${HOSTILE}`, 1],
    ],
  );
  assert.equal(detail?.content?.config?.config.labels['evil'], HOSTILE);
  assert.equal(detail?.content?.platform, 'linux/amd64');
  assert.equal(detail?.uniqueBytes, (detail?.sizeBytes ?? 0) - 4);
  assert.deepEqual(detail?.problems, []);
});

test('an index shows its platforms, nested ones too, and attestations apart', { skip }, async () => {
  const { url, indexer, images } = catalog;
  const amd = await pushImageOf(url, 'multi', undefined, { layers: ['amd'] });
  const arm = await pushImageOf(url, 'multi', undefined, { layers: ['arm'], config: { architecture: 'arm64' } });
  const riscv = await pushImageOf(url, 'multi', undefined, { layers: ['riscv'], config: { architecture: 'riscv64' } });
  const proof = await pushImageOf(url, 'multi', undefined, {
    layers: ['proof'],
    config: { architecture: 'unknown', os: 'unknown' },
  });
  const nested = await pushIndex(url, 'multi', undefined, [{ pushed: riscv, platform: 'linux/riscv64' }]);
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': amd.digest,
  };
  await pushIndex(url, 'multi', 'v1', [
    { pushed: amd, platform: 'linux/amd64' },
    { pushed: arm, platform: 'linux/arm64' },
    { pushed: nested },
    { pushed: proof, platform: 'unknown/unknown', annotations },
  ]);
  await indexer.refreshRepository('multi');
  const detail = await images.detail('multi', 'v1');
  assert.deepEqual(
    detail?.platforms.map((entry) => entry.platform),
    ['linux/amd64', 'linux/arm64', 'linux/riscv64'],
  );
  assert.deepEqual(
    detail?.attestations.map((entry) => entry.digest),
    [proof.digest],
  );
  assert.deepEqual(
    detail?.nested.map((index) => [index.digest, index.parent]),
    [[nested.digest, detail.digest]],
  );
  assert.equal(detail?.platforms[2]?.parent, nested.digest);
  assert.equal(detail?.content?.digest, amd.digest);
  assert.equal((await images.detail('multi', 'v1', 'linux/arm64'))?.content?.digest, arm.digest);
  assert.equal((await images.detail('multi', 'v1', 'plan9/sparc'))?.content?.digest, amd.digest);
  assert.equal((await images.detail('multi', amd.digest))?.parents.length, 1);
  const row = await catalog.repository('multi');
  const page = await catalog.tags.groups(row?.id ?? 0, { sort: 'size', direction: 'desc', limit: 1 });
  assert.deepEqual(page.rows[0]?.referrers, { signatures: 0, attestations: 1, sboms: 0, others: 0 });
});

test('a chart and an SBOM are what they are, and the SBOM stands with its image', { skip }, async () => {
  const { url, indexer, images } = catalog;
  await pushHelmChart(url, 'chart', '1.0.0');
  const image = await pushImageOf(url, 'chart', 'image', { layers: ['c'] });
  const sbom = await pushSbom(url, 'chart', image);
  await indexer.refreshRepository('chart');
  const chart = await images.detail('chart', '1.0.0');
  assert.equal(chart?.kind, 'helm');
  assert.match(chart?.content?.rawConfig ?? '', /A chart/);
  const detail = await images.detail('chart', 'image');
  assert.deepEqual(
    detail?.referrers.map((referrer) => [referrer.kind, referrer.digest]),
    [['sbom', sbom.digest]],
  );
  assert.equal((await catalog.repository('chart'))?.tagCount, 2);
});

test('an image without its configuration, and a manifest that is none, still open', { skip }, async () => {
  const { url, indexer, images, state } = catalog;
  await pushImageOf(url, 'broken', 'v1', { layers: ['b'], config: { author: 'only here' } });
  state.failing.add('blob');
  await indexer.refreshRepository('broken');
  const detail = await images.detail('broken', 'v1');
  assert.deepEqual(
    detail?.problems.map((problem) => problem.what),
    ['config'],
  );
  assert.equal(detail?.content?.config, undefined);
  assert.equal(detail?.content?.layers.length, 1);
  state.failing.clear();
  assert.deepEqual((await images.detail('broken', 'v1'))?.problems, []);
});

test('an index that lists what is missing says which', { skip }, async () => {
  const { url, indexer, images, state } = catalog;
  const here = await pushImageOf(url, 'sparse', undefined, { layers: ['here'] });
  const index = await pushIndex(url, 'sparse', 'v1', [{ pushed: here, platform: 'linux/amd64' }]);
  state.failing.add('manifest');
  await indexer.refreshRepository('sparse');
  const unread = await images.detail('sparse', 'v1');
  assert.deepEqual([unread?.digest, unread?.raw, unread?.problems[0]?.what], [index.digest, null, 'unreachable']);
  state.failing.clear();
  const read = await images.detail('sparse', 'v1');
  assert.equal(read?.raw, index.raw.toString());
  assert.deepEqual(read?.problems, []);
});

test('a digest that this repository does not hold is not shown, though another does', { skip }, async () => {
  const { url, indexer, images } = catalog;
  const secret = await pushImageOf(url, 'hidden', 'v1', { layers: ['secret'] });
  await indexer.refreshRepository('hidden');
  await putManifest(url, 'hidden', 'v2', TYPES.image, secret.raw);
  assert.equal(await images.detail('app', secret.digest), undefined);
  assert.equal(await images.detail('app', 'nope'), undefined);
  assert.equal(await images.detail('nowhere', 'v1'), undefined);
});

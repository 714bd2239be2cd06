import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageConfig } from '../../../../server/registry/documents/image-config.ts';
import { MEDIA_TYPES, parseManifest } from '../../../../server/registry/documents/manifest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const raw = (value: unknown) => Buffer.from(JSON.stringify(value));
const entry = (digest = DIGEST, size = 7) => ({ mediaType: 'application/octet-stream', digest, size });

test('reads an image', () => {
  const body = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType: 'application/x',
    config: entry(),
    layers: [entry(OTHER, 9)],
    subject: entry(),
    annotations: { a: 'b', bad: 5 },
  };
  const manifest = parseManifest(raw(body), `${MEDIA_TYPES.ociManifest}; charset=utf-8`);
  assert.equal(manifest.kind, 'image');
  assert.equal(manifest.artifactType, 'application/x');
  assert.equal(manifest.config?.digest, DIGEST);
  assert.deepEqual(
    manifest.layers.map(({ digest, sizeBytes }) => [digest, sizeBytes]),
    [[OTHER, 9]],
  );
  assert.equal(manifest.subject?.sizeBytes, 7);
  assert.deepEqual(manifest.annotations, { a: 'b' });
});

test('reads an index with platforms, and one without a media type', () => {
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
  const body = { schemaVersion: 2, manifests: [{ ...entry(), platform }, entry(OTHER)] };
  const manifest = parseManifest(raw(body), '');
  assert.deepEqual([manifest.kind, manifest.mediaType], ['index', MEDIA_TYPES.ociIndex]);
  assert.deepEqual(manifest.children[0]?.platform, { ...platform, osFeatures: [], osVersion: undefined });
  assert.equal(manifest.children[1]?.platform, undefined);
});

test('reads schema 1 from the base up', () => {
  const body = { schemaVersion: 1, fsLayers: [{ blobSum: OTHER }, { blobSum: DIGEST }] };
  const manifest = parseManifest(raw(body), MEDIA_TYPES.schema1Signed);
  assert.equal(manifest.kind, 'schema1');
  assert.deepEqual(
    manifest.layers.map(({ digest }) => digest),
    [DIGEST, OTHER],
  );
});

const REFUSED: readonly (readonly [name: string, body: unknown, contentType: string])[] = [
  ['no JSON', 'x', MEDIA_TYPES.ociManifest],
  ['a list', [], MEDIA_TYPES.ociManifest],
  ['another type than served', { mediaType: MEDIA_TYPES.ociIndex, manifests: [] }, MEDIA_TYPES.ociManifest],
  ['layers and manifests', { layers: [], manifests: [] }, ''],
  ['an index with layers', { layers: [entry()] }, MEDIA_TYPES.ociIndex],
  ['an image with manifests', { manifests: [entry()] }, MEDIA_TYPES.ociManifest],
  ['a layer without digest', { layers: [{ size: 1 }] }, MEDIA_TYPES.ociManifest],
  ['a digest that is a path', { layers: [entry('sha256:../../x')] }, MEDIA_TYPES.ociManifest],
  ['a negative size', { layers: [entry(DIGEST, -1)] }, MEDIA_TYPES.ociManifest],
  ['a size beyond numbers', { layers: [entry(DIGEST, 1e300)] }, MEDIA_TYPES.ociManifest],
  ['layers that are no list', { layers: { 0: entry() } }, MEDIA_TYPES.ociManifest],
  ['a million layers', { layers: Array.from({ length: 10_001 }, () => 1) }, MEDIA_TYPES.ociManifest],
];
for (const [name, body, contentType] of REFUSED) {
  test(`refuses ${name}`, () => assert.throws(() => parseManifest(raw(body), contentType), { code: 'INVALID' }));
}

test('any other type of content is an image without surprises', () => {
  const manifest = parseManifest(raw({ config: entry(), layers: [] }), 'application/vnd.example.thing+json');
  assert.deepEqual([manifest.kind, manifest.mediaType], ['image', 'application/vnd.example.thing+json']);
});

test('reads an image configuration, whatever its fields hold', () => {
  const config = parseImageConfig(
    raw({
      created: '2024-01-02T03:04:05Z',
      architecture: 'amd64',
      os: 5,
      history: [{ created_by: 'RUN x', empty_layer: true }, 'odd'],
      config: {
        Env: ['A=b', 1],
        Cmd: 'sh',
        Labels: { a: 'b', c: null },
        ExposedPorts: { '80/tcp': {} },
        Entrypoint: null,
      },
    }),
  );
  assert.equal(config.created, Date.UTC(2024, 0, 2, 3, 4, 5));
  assert.deepEqual([config.architecture, config.os], ['amd64', undefined]);
  assert.deepEqual(
    config.history.map(({ createdBy, empty }) => [createdBy, empty]),
    [
      ['RUN x', true],
      ['', false],
    ],
  );
  assert.deepEqual(config.config.env, ['A=b']);
  assert.deepEqual(config.config.cmd, ['sh']);
  assert.deepEqual(config.config.labels, { a: 'b' });
  assert.deepEqual(config.config.exposedPorts, ['80/tcp']);
  assert.throws(() => parseImageConfig(Buffer.from('<html>')), { code: 'INVALID' });
});

test('schema 1 gives the configuration that its history keeps', () => {
  const digest = `sha256:${'c'.repeat(64)}`;
  const v1 = (value: object) => ({ v1Compatibility: JSON.stringify(value) });
  const body = {
    schemaVersion: 1,
    fsLayers: [{ blobSum: digest }, { blobSum: digest }],
    history: [
      v1({
        ...{ architecture: 'amd64', os: 'linux', created: '2015-06-01T00:00:00Z', config: { Env: ['A=1'] } },
        container_config: { Cmd: ['/bin/sh', '-c', '#(nop) CMD ["sh"]'] },
      }),
      v1({ created: '2015-05-01T00:00:00Z', container_config: { Cmd: ['/bin/sh', '-c', 'make'] } }),
      'damaged',
    ],
  };
  const { ownConfig = '' } = parseManifest(raw(body), MEDIA_TYPES.schema1Signed);
  const config = parseImageConfig(Buffer.from(ownConfig));
  assert.deepEqual([config.os, config.architecture, config.config.env], ['linux', 'amd64', ['A=1']]);
  assert.deepEqual(
    config.history.map(({ createdBy }) => createdBy),
    ['', '/bin/sh -c make', '/bin/sh -c #(nop) CMD ["sh"]'],
  );
});

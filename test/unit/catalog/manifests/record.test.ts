import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordOf } from '../../../support/data/manifest-records.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: DIGEST, size: 10 };
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const layer = (mediaType: string, letter: string, extra = {}) => ({
  ...{ mediaType, digest: `sha256:${letter.repeat(64)}`, size: 1000 },
  ...extra,
});

function record(manifest: object, config: object = {}) {
  const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, ...manifest }));
  return recordOf({ digest: DIGEST, raw, mediaType: '' }, Buffer.from(JSON.stringify(config)));
}
const image = { config: CONFIG, layers: [layer(LAYER, 'b')] };

const times: readonly [string, string | undefined, string | null][] = [
  ['2026-01-02T00:00:00Z', undefined, '2026-01-02T00:00:00.000Z'],
  ['1970-01-01T00:00:01Z', undefined, null],
  ['1980-01-01T00:00:01Z', undefined, null],
  ['1980-01-01T00:00:01Z', '2026-03-04T00:00:00Z', '2026-03-04T00:00:00.000Z'],
  ['0001-01-01T00:00:00Z', undefined, null],
  ['never', '1970-01-01T00:00:00Z', null],
];
for (const [created, annotated, time] of times) {
  test(`an image of ${created}, annotated ${annotated}, is of ${time ?? 'no date'}`, () => {
    const annotations = annotated === undefined ? {} : { 'org.opencontainers.image.created': annotated };
    const { createdAt } = record({ ...image, annotations }, { created });
    assert.equal(createdAt === null ? null : new Date(createdAt).toISOString(), time);
  });
}

const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const NONDISTRIBUTABLE = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
const urls = ['https://mcr.microsoft.com/v2/windows/nanoserver/blobs/sha256:1'];
const layers: readonly [string, readonly string[], string, number][] = [
  [FOREIGN, urls, 'mcr.microsoft.com', 0],
  [NONDISTRIBUTABLE, urls, 'mcr.microsoft.com', 0],
  [FOREIGN, [], '', 1000],
  [FOREIGN, ['no address'], '', 1000],
  // The registry takes no layer of an ordinary type that it does not store.
  [LAYER, urls, '', 1000],
];
for (const [mediaType, addresses, host, bytes] of layers) {
  test(`a layer ${mediaType} with ${addresses.length} addresses has ${bytes} bytes here`, () => {
    const [found] = record({ config: CONFIG, layers: [layer(mediaType, 'b', { urls: addresses })] }).blobs.filter(
      ({ role }) => role === 'layer',
    );
    assert.deepEqual([found?.kept_at, found?.size_bytes, found?.kept_bytes], [host, bytes, host === '' ? 0 : 1000]);
  });
}

test('what borrows the configuration of an image is of the type of its parts', () => {
  const found = record({ config: CONFIG, layers: [layer('application/vnd.ollama.image.model', 'b')] });
  assert.deepEqual([found.kind, found.artifactType], ['artifact', 'application/vnd.ollama.image.model']);
});

test('a cache of BuildKit is an artifact, whose parts are layers', () => {
  const cache = 'application/vnd.buildkit.cacheconfig.v0';
  const found = record({ mediaType: INDEX, manifests: [layer(LAYER, 'b'), layer(cache, 'c')] });
  assert.deepEqual([found.kind, found.artifactType, found.children], ['artifact', cache, []]);
  assert.deepEqual(
    found.blobs.map(({ size_bytes }) => size_bytes),
    [1000, 1000],
  );
});

test('an index keeps what tells platforms of one name apart', () => {
  const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', 'os.features': ['win32k', 'x'] };
  const [child] = record({ mediaType: INDEX, manifests: [layer(IMAGE, 'b', { platform })] }).children;
  assert.deepEqual([child?.platform, child?.os_version, child?.os_features], ['windows/amd64', '10.0.1', 'win32k,x']);
});

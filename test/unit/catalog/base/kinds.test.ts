import assert from 'node:assert/strict';
import { test } from 'node:test';
import { artifactTypeOf, childPlatform, manifestKindOf, platformText } from '../../../../server/catalog/base/kinds.ts';
import { subjectOfTag } from '../../../../server/catalog/manifests/referrers.ts';
import { parseManifest } from '../../../../server/registry/documents/manifest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const part = (mediaType: string) => ({ mediaType, digest: DIGEST, size: 1 });
const manifest = (config: string, layer: string, extra = {}) =>
  parseManifest(
    Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config: part(config), layers: [part(layer)], ...extra }),
    ),
    IMAGE,
  );
const OCI = 'application/vnd.oci.image.config.v1+json';
const TAR = 'application/vnd.oci.image.layer.v1.tar+gzip';
const EMPTY = 'application/vnd.oci.empty.v1+json';

const cases: readonly [string, ReturnType<typeof manifest>][] = [
  ['image', manifest(OCI, TAR)],
  [
    'image',
    manifest('application/vnd.docker.container.image.v1+json', 'application/vnd.docker.image.rootfs.diff.tar.gzip'),
  ],
  ['helm', manifest('application/vnd.cncf.helm.config.v1+json', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
  ['signature', manifest(OCI, 'application/vnd.dev.cosign.simplesigning.v1+json')],
  ['signature', manifest(EMPTY, 'application/jose+json', { artifactType: 'application/vnd.cncf.notary.signature' })],
  ['attestation', manifest(OCI, 'application/vnd.in-toto+json')],
  ['attestation', manifest(OCI, 'application/vnd.dsse.envelope.v1+json')],
  ['sbom', manifest(EMPTY, 'application/spdx+json')],
  ['sbom', manifest(EMPTY, 'application/vnd.cyclonedx+json')],
  ['artifact', manifest('application/vnd.acme.config', 'application/octet-stream')],
  ['image', manifest(OCI, TAR, { artifactType: 'application/vnd.acme' })],
  ['artifact', manifest(OCI, 'application/octet-stream', { artifactType: 'application/vnd.acme' })],
  ['artifact', manifest('application/vnd.docker.container.image.v1+json', 'application/vnd.ollama.image.model')],
  ['artifact', manifest('application/vnd.buildkit.cacheconfig.v0', TAR)],
  ['image', manifest(OCI, 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted')],
  ['image', manifest(OCI, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')],
];
for (const [kind, parsed] of cases) {
  test(`${parsed.config?.mediaType} with ${parsed.layers[0]?.mediaType} is ${kind}`, () =>
    assert.equal(manifestKindOf(parsed), kind));
}

test('an old artifact is of the type of its configuration, an image of none', () => {
  assert.equal(artifactTypeOf(manifest('application/vnd.acme.config', TAR)), 'application/vnd.acme.config');
  assert.equal(artifactTypeOf(manifest(OCI, TAR)), undefined);
});

const platforms: readonly [string, string, string | undefined, string][] = [
  ['linux', 'amd64', undefined, 'linux/amd64'],
  ['linux', 'arm', 'v7', 'linux/arm/v7'],
  ['', 'amd64', undefined, 'unknown/amd64'],
  ['', '', undefined, ''],
];
for (const [os, architecture, variant, text] of platforms) {
  test(`names the platform ${text || 'nothing'}`, () =>
    assert.equal(platformText({ os, architecture, variant }), text));
}

test("BuildKit's attestations are no platform", () => {
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
  const child = { ...part(IMAGE), sizeBytes: 1, urls: [], annotations, artifactType: undefined, platform: undefined };
  assert.equal(childPlatform(child), 'attestation');
});

const HEX = 'b'.repeat(64);
const tags: readonly [string, string | undefined][] = [
  [`sha256-${HEX}`, `sha256:${HEX}`],
  [`sha256-${HEX}.sig`, `sha256:${HEX}`],
  [`sha256-${HEX}.att`, `sha256:${HEX}`],
  [`sha256-${HEX}.sbom`, `sha256:${HEX}`],
  [`sha256-${HEX}.acme`, `sha256:${HEX}`],
  [`sha256-${HEX}0`, undefined],
  [`sha512-${HEX}`, undefined],
  ['sha256-short.sig', undefined],
  ['v1.sig', undefined],
  ['latest', undefined],
];
for (const [tag, subject] of tags) {
  test(`the tag ${tag} speaks about ${subject ?? 'nothing'}`, () => assert.equal(subjectOfTag(tag), subject));
}

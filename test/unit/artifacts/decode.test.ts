import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { packTar } from 'modern-tar';
import { decodeDocument } from '../../../server/artifacts/decode.ts';
import type { ArtifactDocument } from '../../../server/artifacts/document.ts';
import { flatten } from '../../../server/artifacts/json.ts';
import * as samples from '../../support/registry/documents.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const decode = (value: unknown) => decodeDocument(Buffer.from(JSON.stringify(value)));

async function chart(files: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), type: 'file' as const },
    body,
  }));
  return gzipSync(await packTar(entries));
}

function expectKind<K extends ArtifactDocument['kind']>(document: ArtifactDocument, kind: K) {
  assert.equal(document.kind, kind);
  return document as Extract<ArtifactDocument, { kind: K }>;
}

test('reads SPDX: the tool, and packages in order of their names', async () => {
  const sbom = expectKind(await decode(samples.SPDX), 'sbom');
  assert.deepEqual([sbom.format, sbom.name, sbom.tools], ['SPDX 2.3', 'team/app', ['syft-1.18.0']]);
  assert.deepEqual(
    sbom.packages.map((item) => [item.name, item.version, item.license, item.purl]),
    [
      ['bash', '5.2', 'GPL-3.0-or-later', ''],
      ['openssl', '3.0.11-1', 'Apache-2.0', 'pkg:deb/debian/openssl@3.0.11-1'],
      ['zlib1g', '1.2.13', '', ''],
    ],
  );
  assert.deepEqual([sbom.packageCount, sbom.licenseCount], [3, 2]);
});

test('reads CycloneDX, components inside components too', async () => {
  const sbom = expectKind(await decode(samples.CYCLONE_DX), 'sbom');
  assert.deepEqual([sbom.format, sbom.name, sbom.tools], ['CycloneDX 1.5', 'team/app v1', ['trivy 0.58.0']]);
  assert.deepEqual(
    sbom.packages.map((item) => [item.name, item.license]),
    [
      ['@types/node', ''],
      ['debug', 'MIT OR Apache-2.0'],
      ['express', 'MIT'],
    ],
  );
});

test('reads provenance as BuildKit writes it', async () => {
  const found = expectKind(await decode(samples.PROVENANCE_02), 'provenance');
  assert.deepEqual(
    [found.format, found.builder, found.source, found.revision, found.entryPoint],
    [
      'SLSA v0.2',
      'https://github.com/team/app/actions/runs/1',
      'https://git.example.com/team/app.git',
      '9c1f2ab',
      'Dockerfile',
    ],
  );
  assert.deepEqual(found.parameters[1], ['args.build-arg:NPM_TOKEN', 'npm_123']);
  assert.equal(found.materials[0]?.uri, 'pkg:docker/node@22-slim');
  assert.equal(found.subjects[0]?.digest, DIGEST);
});

test('reads provenance of version 1', async () => {
  const found = expectKind(await decode(samples.PROVENANCE_1), 'provenance');
  assert.deepEqual(
    [found.format, found.source, found.revision, found.entryPoint],
    ['SLSA v1', 'https://github.com/team/app', 'gitCommit:9c1f2ab', '.github/workflows/ci.yml'],
  );
});

test('opens envelopes and bundles, and keeps who sealed them', async () => {
  const sealed = expectKind(await decode(samples.envelope(samples.PROVENANCE_02)), 'provenance');
  assert.deepEqual([sealed.seal?.format, sealed.seal?.keyHint], ['dsse', 'key-1']);
  const statement = { ...samples.PROVENANCE_02, predicateType: 'https://spdx.dev/Document', predicate: samples.SPDX };
  const bundled = expectKind(await decode(samples.bundle({ dsseEnvelope: samples.envelope(statement) })), 'sbom');
  assert.deepEqual(
    [bundled.packageCount, bundled.seal?.format, bundled.seal?.keyHint, bundled.seal?.loggedAt],
    [3, 'sigstore-bundle', 'my-key', 1770091506000],
  );
});

test('a statement of an unknown kind is named, with what it says', async () => {
  const found = expectKind(
    await decode({ predicateType: 'https://example.com/scan/v1', predicate: { scanner: { name: 'x' }, high: 2 } }),
    'statement',
  );
  assert.deepEqual(found.facts, [
    ['scanner.name', 'x'],
    ['high', '2'],
  ]);
});

const signatures = [
  ['cosign', samples.simpleSigning()],
  ['notation', samples.notation()],
  [
    'sigstore-bundle',
    samples.bundle({
      messageSignature: { messageDigest: { digest: Buffer.from('a'.repeat(64), 'hex').toString('base64') } },
    }),
  ],
  [
    'sigstore-bundle',
    samples.bundle({
      dsseEnvelope: samples.envelope({
        subject: [{ digest: { sha256: 'a'.repeat(64) } }],
        predicateType: 'https://sigstore.dev/cosign/sign/v1',
        predicate: {},
      }),
    }),
  ],
] as const;
for (const [format, content] of signatures) {
  test(`reads what a signature of ${format} is about`, async () => {
    const found = expectKind(await decode(content), 'signature');
    assert.deepEqual([found.format, found.digest], [format, DIGEST]);
  });
}

test('reads a chart: README, values and the names of its files', async () => {
  const found = expectKind(await decodeDocument(await chart(samples.CHART_FILES)), 'chart');
  assert.match(found.readme?.text ?? '', /# Shop/);
  assert.match(found.values?.text ?? '', /replicas: 2/);
  assert.deepEqual(found.files.map((file) => file.name).sort(), [
    'Chart.yaml',
    'README.md',
    'templates/deployment.yaml',
    'values.yaml',
  ]);
});

test('names in an archive are texts, wherever they point', async () => {
  const files = { ...samples.CHART_FILES, '../../etc/passwd': 'x', '/root/x': 'y', [`shop/${'d/'.repeat(100)}f`]: 'z' };
  const found = expectKind(await decodeDocument(await chart(files)), 'chart');
  assert.equal(found.fileCount, 7);
});

test('a long README is cut', async () => {
  const found = expectKind(
    await decodeDocument(await chart({ ...samples.CHART_FILES, 'shop/README.md': 'x'.repeat(1e6) })),
    'chart',
  );
  assert.deepEqual([found.readme?.text.length, found.readme?.isCut], [256 * 1024, true]);
});

test('what unpacks to too much, or holds too many files, is refused', async () => {
  await assert.rejects(decodeDocument(gzipSync(Buffer.alloc(40 * 1024 * 1024))), { code: 'TOO_LARGE' });
  const many = Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`shop/${index}`, '']));
  await assert.rejects(decodeDocument(await chart({ ...samples.CHART_FILES, ...many })), { code: 'INVALID' });
  await assert.rejects(decodeDocument(gzipSync(Buffer.alloc(100)).subarray(0, 20)), { code: 'INVALID' });
});

const hostile: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['deep lists', Buffer.from(`{"predicateType":"x","predicate":${'['.repeat(500_000)}${']'.repeat(500_000)}}`)],
  ['deep objects', Buffer.from(`${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`)],
  ['broken JSON', Buffer.from('{"spdxVersion":"SPDX-2.3",')],
  [
    'wrong types',
    Buffer.from(JSON.stringify({ spdxVersion: 'SPDX-2.3', packages: [1, null, 'x', { name: {} }], creationInfo: 7 })),
  ],
  [
    'wrong types in CycloneDX',
    Buffer.from(
      JSON.stringify({ bomFormat: 'CycloneDX', components: [{ licenses: 5, name: [] }], metadata: { tools: 'x' } }),
    ),
  ],
  [
    'wrong types in provenance',
    Buffer.from(
      JSON.stringify({
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: { buildDefinition: { resolvedDependencies: 'x' }, runDetails: [] },
        subject: {},
      }),
    ),
  ],
  ['an envelope of an envelope', Buffer.from(JSON.stringify(samples.envelope(samples.envelope(samples.SPDX))))],
  ['an empty bundle', Buffer.from(JSON.stringify(samples.bundle({})))],
  ['a key named __proto__', Buffer.from('{"predicateType":"x","predicate":{"__proto__":{"polluted":1}}}')],
  ['binary', Buffer.from(Array.from({ length: 600 }, (_, index) => index % 256))],
];
for (const [name, bytes] of hostile) {
  test(`survives ${name}`, async () => {
    const isDeep = name.startsWith('deep ');
    if (isDeep) return assert.rejects(decodeDocument(bytes), { code: 'TOO_LARGE' });
    const document = await decodeDocument(bytes);
    assert.ok(JSON.stringify(document).length < 1_000_000);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
}

test('texts of megabytes are cut', async () => {
  const sbom = expectKind(
    await decode({ ...samples.SPDX, name: 'x'.repeat(3e6), packages: [{ name: 'y'.repeat(3e6) }] }),
    'sbom',
  );
  assert.ok(sbom.name.length < 3000 && (sbom.packages[0]?.name.length ?? 0) < 3000);
});

test('any JSON and any bytes give a document', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      async (bytes) => {
        const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
        if (!isGzip) assert.ok((await decodeDocument(bytes)).kind);
      },
    ),
    { numRuns: 300 },
  );
});

test('a tree becomes lines, as many as somebody would read', () => {
  assert.deepEqual(flatten({ a: { b: [1, 'x'] }, c: '' }), [
    ['a.b.0', '1'],
    ['a.b.1', 'x'],
  ]);
  assert.equal(
    flatten(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]))).length,
    500,
  );
});

const package_ = ([name, version, license, purl]: readonly [string, string, string, string]) => ({
  ...{ name, version, license, purl },
});
const boms: readonly (readonly [string, string, string, readonly (readonly [string, string, string, string])[]])[] = [
  [
    ...(['SPDX 3.0.1', JSON.stringify(samples.SPDX_3), ''] as const),
    [
      ['bash', '5.2', 'GPL-3.0-or-later', ''],
      ['openssl', '3.0.11', 'Apache-2.0 OR MIT', ''],
    ],
  ],
  [
    ...(['CycloneDX 1.5', samples.CYCLONE_DX_XML, 'syft 1.18'] as const),
    [
      ['@types/node & more', '22', 'MIT', 'pkg:npm/node@22'],
      ['inner', '', 'BSD-2-Clause', ''],
    ],
  ],
  [
    ...(['SPDX 2.3', samples.SPDX_TAG_VALUE, 'syft-1.18.0'] as const),
    [
      ['bash', '5.2', '', ''],
      ['openssl', '3.0.11-1', 'Apache-2.0', 'pkg:deb/debian/openssl@3.0.11-1'],
    ],
  ],
];
for (const [format, content, tool, packages] of boms) {
  test(`reads a bill of materials in the form of ${format} ${content.slice(0, 12)}`, async () => {
    const found = expectKind(await decodeDocument(Buffer.from(content)), 'sbom');
    assert.deepEqual(
      [found.format, found.tools.join(), found.createdAt],
      [format, tool, Date.UTC(2026, 1, 3, 4, 5, 6)],
    );
    assert.match(found.name, /^team\/app/);
    assert.deepEqual(found.packages, packages.map(package_));
  });
}

test('XML that is damaged, or expands entities, is a text; too many elements are too large', async () => {
  const head = '<bom xmlns="http://cyclonedx.org/schema/bom/1.5">';
  for (const rest of ['<components>', '</bom></bom>', '<a', '<!-- '])
    assert.equal((await decodeDocument(Buffer.from(head + rest))).kind, 'other');
  const entity = `<!DOCTYPE b [<!ENTITY x "aaaa">]>${head}<components><component><name>&x;</name></component></components></bom>`;
  const found = expectKind(await decodeDocument(Buffer.from(entity)), 'sbom');
  assert.equal(found.packages[0]?.name, '&x;');
  for (const rest of ['<a>'.repeat(1000), '<a/>'.repeat(600_000)])
    await assert.rejects(decodeDocument(Buffer.from(head + rest)), { code: 'TOO_LARGE' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument } from '../../../../server/artifacts/decode.ts';
import type { ArtifactDocument } from '../../../../server/artifacts/document.ts';
import type { ImageDetail } from '../../../../server/catalog/images/image.ts';
import type { ReadDocument } from '../../../../server/catalog/manifests/documents.ts';
import type { ManifestKind } from '../../../../server/storage/schema.ts';
import { compareView, parseCompared } from '../../../../server/web/image/compare.ts';
import { comparedCells } from '../../../../server/web/image/compare-view.ts';
import { imageView } from '../../../../server/web/image/image-view.ts';
import { layerView } from '../../../../server/web/image/layer.ts';
import { renderPage, type TestPage, testPage } from '../../../support/app/render.ts';
import * as facts from '../../../support/data/browse-facts.ts';
import { HOSTILE } from '../../../support/data/browse-facts.ts';
import * as samples from '../../../support/registry/documents.ts';

const host = 'registry.example.com';
const LAYER = facts.digestOf('9');

function draw(page: TestPage, detail: ImageDetail, documents: readonly ReadDocument[] = [], tag: string | null = 'v1') {
  const loaded = { documents, parts: new Map(), known: new Map() };
  return renderPage(page, 'image/image', imageView({ page, host, tag, detail, notices: [], deleteNote: '', loaded }));
}

/** An artifact of one file. */
function artifact(kind: ManifestKind, overrides: Partial<ImageDetail> = {}, rawConfig = '{}'): ImageDetail {
  const base = facts.imageDetail({ kind, platforms: [], ...overrides });
  const layer = { ...base.content?.layers[0], digest: LAYER, mediaType: 'application/json', sizeBytes: 10, share: 1 };
  const layers = [
    { ...layer, annotations: {}, command: undefined, alsoIn: 0, alsoInMore: false, ...{ keptAt: '', keptBytes: 0 } },
  ];
  const content = base.content && { ...base.content, kind, layers, dockerfile: [], config: undefined, rawConfig };
  return { ...base, content };
}

const read = (document: ArtifactDocument): readonly ReadDocument[] => [{ digest: LAYER, document, problem: null }];
const decoded = async (value: unknown) => read(await decodeDocument(Buffer.from(JSON.stringify(value))));

/** Every text of a document replaced by an attack. */
function poisoned<T>(value: T): T {
  if (typeof value === 'string') return HOSTILE as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    ['kind', 'format'].includes(key) ? item : poisoned(item),
  ]);
  return Object.fromEntries(entries) as T;
}

function assertEscaped(html: string): void {
  assert.ok(!html.includes('<script>alert'), 'a script element came through');
  assert.ok(!html.includes('<img src=x'), 'an element came through');
  assert.match(html, /&lt;script&gt;/);
}

const documents: readonly (readonly [ManifestKind, unknown, RegExp])[] = [
  ['sbom', samples.SPDX, /openssl[\s\S]*Apache-2\.0[\s\S]*pkg:deb\/debian\/openssl/],
  ['sbom', samples.CYCLONE_DX, /CycloneDX 1\.5[\s\S]*express/],
  ['attestation', samples.PROVENANCE_02, /9c1f2ab[\s\S]*pkg:docker\/node@22-slim/],
  ['attestation', samples.PROVENANCE_1, /\.github\/workflows\/ci\.yml/],
  ['attestation', { predicateType: 'https://example.com/x', predicate: { high: 2 } }, /https:\/\/example\.com\/x/],
  ['signature', samples.simpleSigning(), /registry\.example\.com\/team\/app/],
  ['signature', samples.notation(), /Notation/],
];
for (const [kind, content, expected] of documents) {
  test(`shows what it says: ${kind} ${expected.source.slice(0, 20)}`, async () => {
    for (const locale of ['en', 'zh-CN'] as const)
      assert.match(await draw(testPage({ locale }), artifact(kind), await decoded(content)), expected);
  });
  test(`escapes what it says: ${kind} ${expected.source.slice(0, 20)}`, async () => {
    const [found] = await decoded(content);
    assert.ok(found?.document);
    assertEscaped(await draw(testPage(), artifact(kind), read(poisoned(found.document))));
  });
}

test('a signature says whether it is about its image, and that nothing was verified', async () => {
  const signed = await decoded(samples.simpleSigning(facts.digestOf('a')));
  const good = await draw(testPage(), artifact('signature', { subjectDigest: facts.digestOf('a') }), signed);
  assert.match(good, /matches the digest of this image/);
  assert.match(good, /Not verified/);
  const bad = await draw(testPage(), artifact('signature', { subjectDigest: facts.digestOf('b') }), signed);
  assert.match(bad, /does not match this image/);
});

test('packages are filtered, and paged', async () => {
  const packages = Array.from({ length: 120 }, (_, index) => ({ name: `lib${index}`, versionInfo: '1' }));
  const sbom = await decoded({ ...samples.SPDX, packages });
  const first = await draw(testPage(), artifact('sbom'), sbom);
  assert.match(first, /1–50/);
  assert.match(first, /from=50/);
  const filtered = await draw(testPage({ query: { package: 'LIB119' } }), artifact('sbom'), sbom);
  assert.match(filtered, /1 package/);
  assert.doesNotMatch(filtered, /lib118/);
  assert.match(await draw(testPage({ query: { from: '-5' } }), artifact('sbom'), sbom), /1–50/);
  assert.match(await draw(testPage({ query: { from: '1e9' } }), artifact('sbom'), sbom), /120–120/);
});

for (const problem of ['large', 'missing', 'damaged', 'unreachable'] as const) {
  test(`content that cannot be shown is said: ${problem}`, async () => {
    const html = await draw(testPage(), artifact('sbom'), [{ digest: LAYER, document: undefined, problem }]);
    assert.match(html, /notice-amber/);
  });
}

test('a chart shows its metadata, README, values and files', async () => {
  const chart: ArtifactDocument = {
    kind: 'chart',
    definition: { text: 'name: shop', isCut: false },
    readme: { text: samples.CHART_FILES['shop/README.md'] ?? '', isCut: false },
    values: { text: `replicas: 2 # ${HOSTILE}`, isCut: true },
    files: [{ name: `templates/${HOSTILE}`, sizeBytes: 5 }],
    fileCount: 3,
  };
  const detail = artifact('helm', {}, JSON.stringify(samples.CHART_METADATA));
  const tab = (name: string) => draw(testPage({ query: { tab: name } }), detail, read(chart));
  const metadata = await draw(testPage(), detail);
  assert.match(metadata, /helm install shop oci:\/\/registry\.example\.com\/platform\/api-gateway --version v1/);
  assert.match(metadata, /postgresql[\s\S]*15\.x\.x/);
  const readme = await tab('readme');
  assert.match(readme, /<strong>shop<\/strong>/);
  assertEscaped(readme);
  assertEscaped(await tab('values'));
  assertEscaped(await tab('files'));
  const poisonedMetadata = JSON.stringify(poisoned(samples.CHART_METADATA));
  assertEscaped(await draw(testPage(), artifact('helm', {}, poisonedMetadata)));
});

test('any other artifact lists its files with the command that gets them', async () => {
  const html = await draw(testPage(), artifact('artifact'));
  assert.match(html, /oras pull registry\.example\.com\/platform\/api-gateway:v1/);
  assert.match(html, /application\/json/);
});

test('nested indexes, attestations and what has no platform stand apart', async () => {
  const entry = {
    ...facts.imageDetail().platforms[0],
    annotations: {},
    isMissing: false,
    osVersion: '',
    osFeatures: '',
  };
  const other = (digest: string, platform: string, parent: string) => ({
    ...{
      digest: facts.digestOf(digest),
      parent: facts.digestOf(parent),
      platform,
      mediaType: 'application/x',
      createdAt: null,
    },
    ...{
      artifactType: null,
      kind: 'artifact' as const,
      sizeBytes: 1,
      annotations: entry.annotations,
      isMissing: false,
      osVersion: '',
      osFeatures: '',
    },
  });
  const detail = facts.imageDetail({
    nested: [{ digest: facts.digestOf('e'), parent: facts.digestOf('a'), annotations: {} }],
    platforms: [...facts.imageDetail().platforms, other('d', 'plan9/amd64', 'e')],
    attestations: [other('c', 'attestation', 'a')],
    others: [other('b', '', 'a')],
  });
  const html = await draw(testPage(), detail);
  assert.match(html, /is-nested[\s\S]*sha256:eeeeeeee[\s\S]*plan9\/amd64/);
  assert.match(html, /tab=referrers[^>]*>1 attestation</);
  assert.match(await draw(testPage({ query: { tab: 'referrers' } }), detail), /sha256:cccccccc/);
  assert.match(html, /id="others"[\s\S]*sha256:bbbbbbbb/);
});

test('layers that many share say at least how many, and lead to the list', async () => {
  const html = await draw(testPage(), facts.imageDetail());
  assert.match(html, /\/-\/layers\/sha256:3{64}">in 118\+ other images/);
});

test('secrets in commands and raw JSON are folded away', async () => {
  const base = facts.imageDetail();
  const line = { instruction: 'ENV', text: 'DB_PASSWORD=hunter2', createdAt: null, comment: '', isEmpty: true };
  const content = base.content && {
    ...base.content,
    dockerfile: [{ ...line, layer: undefined, sizeBytes: 0 }],
    rawConfig: '{"config":{"Env":["DB_PASSWORD=hunter2"]}}',
  };
  for (const query of [{ tab: 'dockerfile' }, { tab: 'manifest', raw: 'config' }]) {
    const html = await draw(testPage({ query }), { ...base, content });
    assert.doesNotMatch(html.replace(/<details class="masked">.*?<\/details>/gs, ''), /hunter2/);
    assert.match(html, /hunter2/);
  }
});

test('raw JSON is coloured, escaped and offered for download', async () => {
  const detail = facts.imageDetail({ raw: JSON.stringify({ [HOSTILE]: HOSTILE, n: 1 }) });
  const html = await draw(testPage({ query: { tab: 'manifest', raw: 'index' } }), detail);
  assertEscaped(html);
  assert.match(html, /class="json-number">1</);
  assert.match(html, /\/-\/manifest" download/);
});

const references = [
  ['team/app:v1', ['team/app', 'v1', undefined]],
  [`team/app@${LAYER}`, ['team/app', undefined, LAYER]],
  [`team/app:v1@${LAYER}`, ['team/app', 'v1', LAYER]],
  ['team/app', undefined],
  ['team/app@sha256:1', undefined],
  ['Team/App:v1', undefined],
  ['', undefined],
] as const;
for (const [text, expected] of references) {
  test(`reads ${text || 'nothing'} as what is compared`, () => {
    const found = parseCompared(text);
    assert.deepEqual(found && [found.repository, found.tag, found.digest], expected);
  });
}

function comparison(page: TestPage, a: ImageDetail, b: ImageDetail) {
  const side = (detail: ImageDetail, text: string) => ({ text, detail, reference: text, movedTag: null });
  const [left, right] = [side(a, 'team/app:v1'), side(b, 'team/app:v2')];
  const compared = comparedCells(left, right, page);
  return renderPage(page, 'image/compare', compareView({ page, a: left, b: right, compared, tags: [] }));
}

test('compares two images, and masks what looks secret', async () => {
  const a = facts.imageDetail();
  const config = a.content?.config && {
    ...a.content.config,
    config: { ...a.content.config.config, env: ['DB_PASSWORD=other'] },
  };
  const b = facts.imageDetail({ content: a.content && { ...a.content, config, layers: a.content.layers.slice(0, 3) } });
  for (const locale of ['en', 'zh-CN'] as const) {
    const html = await comparison(testPage({ locale }), a, b);
    assert.match(html, /change-removed/);
    assert.match(html, /change-same/);
    assert.doesNotMatch(html.replace(/<details class="masked">.*?<\/details>/gs, ''), /hunter2/);
  }
});

test('labels are masked by their whole key, and by the values of both images', async () => {
  const withLabels = (labels: Readonly<Record<string, string>>) => {
    const { content } = facts.imageDetail();
    const config = content?.config && { ...content.config, config: { ...content.config.config, labels } };
    return facts.imageDetail({ content: content && { ...content, config } });
  };
  const a = withLabels({ source: 'https://example.com', 'x=token': 'hunter2' });
  const html = await comparison(testPage(), a, withLabels({ source: 'https://lin:hunter2@example.com' }));
  assert.match(html, />x=token</);
  assert.doesNotMatch(html.replace(/<details class="masked">.*?<\/details>/gs, ''), /hunter2/);
});

test('a secret in what an image starts with is folded away, on its page and in a comparison', async () => {
  const { content } = facts.imageDetail();
  const starting = (secret: string) => {
    const healthcheck = ['CMD-SHELL', `API_TOKEN=${secret} check`];
    const config = content?.config && {
      ...content.config,
      config: { ...content.config.config, cmd: ['serve', `--db-password=${secret}`], healthcheck },
    };
    return facts.imageDetail({ content: content && { ...content, config } });
  };
  for (const html of [
    await draw(testPage(), starting('hunter2')),
    await comparison(testPage(), starting('hunter2'), starting('hunter22')),
  ]) {
    const shown = html.replace(/<details class="masked">.*?<\/details>/gs, '');
    assert.doesNotMatch(shown, /hunter2/);
    assert.match(shown, /--db-password=/);
    assert.match(shown, /API_TOKEN=/);
    assert.match(html, /hunter2/);
  }
});

test('a comparison of hostile images is escaped, one without content says so', async () => {
  const a = poisonedDetail();
  assertEscaped(await comparison(testPage(), a, { ...facts.imageDetail(), digest: facts.digestOf('b') }));
  assert.match(await comparison(testPage(), { ...a, content: undefined }, a), /could not be read/);
});

function poisonedDetail(): ImageDetail {
  const base = facts.imageDetail();
  const env = [`A=${HOSTILE}`];
  const layers = base.content?.layers.map((layer) => ({
    ...layer,
    digest: `${layer.digest}x`,
    command: { instruction: HOSTILE, text: HOSTILE, createdAt: null, comment: '', isEmpty: false },
  }));
  const config = base.content?.config && {
    ...base.content.config,
    config: { ...base.content.config.config, env, labels: { [HOSTILE]: HOSTILE }, user: HOSTILE },
  };
  return { ...base, content: base.content && { ...base.content, config, layers: layers ?? [] } };
}

test('the form of a comparison names what is not there, and offers other tags', async () => {
  const page = testPage();
  const none = { text: 'no/such:x', detail: undefined, reference: '', movedTag: null };
  const a = { text: 'team/app:v1', detail: facts.imageDetail(), reference: 'team/app:v1', movedTag: 'v1' };
  const wrong = await renderPage(page, 'image/compare', compareView({ page, a, b: none, compared: null, tags: [] }));
  assert.match(wrong, /Image not found/);
  assert.match(wrong, /now points to another image/);
  const open = compareView({ page, a, b: { ...none, text: '' }, compared: null, tags: ['v9'] });
  assert.match(await renderPage(page, 'image/compare', open), />v9</);
});

test('the list of a layer is escaped, and says when the next page has to be asked', async () => {
  const page = testPage();
  const images = [{ digest: LAYER, tag: '', platforms: [HOSTILE] }];
  const rows = [{ repository: HOSTILE, imageCount: 2, images }];
  const given = { page, repository: 'team/app', image: LAYER, layer: LAYER };
  const full = layerView({ ...given, found: { sizeBytes: 1, rows, next: 'more' } });
  assertEscaped(await renderPage(page, 'image/layer', full));
  const passed = layerView({ ...given, found: { sizeBytes: 1, rows: [], next: 'more' } });
  assert.match(await renderPage(page, 'image/layer', passed), /Continue with the next page/);
});

test('a long annotation is folded, and one of megabytes is cut', async () => {
  const html = await draw(
    testPage(),
    facts.imageDetail({ annotations: { note: 'n'.repeat(8000), huge: 'h'.repeat(5e6) } }),
  );
  assert.match(html, /<details><summary>n{80}…<\/summary>n{8000}<\/details>/);
  assert.ok(html.length < 100_000);
});

test('an image of schema 1 says that newer registries no longer serve it', async () => {
  const mediaType = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  assert.match(await draw(testPage(), facts.imageDetail({ mediaType })), /no longer serve it/);
  assert.doesNotMatch(await draw(testPage(), facts.imageDetail()), /no longer serve it/);
});

test('layers beyond the sixth and instructions without data are folded', async () => {
  const base = facts.imageDetail();
  const [step] = base.content?.dockerfile ?? [];
  const [layer] = base.content?.layers ?? [];
  assert.ok(step && layer && base.content);
  const layers = Array.from({ length: 9 }, () => layer);
  const dockerfile = [
    ...layers.map((_layer, index) => ({ ...step, layer: index })),
    { ...step, text: 'A=1', layer: undefined },
  ];
  const html = await draw(testPage(), { ...base, content: { ...base.content, layers, dockerfile } });
  assert.match(html, /<summary[^>]*>3 more layers<\/summary>/);
  assert.match(html, /<summary[^>]*>1 instruction without data<\/summary>[\s\S]*A=1/);
});

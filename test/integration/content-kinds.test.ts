import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { contentParts } from '../../server/web/image/content-parts.ts';
import { imageView } from '../../server/web/image/image-view.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { renderPage, testPage } from '../support/app/render.ts';
import { type ArtifactContent, pushArtifact, pushImageOf, pushIndex, TYPES } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let catalog: Awaited<ReturnType<typeof startCatalog>>;
before(async () => {
  if (!skip) catalog = await startCatalog();
});
after(() => catalog?.stop());

/** The page of a tag, as text without its elements. */
async function pageOf(repository: string, tag: string, query: Record<string, string> = {}): Promise<string> {
  const detail = await catalog.images.detail(repository, tag, query.platform);
  assert.ok(detail);
  const page = testPage({ query });
  const documents = await catalog.documents.read(repository, contentParts(detail.content));
  const loaded = { documents, parts: new Map(), known: new Map() };
  const view = imageView({ page, host: 'r.example.com', tag, detail, notices: [], deleteNote: '', loaded });
  const html = await renderPage(page, 'image/image', view);
  return html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&#34;', '"');
}

const json = (mediaType: string, value: object) => ({ mediaType, content: JSON.stringify(value) });
const artifacts: readonly (readonly [string, ArtifactContent, readonly RegExp[]])[] = [
  [
    'plugin',
    {
      config: json('application/vnd.docker.plugin.v1+json', { description: 'Volumes over sshfs' }),
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', content: 'p' }],
    },
    [/Docker plugin/, /docker plugin install/, /Volumes over sshfs/],
  ],
  [
    'compose',
    {
      manifest: { artifactType: 'application/vnd.docker.compose.project' },
      layers: [
        {
          mediaType: 'application/vnd.docker.compose.file+yaml',
          content: 'services:\n  web: {}\n',
          annotations: { 'com.docker.compose.file': 'compose.yaml' },
        },
      ],
    },
    [/Compose application/, /docker compose -f oci:/, /compose\.yaml/, /services:/],
  ],
  [
    'ollama',
    {
      config: json('application/vnd.docker.container.image.v1+json', { model_family: 'llama', model_type: '8B' }),
      layers: [{ mediaType: 'application/vnd.ollama.image.model', content: 'weights' }],
    },
    [/Ollama model/, /ollama pull/, /llama/],
  ],
  [
    'model',
    {
      config: json('application/vnd.cncf.model.config.v1+json', { descriptor: { family: 'qwen' } }),
      layers: [
        {
          mediaType: 'application/vnd.cncf.model.weight.v1.raw',
          content: 'w',
          annotations: { 'org.cncf.model.filepath': 'model.safetensors' },
        },
      ],
      manifest: { artifactType: 'application/vnd.cncf.model.manifest.v1+json' },
    },
    [/AI model/, /modctl pull/, /model\.safetensors/, /qwen/],
  ],
  [
    'flux',
    {
      config: json('application/vnd.cncf.flux.config.v1+json', { source: 'git' }),
      layers: [{ mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip', content: 'f' }],
    },
    [/Flux artifact/, /flux pull artifact oci:/],
  ],
  [
    'cache',
    {
      config: json('application/vnd.buildkit.cacheconfig.v0', { layers: [] }),
      layers: [{ mediaType: TYPES.layer, content: 'c' }],
    },
    [/Build cache/, /--cache-from type=registry/],
  ],
  [
    'sif',
    {
      config: json('application/vnd.sylabs.sif.config.v1+json', {}),
      layers: [
        {
          mediaType: 'application/vnd.sylabs.sif.layer.v1.sif',
          content: 's',
          annotations: { 'org.opencontainers.image.title': 'lolcow.sif' },
        },
      ],
    },
    [/Singularity image/, /apptainer pull oras:/, /lolcow\.sif/],
  ],
  [
    'wasm',
    {
      config: json('application/vnd.wasm.config.v0+json', { architecture: 'wasm', os: 'wasip2' }),
      layers: [{ mediaType: 'application/wasm', content: 'w' }],
    },
    [/WebAssembly module/, /oras pull/, /wasip2/],
  ],
];
for (const [name, content, expected] of artifacts) {
  test(`the page of an artifact says what it is and how it is pulled: ${name}`, { skip }, async () => {
    await pushArtifact(catalog.url, `kinds/${name}`, 'v1', content);
    await catalog.indexer.refreshRepository(`kinds/${name}`);
    const page = await pageOf(`kinds/${name}`, 'v1');
    for (const text of expected) assert.match(page, text);
  });
}

test('an image of one platform says which, of Windows by version, and a foreign layer where it is kept', {
  skip,
}, async () => {
  const { url, indexer, repository } = catalog;
  const urls = ['https://mcr.microsoft.com/v2/windows/blobs/sha256:1'];
  await pushArtifact(url, 'kinds/windows', 'v1', {
    config: json(TYPES.config, { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.2113' }),
    layers: [
      { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', content: 'x'.repeat(5000), urls },
      { mediaType: TYPES.layer, content: 'own' },
    ],
  });
  await pushImageOf(url, 'kinds/windows', 'wasi', { config: { os: 'wasi', architecture: 'wasm' } });
  await indexer.refreshRepository('kinds/windows');
  const page = await pageOf('kinds/windows', 'v1');
  assert.match(page, /Platform windows\/amd64 10\.0\.20348\.2113/);
  assert.match(page, /5(\.0)? kB, kept at mcr\.microsoft\.com/);
  assert.match(await pageOf('kinds/windows', 'wasi'), /Platform wasi\/wasm/);
  assert.ok(((await repository('kinds/windows'))?.sizeBytes ?? 9999) < 1000);
});

test('platforms of one name are told apart', { skip }, async () => {
  const { url, indexer } = catalog;
  const push = (salt: string) => pushImageOf(url, 'kinds/many', undefined, { layers: [salt] });
  const platform = 'windows/amd64';
  await pushIndex(url, 'kinds/many', 'windows', [
    { pushed: await push('a'), platform, details: { 'os.version': '10.0.17763.1' } },
    { pushed: await push('b'), platform, details: { 'os.version': '10.0.20348.1' } },
  ]);
  await pushIndex(url, 'kinds/many', 'nydus', [
    { pushed: await push('c'), platform: 'linux/amd64' },
    { pushed: await push('d'), platform: 'linux/amd64', details: { 'os.features': ['nydus.remoteimage.v1'] } },
  ]);
  const bottle = (name: string) => ({ 'org.opencontainers.image.ref.name': name });
  await pushIndex(url, 'kinds/many', 'bottles', [
    { pushed: await push('e'), platform: 'darwin/arm64', annotations: bottle('1.2.arm64_sonoma') },
    { pushed: await push('f'), platform: 'darwin/arm64', annotations: bottle('1.2.arm64_sequoia') },
  ]);
  await indexer.refreshRepository('kinds/many');
  assert.match(
    await pageOf('kinds/many', 'windows'),
    /windows\/amd64 10\.0\.17763\.1 .*windows\/amd64 10\.0\.20348\.1/,
  );
  assert.match(await pageOf('kinds/many', 'nydus'), /linux\/amd64 nydus\.remoteimage\.v1/);
  assert.match(await pageOf('kinds/many', 'bottles'), /1\.2\.arm64_sonoma .*1\.2\.arm64_sequoia/);
});

test('a cache of BuildKit in an index is one artifact with its layers', { skip }, async () => {
  const { url, indexer, images } = catalog;
  const layer = await pushArtifact(url, 'kinds/oldcache', 'layers', {
    layers: [{ mediaType: TYPES.layer, content: 'cached' }],
  });
  const cache = { ...layer, mediaType: 'application/vnd.buildkit.cacheconfig.v0' };
  await pushIndex(url, 'kinds/oldcache', 'v1', [{ pushed: { ...layer, mediaType: TYPES.layer } }, { pushed: cache }]);
  await indexer.refreshRepository('kinds/oldcache');
  const detail = await images.detail('kinds/oldcache', 'v1');
  assert.deepEqual([detail?.kind, detail?.content?.layers.length], ['artifact', 2]);
  assert.match(await pageOf('kinds/oldcache', 'v1'), /Build cache/);
});

test('steps that have only a comment are told by it', { skip }, async () => {
  const { url, indexer } = catalog;
  const history = [{ created: '1970-01-01T00:00:01Z', comment: 'store paths: bash' }];
  await pushImageOf(url, 'kinds/nix', 'v1', { config: { created: '1970-01-01T00:00:01Z', history } });
  await indexer.refreshRepository('kinds/nix');
  const page = await pageOf('kinds/nix', 'v1');
  assert.match(page, /store paths: bash/);
  assert.doesNotMatch(page, /1970/);
});

/** A push into one repository that names content of another: nothing of that content is shown, found or counted there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createIndexer, type Indexer, type RegistryReader } from '../../server/catalog/sync/indexer.ts';
import { createLogger } from '../../server/log.ts';
import { addPeople, MEMBER, startApi, type TestApi } from '../support/app/api.ts';
import { startRepositoryWeb } from '../support/app/repository-web.ts';
import { createVisitor } from '../support/app/web.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const HOUR = 3600_000;
/** Whatever tells of the hidden image: a label, a variable, its machine, the size of its layer. */
const TRACES = ['hidden-label', 'hidden-value', 's390x', '12345678'];

const TABLES = [
  ...(['repositories', 'manifests', 'manifest_blobs', 'manifest_children'] as const),
  ...(['manifest_labels', 'manifest_retries', 'blobs'] as const),
] as const;

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** A registry that takes any manifest, whatever it names: some can be told to. */
function createRegistry() {
  const manifests = new Map<string, { digest: string; mediaType: string; raw: Buffer }>();
  const blobs = new Map<string, Buffer>();
  const asked: string[] = [];
  const find = (repository: string, reference: string) => manifests.get(`${repository} ${reference}`);
  const reader: RegistryReader = {
    async *catalogPages() {
      yield [...new Set([...manifests.keys()].map((key) => key.split(' ')[0] ?? ''))];
    },
    tags: async (repository) =>
      [...manifests.keys()].flatMap((key) => {
        const [home, tag = ''] = key.split(' ');
        return home === repository && !tag.includes(':') ? [tag] : [];
      }),
    async headManifest(repository, reference) {
      asked.push(`HEAD ${repository} ${reference}`);
      const found = find(repository, reference);
      return found && { digest: found.digest, mediaType: found.mediaType, sizeBytes: found.raw.length };
    },
    async getManifest(repository, reference) {
      asked.push(`GET ${repository} ${reference}`);
      return find(repository, reference);
    },
    async getBlob(repository, digest) {
      asked.push(`BLOB ${repository} ${digest}`);
      return blobs.get(`${repository} ${digest}`);
    },
  };
  function put(repository: string, tag: string | undefined, mediaType: string, content: object) {
    const raw = json({ schemaVersion: 2, mediaType, ...content });
    const stored = { digest: digestOf(raw), mediaType, raw };
    for (const reference of [stored.digest, tag]) {
      if (reference !== undefined) manifests.set(`${repository} ${reference}`, stored);
    }
    return { mediaType, digest: stored.digest, size: raw.length };
  }
  function putBlob(repository: string, bytes: Buffer) {
    blobs.set(`${repository} ${digestOf(bytes)}`, bytes);
    return { mediaType: CONFIG, digest: digestOf(bytes), size: bytes.length };
  }
  return { reader, asked, put, putBlob };
}

const registry = createRegistry();
const CONFIGURATION = json({
  ...{ os: 'linux', architecture: 's390x', created: '2026-01-02T03:04:05Z' },
  config: { Labels: { 'hidden-label': 'hidden-value' }, Env: ['TOKEN=hidden-value'] },
  rootfs: { type: 'layers', diff_ids: [] },
});
const LAYER = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: digestOf(Buffer.from('layer')),
  size: 12345678,
};
const hiddenConfig = registry.putBlob('secret/app', CONFIGURATION);
const image = { config: hiddenConfig, layers: [LAYER] };
const hidden = registry.put('secret/app', 'v1', MANIFEST, image);
const nested = registry.put('secret/app', 'all', INDEX, { manifests: [hidden], annotations: { of: 'secret' } });
const index = registry.put('team/mine', 'index', INDEX, { manifests: [hidden] });
const deep = registry.put('team/mine', 'deep', INDEX, { manifests: [nested] });
// The same index as the hidden repository has.
const twin = registry.put('team/mine', 'twin', INDEX, { manifests: [hidden], annotations: { of: 'secret' } });
const stolen = registry.put('team/mine', 'config', MANIFEST, { config: hiddenConfig, layers: [] });
const log = createLogger('silent');
let app: TestApi;
let indexer: Indexer;
let clock = Date.parse('2026-03-01T00:00:00Z');

before(async () => {
  app = await startApi();
  await addPeople(app);
  const now = () => clock;
  indexer = createIndexer({ db: app.db, client: registry.reader, now, clock: now, log });
});
after(async () => {
  await indexer?.close();
  await app?.stop();
});

async function told(path: string): Promise<string> {
  const answer = await app.ask(path, MEMBER);
  assert.equal(answer.status, 200, path);
  return answer.text();
}

const refreshBoth = async () => {
  for (const repository of ['secret/app', 'team/mine']) await indexer.refreshRepository(repository);
};

for (const first of ['secret/app', 'team/mine']) {
  test(`with ${first} read first, the API tells nothing of what is only named`, async () => {
    for (const table of TABLES) {
      await app.db.deleteFrom(table).execute();
    }
    await indexer.refreshRepository(first);
    await refreshBoth();
    for (const { digest } of [index, deep, twin, stolen]) {
      for (const query of ['', `?platform=${hidden.digest}`]) {
        const text = await told(`/repositories/team/mine/-/manifests/${digest}${query}`);
        for (const trace of TRACES) assert.ok(!text.includes(trace), `${trace} of ${digest}${query}: ${text}`);
      }
      const { sizeBytes, createdAt } = JSON.parse(await told(`/repositories/team/mine/-/manifests/${digest}`));
      assert.equal(createdAt, null, digest);
      assert.ok(sizeBytes <= CONFIGURATION.length, `${sizeBytes}`);
    }
    assert.equal((await app.ask(`/repositories/team/mine/-/manifests/${hidden.digest}`, MEMBER)).status, 404);
    for (const path of ['', '/-/images', '/-/tags', '/-/untagged']) {
      const text = await told(`/repositories/team/mine${path}`);
      for (const trace of TRACES) assert.ok(!text.includes(trace), `${trace} in ${path}: ${text}`);
    }
  });
}

test('a search finds the hidden label only where its image is', async () => {
  for (const query of [
    'label:hidden-label',
    'label:hidden-label=hidden-value',
    'hidden-value',
    'platform:linux/s390x',
  ]) {
    const text = await told(`/search?q=${encodeURIComponent(query)}`);
    for (const { digest } of [index, deep, stolen]) assert.ok(!text.includes(digest), `${query}: ${text}`);
  }
  const byAdmin = await app.ask('/search?q=label:hidden-label', 'admin:first-admin-password');
  const found = await byAdmin.text();
  assert.ok(found.includes(hidden.digest) && !found.includes(index.digest), found);
});

test('what is only named is asked for once, and again a day later at the latest, not at each look', async () => {
  await refreshBoth();
  registry.asked.length = 0;
  await refreshBoth();
  const byDigest = () => registry.asked.filter((line) => line.includes('sha256:'));
  assert.deepEqual(byDigest(), []);
  // Two looks that began at the same time count as two tries, after which the wait is longer.
  clock += 25 * HOUR;
  await refreshBoth();
  assert.ok(byDigest().includes(`HEAD team/mine ${hidden.digest}`), byDigest().join());
});

test('the image page shows what is named as missing, to anybody', async () => {
  const { web } = await startRepositoryWeb('first-admin-password');
  const own = createIndexer({ db: web.db, client: registry.reader, now: () => clock, clock: () => clock, log });
  try {
    for (const repository of ['secret/app', 'team/mine']) await own.refreshRepository(repository);
    const admin = createVisitor(web.url);
    await admin.signIn('admin', 'first-admin-password');
    for (const tag of ['index', 'deep', 'twin', 'config']) {
      const page = await admin.request(`/repositories/team/mine:${tag}`);
      assert.equal(page.status, 200);
      const text = await page.text();
      for (const trace of TRACES.slice(0, 3)) assert.ok(!text.includes(trace), `${trace} on the page of ${tag}`);
    }
    const there = await (await admin.request('/repositories/secret/app:v1')).text();
    assert.ok(there.includes('s390x'));
  } finally {
    await own.close();
    await web.stop();
  }
});

test('once the image is pushed there, too, everything is shown', async () => {
  registry.putBlob('team/mine', CONFIGURATION);
  registry.put('team/mine', 'v1', MANIFEST, image);
  await indexer.refreshRepository('team/mine');
  clock += 48 * HOUR;
  await indexer.refreshRepository('team/mine');
  const text = await told(`/repositories/team/mine/-/manifests/${index.digest}`);
  assert.ok(text.includes('hidden-label') && text.includes('12345678'), text);
  const found = await told('/search?q=label:hidden-label');
  assert.ok(found.includes(index.digest), found);
});

/** Images of old clients, on a registry that still takes them: read from what each layer says, with sizes that nobody told. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createImages } from '../../server/catalog/images/images.ts';
import { createTagStore } from '../../server/catalog/lists/tags.ts';
import { createIndexer, type Indexer } from '../../server/catalog/sync/indexer.ts';
import { createLogger } from '../../server/log.ts';
import type { RegistryClient } from '../../server/registry/client/client.ts';
import { imageView } from '../../server/web/image/image-view.ts';
import { groupCells } from '../../server/web/repositories/tag-groups.ts';
import { ADMIN, addPeople, MEMBER, startApi, type TestApi } from '../support/app/api.ts';
import { openClient } from '../support/app/catalog.ts';
import { renderPage, testPage } from '../support/app/render.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';
import { pushSchema1 } from '../support/registry/schema1.ts';

const skip = await registrySkip('2.8.2');
const log = createLogger('silent');
let registry: RunningRegistry;
let client: RegistryClient;
let app: TestApi;
let indexer: Indexer;
let digest = '';

const command = (...words: string[]) => ({ container_config: { Cmd: words } });
const LAYERS = [
  {
    content: 'top layer',
    history: {
      ...{ id: 'top', parent: 'base', os: 'linux', architecture: 'amd64', created: '2014-10-30T23:26:35Z' },
      ...{ config: { Env: ['GREETING=hello'], Cmd: ['sh'] }, ...command('/bin/sh', '-c', '#(nop) CMD ["sh"]') },
    },
  },
  {
    content: 'base layer',
    history: { id: 'base', created: '2014-10-30T23:20:00Z', ...command('/bin/sh', '-c', 'make world') },
  },
];

before(async () => {
  if (skip) return;
  registry = await startRegistry({ version: '2.8.2', extra: { compatibility: { schema1: { enabled: true } } } });
  client = openClient(registry.url);
  app = await startApi();
  await addPeople(app);
  indexer = createIndexer({ db: app.db, client, now: Date.now, log });
  digest = await pushSchema1(registry.url, 'team/old', 'v1', LAYERS);
  await pushImageOf(registry.url, 'team/old', 'v2');
  await indexer.refreshRepository('team/old');
});
after(async () => {
  if (skip) return;
  await indexer.close();
  client.close();
  await app.stop();
  await registry.stop();
});

test('the image page shows what the layers say', { skip }, async () => {
  const images = createImages({ db: app.db, fetchManifest: indexer.fetchManifest, log });
  const detail = await images.detail('team/old', 'v1');
  assert.equal(detail?.digest, digest);
  const page = testPage({ query: {} });
  const loaded = { documents: [], parts: new Map(), known: new Map() };
  const view = imageView({ page, host: 'r.example.com', tag: 'v1', detail, notices: [], deleteNote: '', loaded });
  const text = (await renderPage(page, 'image/image', view)).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
  for (const part of [/linux\/amd64/, /RUN make world/, /CMD/, /GREETING/]) assert.match(text, part);
  assert.doesNotMatch(text, /\b0 B\b/);
});

test('a size that nobody told is told as such, in list, API and search', { skip }, async () => {
  const { rows } = await createTagStore(app.db).groups(1, { sort: 'size', direction: 'desc', limit: 10 });
  assert.deepEqual(
    rows.map((row) => row.tags[0]?.name),
    ['v2', 'v1'],
    'it is sorted behind every size that is known',
  );
  const context = { page: testPage(), repository: 'team/old', largest: 1000 };
  assert.deepEqual(
    rows.map((row) => groupCells(row, context).size === null),
    [false, true],
  );
  for (const who of [ADMIN, MEMBER]) {
    const told = async (path: string) => (await (await app.ask(path, who)).json()) as Record<string, unknown>;
    const { sizeBytes, uniqueBytes, content } = await told(`/repositories/team/old/-/manifests/${digest}`);
    const { layers } = content as { layers: readonly { sizeBytes: unknown }[] };
    assert.deepEqual([sizeBytes, uniqueBytes, layers.map((layer) => layer.sizeBytes)], [null, null, [null, null]]);
    for (const list of ['images', 'tags']) {
      const { items } = await told(`/repositories/team/old/-/${list}?sort=size&direction=desc`);
      const sizes = (items as readonly { sizeBytes: unknown }[]).map((item) => item.sizeBytes);
      assert.deepEqual([typeof sizes[0], sizes[1]], ['number', null], list);
    }
    const compared = await told('/compare?a=team/old:v1&b=team/old:v2');
    assert.equal((compared['a'] as { sizeBytes: unknown }).sizeBytes, null);
    const { images } = await told(`/search?q=digest:${digest.slice(7, 20)}`);
    assert.deepEqual((images as { items: readonly { sizeBytes: unknown }[] }).items[0]?.sizeBytes, null);
  }
});

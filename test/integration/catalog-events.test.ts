import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { CatalogEvent } from '../../server/catalog/sync/indexer.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { eventually } from '../support/process/eventually.ts';
import { deleteManifest, pushCosignSignature, pushImageOf, pushIndex } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let catalog: Awaited<ReturnType<typeof startCatalog>>;
before(async () => {
  if (!skip) catalog = await startCatalog();
});
after(() => catalog?.stop());
beforeEach(() => {
  if (skip) return;
  catalog.state.asked.length = 0;
  catalog.state.failing.clear();
});

const MINUTE = 60_000;

function event(fields: Partial<CatalogEvent>): CatalogEvent {
  return {
    action: 'push',
    repository: 'app',
    tag: 'v1',
    digest: null,
    actor: 'ci',
    confirmed: true,
    at: catalog.state.clock,
    method: 'PUT',
    userAgent: 'docker/28',
    address: '10.0.0.1',
    ...fields,
  };
}

async function tagOf(repository: string, name: string) {
  const row = await catalog.repository(repository);
  return row === undefined ? undefined : catalog.tags.resolve(row.id, name);
}

test('a push event brings the tag, who pushed it and when', { skip }, async () => {
  const { url, applyEvent, repository, changes, state } = catalog;
  const { digest } = await pushImageOf(url, 'app', 'v1', { layers: ['one'] });
  await applyEvent(event({ digest }));
  const tag = await tagOf('app', 'v1');
  assert.equal(tag?.digest, digest);
  assert.deepEqual([tag?.pushedBy, tag?.pushedAt, tag?.pushConfirmed], ['ci', state.clock, true]);
  const row = await repository('app');
  assert.deepEqual([row?.lastPushedBy, row?.lastPushedAt, row?.tagCount], ['ci', state.clock, 1]);
  assert.ok(changes.includes('app'));
});

test('a late event does not go back in time', { skip }, async () => {
  const tag = await tagOf('app', 'v1');
  await catalog.applyEvent(event({ digest: tag?.digest ?? null, at: catalog.state.clock - MINUTE, actor: 'old' }));
  assert.equal((await tagOf('app', 'v1'))?.pushedBy, 'ci');
  assert.equal((await catalog.repository('app'))?.lastPushedBy, 'ci');
});

test('an event about an image that was overtaken leaves the tag where the registry says', { skip }, async () => {
  const old = (await tagOf('app', 'v1'))?.digest ?? null;
  const { digest } = await pushImageOf(catalog.url, 'app', 'v1', { layers: ['two'] });
  catalog.state.clock += MINUTE;
  await catalog.applyEvent(event({ digest: old, actor: 'slow' }));
  const tag = await tagOf('app', 'v1');
  assert.deepEqual([tag?.digest, tag?.pushedBy, tag?.pushedAt], [digest, null, null]);
});

test('an unconfirmed push names nobody and makes nothing up', { skip }, async () => {
  const { url, applyEvent, state } = catalog;
  const { digest } = await pushImageOf(url, 'open', 'v1', { layers: ['open'] });
  await applyEvent(event({ repository: 'open', digest, confirmed: false, actor: 'mallory' }));
  const tag = await tagOf('open', 'v1');
  assert.deepEqual([tag?.digest, tag?.pushedBy, tag?.pushConfirmed, tag?.pushedAt], [digest, null, false, state.clock]);
  state.clock += MINUTE;
  await applyEvent(event({ repository: 'open', digest, confirmed: false, actor: 'mallory' }));
  assert.equal((await tagOf('open', 'v1'))?.pushedAt, state.clock - MINUTE);
  await applyEvent(event({ repository: 'made/up', confirmed: false }));
  await applyEvent(event({ action: 'delete', repository: 'made/up2', confirmed: false }));
  await applyEvent(event({ action: 'delete', repository: 'open', confirmed: false }));
  assert.equal((await catalog.repository('open'))?.tagCount, 1);
  assert.equal(await catalog.repository('made/up'), undefined);
  assert.equal(await catalog.repository('made/up2'), undefined);
});

test('a push whose manifest cannot be read yet is asked for again', { skip }, async () => {
  const { url, applyEvent } = catalog;
  await applyEvent(event({ repository: 'late' }));
  assert.equal(await catalog.repository('late'), undefined);
  await pushImageOf(url, 'late', 'v1', { layers: ['late'] });
  const tag = await eventually('the tag is indexed', () => tagOf('late', 'v1'));
  assert.equal(tag?.pushedBy, 'ci');
});

test('a delete event removes the tag after one 404', { skip }, async () => {
  const { url, indexer, applyEvent } = catalog;
  const { digest } = await pushImageOf(url, 'gone', 'v1', { layers: ['gone'] });
  await indexer.refreshTag('gone', 'v1');
  await applyEvent(event({ action: 'delete', repository: 'gone' }));
  assert.notEqual(await tagOf('gone', 'v1'), undefined);
  await deleteManifest(url, 'gone', digest);
  await applyEvent(event({ action: 'delete', repository: 'gone', tag: null, digest }));
  assert.equal(await tagOf('gone', 'v1'), undefined);
  assert.equal(await catalog.images.detail('gone', digest), undefined);
  assert.equal((await catalog.repository('gone'))?.tagCount, 0);
});

test('pulls are manifests fetched, once per image and client', { skip }, async () => {
  const { url, indexer, applyEvent, state } = catalog;
  const child = await pushImageOf(url, 'pulled', undefined, { layers: ['p'] });
  const index = await pushIndex(url, 'pulled', 'v1', [{ pushed: child, platform: 'linux/amd64' }]);
  await indexer.refreshTag('pulled', 'v1');
  const pull = (fields: Partial<CatalogEvent>) =>
    applyEvent(event({ action: 'pull', repository: 'pulled', method: 'GET', ...fields }));
  const pulls = async () => [(await catalog.repository('pulled'))?.pullCount, (await tagOf('pulled', 'v1'))?.pullCount];
  await pull({ method: 'HEAD', digest: index.digest });
  assert.deepEqual(await pulls(), [0, 0]);
  await pull({ tag: null, digest: index.digest });
  await pull({ tag: null, digest: child.digest });
  assert.deepEqual(await pulls(), [1, 1], 'containerd: HEAD by tag, GET by digest, GET of one platform');
  await pull({ digest: index.digest, address: '10.0.0.2' });
  await pull({ tag: null, digest: child.digest, address: '10.0.0.2' });
  assert.deepEqual(await pulls(), [2, 2], 'docker: GET by tag, GET of one platform');
  await pull({ digest: index.digest, userAgent: 'registry-web/0.1.0' });
  await pull({ digest: index.digest, confirmed: false });
  assert.deepEqual(await pulls(), [2, 2]);
  await pull({ tag: null, digest: child.digest, address: '10.0.0.3' });
  assert.deepEqual(await pulls(), [3, 2], 'by digest alone: of the repository');
  assert.equal((await tagOf('pulled', 'v1'))?.lastPulledAt, state.clock);
});

test('after a push token the repository is looked at again, and its event tells who it was', { skip }, async () => {
  const { url, indexer, applyEvent, state } = catalog;
  await indexer.crawl('start');
  indexer.lookAgain('watched');
  const { digest } = await pushImageOf(url, 'watched', 'v1', { layers: ['w'] });
  const seen = await eventually('the tag is indexed', () => tagOf('watched', 'v1'));
  assert.deepEqual([seen?.digest, seen?.pushedAt, seen?.pushedBy], [digest, state.clock, null]);
  await applyEvent(event({ repository: 'watched', digest, at: state.clock - 1000 }));
  const told = await tagOf('watched', 'v1');
  assert.deepEqual([told?.pushedBy, told?.pushedAt], ['ci', state.clock - 1000]);
  assert.equal((await catalog.repository('watched'))?.lastPushedBy, 'ci');
});

test('tags of signatures stay out of the way and are counted with their image', { skip }, async () => {
  const { url, indexer } = catalog;
  const image = await pushImageOf(url, 'signed', 'v1', { layers: ['s'] });
  await pushCosignSignature(url, 'signed', image.digest);
  await indexer.refreshRepository('signed');
  const row = await catalog.repository('signed');
  assert.equal(row?.tagCount, 1);
  const query = { sort: 'pushed', direction: 'desc', limit: 10 } as const;
  const page = await catalog.tags.groups(row?.id ?? 0, query);
  assert.deepEqual(
    page.rows.map((group) => group.referrers.signatures),
    [1],
  );
  const others = await catalog.tags.groups(row?.id ?? 0, { ...query, state: 'referrer' });
  assert.deepEqual(
    others.rows.map((group) => [group.kind, group.isReferrer]),
    [['signature', true]],
  );
});

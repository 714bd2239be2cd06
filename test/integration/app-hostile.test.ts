import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startApp } from '../support/app/app.ts';
import { eventually } from '../support/process/eventually.ts';
import { startFakeRegistry } from '../support/registry/fake-registry.ts';
import { createHostileRegistry, json, manifestOf, send, sendManifest } from '../support/registry/hostile-registry.ts';

const MIB = 1024 * 1024;

test('beside a registry that misbehaves every page opens, says what is wrong, and memory stays bounded', async (t) => {
  const registry = createHostileRegistry();
  const server = await startFakeRegistry(t, registry.listener);
  registry.repositories.set('good', {});
  registry.repositories.set('lies', {
    manifest: (_request, response) => send(response, '<html>', 'text/html'),
  });
  registry.repositories.set('huge', {
    manifest: (_request, response) => sendManifest(response, Buffer.alloc(100 * MIB, ' ')),
    head: (_request, response) => sendManifest(response, manifestOf('huge'), true),
  });
  registry.repositories.set('half', { tags: (_request, response) => send(response, '{"tags":[', 'application/json') });
  registry.repositories.set('circle', {
    tags: (_request, response) =>
      json(response, { tags: ['v1'] }, { Link: '</v2/circle/tags/list?last=a>; rel="next"' }),
  });
  registry.repositories.set('case', { tags: (_request, response) => json(response, { tags: ['V1', 'v1'] }) });
  const app = await startApp({
    config: { registry: { url: server.url, name: 'registry.test', auth: { enabled: false } } },
  });
  t.after(app.stop);
  const get = (path: string) => fetch(`${app.url}${path}`);
  const status = async () => (await (await get('/api/v1/status')).json()) as { index: { isComplete: boolean } };
  await eventually('all is read', status, { until: ({ index }) => index.isComplete, pauseMs: 100 });

  const list = await (await get('/repositories')).text();
  for (const name of registry.repositories.keys()) assert.ok(list.includes(name), name);
  for (const name of registry.repositories.keys()) {
    const answer = await get(`/repositories/${name}`);
    assert.equal(answer.status, 200, name);
    const isMarked = (await answer.text()).includes('Part of this repository could not be indexed');
    assert.equal(isMarked, ['lies', 'huge', 'half', 'circle'].includes(name), name);
  }
  assert.equal((await get('/repositories/good:v1')).status, 200);
  assert.equal((await get('/repositories/case:V1')).status, 200);
  assert.equal((await get('/repositories/case:v1')).status, 200);
  for (const path of ['/repositories/lies:v1', '/repositories/huge:v1']) {
    const answer = await get(path);
    assert.ok([200, 404, 502].includes(answer.status), `${path}: ${answer.status}`);
    assert.match(answer.headers.get('content-type') ?? '', /html/);
  }
  const ofProcess = await readFile(`/proc/${app.pid}/status`, 'utf8').catch(() => '');
  const peakKb = Number(/VmHWM:\s+(\d+)/.exec(ofProcess)?.[1] ?? 0);
  assert.ok(peakKb < 600 * 1024, `${peakKb} kB`);
});

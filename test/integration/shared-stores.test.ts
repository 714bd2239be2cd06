/** Pages and API read from the same stores: two who look at the same moment cost the registry one request. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { ADMIN_PASSWORD, startApp } from '../support/app/app.ts';
import { browserOf } from '../support/app/walk.ts';
import { eventually } from '../support/process/eventually.ts';
import { sha256 } from '../support/registry/content.ts';
import { SPDX } from '../support/registry/documents.ts';
import { startFakeRegistry } from '../support/registry/fake-registry.ts';
import { json, send, sendManifest } from '../support/registry/hostile-registry.ts';

const NAME = 'team/sboms';
const EMPTY = Buffer.from('{}');
const TYPE = 'application/spdx+json';

function sbomOf(name: string) {
  const blob = Buffer.from(JSON.stringify({ ...SPDX, name }));
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256(EMPTY), size: EMPTY.length };
  const layers = [{ mediaType: TYPE, digest: sha256(blob), size: blob.length }];
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, artifactType: TYPE, config, layers }));
  return { blob, raw, blobDigest: sha256(blob), digest: sha256(raw) };
}

const held = sbomOf('held');
const fence = sbomOf('fence');
const tagged = { held, fence };

test('a page and the API that ask for one document at once cause one request', async (context) => {
  const waiting: ServerResponse[] = [];
  const content = new Map<string, Buffer>([[sha256(EMPTY), EMPTY]]);
  const manifests = new Map<string, Buffer>();
  for (const [tag, { digest, raw, blob, blobDigest }] of Object.entries(tagged)) {
    content.set(blobDigest, blob);
    for (const reference of [tag, digest]) manifests.set(reference, raw);
  }
  const registry = await startFakeRegistry(context, (request, response) => {
    const path = request.url?.replace(/\?.*/, '') ?? '';
    const last = path.split('/').at(-1) ?? '';
    if (path === '/v2/') return json(response, {});
    if (path === '/v2/_catalog') return json(response, { repositories: [NAME] });
    if (path.endsWith('/tags/list')) return json(response, { name: NAME, tags: Object.keys(tagged) });
    const raw = manifests.get(last);
    if (raw !== undefined) return sendManifest(response, raw, request.method === 'HEAD');
    if (last === held.blobDigest) return void waiting.push(response);
    const blob = content.get(last);
    if (blob !== undefined) return send(response, blob, 'application/octet-stream');
    send(response, '{"errors":[]}', 'application/json', 404);
  });
  const app = await startApp({ config: { registry: { url: registry.url } } });
  context.after(() => app.stop());
  const admin = await browserOf(app.url, { username: 'admin', password: ADMIN_PASSWORD });
  const authorization = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
  const documents = (digest: string) =>
    fetch(`${app.url}/api/v1/repositories/${NAME}/-/manifests/${digest}/documents`, { headers: { authorization } });
  await eventually(
    'the index knows both',
    async () => {
      const answers = ['held', 'fence'].map((tag) => admin.request(`/repositories/${NAME}:${tag}?tab=manifest`));
      return (await Promise.all(answers)).map(({ status }) => status);
    },
    { until: (statuses) => statuses.every((status) => status === 200) },
  );

  const page = admin.request(`/repositories/${NAME}:held`);
  await eventually('the page asks the registry', () => waiting.length, { until: (count) => count === 1 });
  const answer = documents(held.digest);
  // Sent later, it takes the same way and further: once it is answered, the one before it asks or waits.
  assert.equal((await documents(fence.digest)).status, 200);
  assert.equal(waiting.length, 1);

  for (const response of waiting) send(response, held.blob, 'application/octet-stream');
  assert.match(await (await page).text(), /openssl/);
  assert.match(await (await answer).text(), /openssl/);
  const asked = registry.requests.filter(({ url }) => url?.endsWith(held.blobDigest));
  assert.equal(asked.length, 1);
});

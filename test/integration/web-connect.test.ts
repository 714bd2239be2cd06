/** The set-up helper asks the registry as seldom as it can: each time may take seconds. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectPage } from '../../server/web/operations/connect.ts';
import type { ConnectSettings } from '../../server/web/operations/connect-view.ts';
import { createVisitor, startWeb } from '../support/app/web.ts';
import { statusFacts } from '../support/data/operations-facts.ts';

const PASSWORD = 'a-long-enough-one';
const SETTINGS: ConnectSettings = {
  ...{ realm: 'http://web.lan:8090/api/auth', service: 'registry.lan:5000', issuer: 'registry-web', canDelete: false },
  ...{ algorithms: ['ES256'], caPem: 'the certificate', jwks: '{}', secret: null, proposedSecret: 'proposed' },
  ...{ publicUrl: 'http://web.lan:8090', innerUrl: 'http://web:8090', isOurs: false },
};
let probes = 0;

const web = await startWeb({
  adminPassword: PASSWORD,
  pages: [
    connectPage({
      statusFacts: async () => {
        probes += 1;
        const facts = statusFacts();
        return { ...facts, registry: { ...facts.registry, line: 2 } };
      },
      settings: () => SETTINGS,
      reach: {
        ...{ host: 'registry.lan:5000', hostname: 'registry.lan', transport: 'http' },
        ...{ isLoopback: false, isLiteralAddress: false },
      },
      triggerEvent: async () => 'nothing',
    }),
  ],
});
after(() => web.stop());

const admin = createVisitor(web.url);
before(() => admin.signIn('admin', PASSWORD));

const FILE = { given: 'version: 0.1\n' };
const DOWNLOAD = '/connect/download?file=config.yml';
const V2 = '/etc/docker/registry/registry-web.pem';
const V3 = '/etc/distribution/registry-web.pem';
const cases = [
  ['the page', () => admin.request('/connect'), { status: 200, asked: 1, text: V2 }],
  ['a merge that is shown', () => admin.post('/connect/merge', FILE), { status: 200, asked: 1, text: V2 }],
  ['one with a version', () => admin.post('/connect/merge?version=3', FILE), { status: 200, asked: 1, text: V3 }],
  ['a merge of no file', () => admin.post('/connect/merge', { given: '- x' }), { status: 422, asked: 1, text: '- x' }],
  ['a file', () => admin.request(DOWNLOAD), { status: 200, asked: 1, text: V2 }],
  ['a file for a version', () => admin.request(`${DOWNLOAD}&version=3`), { status: 200, asked: 0, text: V3 }],
  [
    'a merged file for a version',
    () => admin.post('/connect/merge?version=3', { ...FILE, download: '1' }),
    { status: 200, asked: 0, text: V3 },
  ],
] as const;
for (const [name, ask, { status, asked, text }] of cases) {
  test(`${name}: the registry is asked ${asked === 0 ? 'nothing' : 'once'}`, async () => {
    probes = 0;
    const response = await ask();
    const body = await response.text();
    assert.equal(response.status, status, body);
    assert.ok(body.includes(text), body);
    assert.equal(probes, asked);
  });
}

test('what was chosen is there at the next visit, and in another tab; an address that says something wins', async () => {
  const visitor = createVisitor(web.url);
  await visitor.signIn('admin', PASSWORD);
  const bare = async (path = '/connect') => (await visitor.request(path)).headers.get('location');
  assert.equal(await bare(), null, 'nothing was chosen yet');
  await visitor.request('/connect?runs=docker&from=http%3A%2F%2Fweb%3A8080');
  assert.equal(await bare(), '/connect?runs=docker&from=http%3A%2F%2Fweb%3A8080');
  assert.equal(await bare('/connect?secret=shown'), '/connect?secret=shown&runs=docker&from=http%3A%2F%2Fweb%3A8080');
  assert.equal(await bare('/connect?runs=compose'), null);
  assert.equal(await bare(), '/connect?runs=compose', 'the whole choice is the last one');
  await visitor.request('/connect?runs=kubernetes', { headers: { 'x-background': '1' } });
  await visitor.request('/connect?runs=kubernetes', { headers: { 'sec-purpose': 'prefetch' } });
  assert.equal(await bare(), '/connect?runs=compose', 'nobody chose that');
});

test('a version that was chosen before is not held against what the registry is by now', async () => {
  const visitor = createVisitor(web.url);
  await visitor.signIn('admin', PASSWORD);
  const bare = async () => (await visitor.request('/connect')).headers.get('location');
  await visitor.request('/connect?version=2&runs=compose&folder=%2Fconf');
  assert.equal(await bare(), '/connect?version=2&runs=compose&folder=%2Fconf');
  await visitor.request('/connect?version=3&runs=compose&folder=%2Fconf');
  assert.equal(await bare(), '/connect?runs=compose');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstRun } from '../../../../server/web/parts/first-run.ts';
import { plainHttpView } from '../../../../server/web/parts/plain-http.ts';
import { registryReach } from '../../../../server/web/parts/reach.ts';
import { configOf } from '../../../support/app/config.ts';
import { NOBODY, testPage } from '../../../support/app/render.ts';

const reachOf = (registry: object) => registryReach(configOf({ registry }));
const LAN = reachOf({ url: 'http://registry.lan:5000', name: 'registry.lan:5000' });
const REALM = 'http://web.lan:8090/api/auth';

const reaches: readonly (readonly [string, object, string, boolean])[] = [
  ['the one that we start', {}, 'http', true],
  ['the one that we start, behind a name', { public_name: 'hub.example.com' }, 'unknown', false],
  ['compose', { url: 'http://registry:5000', name: 'localhost:5000' }, 'http', true],
  ['plain HTTP under its own name', { url: 'http://registry.lan:5000/v2', name: 'registry.lan:5000' }, 'http', false],
  ['TLS', { url: 'https://hub.example.com', name: 'hub.example.com' }, 'https', false],
  ['TLS with its port', { url: 'https://hub.example.com', name: 'hub.example.com:443' }, 'https', false],
  ['another name outside', { url: 'http://registry:5000', name: 'hub.example.com' }, 'unknown', false],
  ['IPv6', { url: 'http://[::1]:5000', name: '[::1]:5000' }, 'http', true],
];
for (const [name, registry, transport, isLoopback] of reaches) {
  test(`how clients reach it: ${name}`, () => {
    const reach = reachOf(registry);
    assert.deepEqual([reach.transport, reach.isLoopback], [transport, isLoopback]);
  });
}

test('three lines with this host and the name of the user', () => {
  const { steps } = firstRun(testPage(), { reach: LAN, realm: REALM });
  assert.deepEqual(
    steps.map(({ command }) => command),
    [
      'docker login -u lin registry.lan:5000',
      'docker tag hello-world registry.lan:5000/hello-world',
      'docker push registry.lan:5000/hello-world',
    ],
  );
});

test('podman is told about plain HTTP, even on localhost', () => {
  const page = testPage({ query: { tool: 'podman' } });
  const { steps, tools } = firstRun(page, { reach: reachOf({}), realm: REALM });
  assert.equal(steps[0]?.command, 'podman login --tls-verify=false -u lin localhost:5000');
  assert.equal(steps[2]?.command, 'podman push --tls-verify=false localhost:5000/hello-world');
  assert.deepEqual(
    tools.map(({ active }) => active),
    [false, true],
  );
});

test('nobody signs in where nobody has to, and only admins are shown the set-up helper', () => {
  const open = firstRun({ ...testPage({ rights: NOBODY }), authEnabled: false }, { reach: LAN, realm: REALM });
  assert.equal(open.steps.length, 2);
  assert.equal(open.connectHref, null);
  const htpasswd = reachOf({ url: 'http://registry.lan:5000', username: 'web', password: 'secret' });
  const page = { ...testPage({ rights: NOBODY }), authEnabled: false };
  const [login] = firstRun(page, { reach: htpasswd, realm: REALM }).steps;
  assert.match(
    login?.command ?? '',
    /^docker login .*registry\.lan:5000$/,
    'but at the registry with its own accounts',
  );
  assert.equal(firstRun(testPage(), { reach: LAN, realm: REALM }).connectHref, '/web/connect');
});

test('what clients are told is shown off loopback, folded where it may not be needed', () => {
  const view = (registry: object) => plainHttpView({ reach: reachOf(registry), realm: REALM, page: testPage() });
  assert.equal(view({}), null);
  assert.equal(view({ url: 'https://hub.example.com', name: 'hub.example.com' }), null);
  assert.equal(view({ url: 'http://registry:5000', name: 'hub.example.com' })?.isFolded, true);
  assert.equal(plainHttpView({ reach: LAN, realm: REALM, page: testPage() })?.isFolded, false);
});

test('each client gets its own file with this host and port', () => {
  const page = { ...testPage(), origin: { address: '10.0.0.1', secure: false, host: '10.0.0.7:8090' } };
  const view = plainHttpView({ reach: LAN, realm: REALM, page });
  const texts = Object.fromEntries((view?.sections ?? []).map(({ id, lines }) => [id, lines]));
  assert.deepEqual(texts['hosts'], [{ file: '/etc/hosts', text: '10.0.0.7 registry.lan web.lan' }]);
  assert.deepEqual(JSON.parse(texts['docker']?.[0]?.text ?? ''), { 'insecure-registries': ['registry.lan:5000'] });
  assert.equal(texts['docker']?.[1]?.text, 'sudo systemctl restart docker');
  assert.equal(texts['podman']?.[0]?.file, '/etc/containers/registries.conf.d/registry.lan-5000.conf');
  assert.match(texts['podman']?.[0]?.text ?? '', /location = "registry\.lan:5000"\ninsecure = true/);
  assert.equal(texts['containerd']?.[0]?.file, '/etc/containerd/certs.d/registry.lan:5000/hosts.toml');
  assert.match(texts['k3s']?.[0]?.text ?? '', /"http:\/\/registry\.lan:5000"/);
});

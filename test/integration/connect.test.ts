/** What /connect prints is what a real registry needs: started with exactly that, clients get in and every check ticks. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { writeImageLayout } from '../clients/sample.ts';
import { createShell } from '../clients/shell.ts';
import { CLIENTS } from '../clients/table.ts';
import { ADMIN_PASSWORD, MEMBER, type RunningApp, startApp } from '../support/app/app.ts';
import { createVisitor, type Visitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePorts } from '../support/process/ports.ts';
import { type RunningProcess, startProcess, waitUntil } from '../support/process/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { type RegistryVersion, requireTools } from '../support/process/tools.ts';
import { certificateFor, generateKey } from '../support/registry/operator-keys.ts';
import { registryBinary } from '../support/registry/registry.ts';

const SECRET = 'the-secret-of-this-test';
const SKOPEO = CLIENTS.find(({ tool }) => tool === 'skopeo');

interface Bench {
  readonly app: RunningApp;
  readonly admin: Visitor;
  readonly folder: string;
  readonly registryPort: number;
  readonly host: string;
  /** Starts the registry with this file and environment. */
  serve(config: string, env?: Readonly<Record<string, string>>): Promise<RunningProcess>;
  readonly query: (more?: string) => string;
}

async function createBench(version: RegistryVersion, temporary: TemporaryFolder): Promise<Bench> {
  const [appPort = 0, registryPort = 0] = await freePorts(2);
  const host = `localhost:${registryPort}`;
  const config = {
    registry: { url: `http://127.0.0.1:${registryPort}`, name: host, auth: { issuer: 'the test' } },
    notifications: { secret: SECRET },
  };
  const app = await startApp({ port: appPort, config });
  const admin = createVisitor(app.url);
  await admin.signIn('admin', ADMIN_PASSWORD);
  const folder = join(temporary.path, 'registry');
  await mkdir(folder);
  const binary = (await registryBinary(version)) ?? '';
  return {
    ...{ app, admin, folder, registryPort, host },
    query: (more = '') => `?version=${version[0]}&folder=${encodeURIComponent(folder)}&secret=shown${more}`,
    async serve(text, env = {}) {
      const file = join(folder, 'config.yml');
      await writeFile(file, text);
      const running = startProcess(binary, ['serve', file], {
        env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none', ...env },
      });
      await waitUntil(running, async () => (await fetch(`http://127.0.0.1:${registryPort}/`)).ok);
      return running;
    },
  };
}

/** What the operator had before we came. */
function ownFile({ folder, registryPort }: Bench): string {
  return `version: 0.1
# kept: where the images are
storage:
  filesystem:
    rootdirectory: ${folder}/images
http:
  addr: 127.0.0.1:${registryPort}
auth:
  htpasswd: { realm: old, path: /nowhere }
notifications:
  endpoints:
    - { name: other, url: http://127.0.0.1:9/, disabled: true }
`;
}

/** The named file or shell line of the page, as somebody would copy it. */
async function printed({ admin }: Bench, path: string, file: string): Promise<string> {
  const response = await admin.request(path);
  const html = await response.text();
  assert.equal(response.status, 200, html);
  const blocks = [
    ...html.matchAll(/<span class="mono">([^<]*)<\/span>[\s\S]*?<pre class="lines-text"[^>]*>([^<]*)<\/pre>/g),
  ];
  const found = blocks.find(([, name, text]) => name === file && text !== undefined);
  assert.ok(found, `${file} in ${blocks.map(([, name]) => name).join(', ')}`);
  return asText(found[2] ?? '');
}

function asText(html: string): string {
  return html
    .replace(/&#34;|&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

/** The states of the checks, by their titles. */
async function ticks({ admin, query }: Bench): Promise<Readonly<Record<string, string>>> {
  const html = await (await admin.request(`/connect${query()}`)).text();
  const found = [...html.matchAll(/connect-check-(\w+)"[\s\S]*?<h3>([^<]*)<\/h3>/g)];
  // Of no checks every one would be done.
  assert.notEqual(found.length, 0, html);
  return Object.fromEntries(found.map(([, state = '', title = '']) => [title, state]));
}

/** What stands in the item of one check. */
async function checkOf({ admin, query }: Bench, title: string): Promise<string> {
  const html = await (await admin.request(`/connect${query()}`)).text();
  const items = html.split('<li class="connect-check ').slice(1);
  const found = items.find((item) => item.includes(`<h3>${title}</h3>`));
  assert.ok(found !== undefined, `no check ${title}`);
  return found.slice(0, found.indexOf('</ul>'));
}

const isDone = (states: Readonly<Record<string, string>>) => Object.values(states).every((state) => state === 'ok');

async function allDone(bench: Bench): Promise<void> {
  await eventually('every check is done', () => ticks(bench), { until: isDone, pauseMs: 100 });
}

async function stateOf(bench: Bench, title: string, state: 'ok' | 'failed'): Promise<void> {
  const isWanted = (states: Readonly<Record<string, string>>) => states[title] === state;
  await eventually(`${title}: ${state}`, () => ticks(bench), { until: isWanted, pauseMs: 100 });
}

async function fetchTrust(bench: Bench, more = ''): Promise<void> {
  const html = await (await bench.admin.request(`/connect${bench.query(more)}`)).text();
  const [, target = '', address = ''] = /curl -fsS -o (\S+) (http[^\s<"]+)/.exec(asText(html)) ?? [];
  const response = await fetch(address);
  assert.equal(response.status, 200, address);
  await writeFile(target.startsWith('/') ? target : join(bench.folder, target), await response.text());
}

async function merged({ admin, query }: Bench, given: string, more = ''): Promise<string> {
  const response = await admin.post(`/connect/merge${query(more)}`, { given, download: '1' });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-disposition') ?? '', /attachment; filename="config.yml"/);
  return response.text();
}

async function pushAndPull({ host }: Bench, folder: string, skopeo: string): Promise<void> {
  if (SKOPEO === undefined) throw new Error('skopeo is not in the table');
  const layout = join(folder, 'layout');
  await writeImageLayout(layout, folder);
  const shell = await createShell(skopeo, folder, MEMBER.username);
  const place = { host, layout, folder };
  for (const outcome of [
    await SKOPEO.login(shell, place, MEMBER.username, MEMBER.password),
    await SKOPEO.push(shell, place, 'team/app'),
    await SKOPEO.pull(shell, place, 'team/app'),
  ]) {
    assert.ok(outcome.ok, `${outcome.command}\n${outcome.text}`);
  }
}

const skopeo = await requireTools('skopeo');

for (const version of ['2.8.2', '3.0.0', '3.1.1'] as const) {
  const { skip } = await requireTools(`registry-${version}`, 'skopeo');
  describe(`registry ${version}`, { skip }, () => {
    let temporary: TemporaryFolder;
    let bench: Bench;
    before(async () => {
      temporary = await temporaryFolder('connect');
      bench = await createBench(version, temporary);
    });
    after(async () => {
      await bench?.app.stop();
      await temporary?.remove();
    });

    test('before anything is done the page says what is missing', async () => {
      const states = await ticks(bench);
      assert.equal(states['Registry reachable'], 'failed');
      assert.ok(!isDone(states));
    });

    test("the operator's file with our lines merged in: clients get in, and every check is done", async () => {
      await fetchTrust(bench);
      const text = await merged(bench, ownFile(bench));
      assert.match(text, /# kept: where the images are/);
      assert.match(text, /name: other/);
      assert.doesNotMatch(text, /htpasswd/);
      const registry = await bench.serve(text);
      try {
        await pushAndPull(bench, join(temporary.path, 'one'), skopeo.paths.skopeo);
        await allDone(bench);
        const page = await (await bench.admin.request('/connect?runs=file')).text();
        assert.match(page, new RegExp(`detected: version ${version[0]}`));
      } finally {
        await registry.stop();
      }
    });

    test('the printed lines alone say the same as the changed file', async () => {
      const file = join(bench.folder, 'config.yml');
      const lines: Record<string, unknown> = parse(await printed(bench, `/connect${bench.query()}`, file));
      const whole: Record<string, unknown> = parse(await merged(bench, 'version: 0.1\nstorage: {}\n'));
      assert.deepEqual(lines, {
        auth: whole['auth'],
        notifications: whole['notifications'],
        storage: whole['storage'],
      });
    });

    test('the environment of the compose file alone is enough', async () => {
      const query = bench.query(`&runs=compose&from=${encodeURIComponent(bench.app.url)}`);
      const text = await printed(bench, `/connect${query}`, 'docker-compose.yml');
      const { services } = parse(text);
      const volume: string = services.registry.volumes[0];
      assert.equal(volume, `./registry-web.pem:${bench.folder}/registry-web.pem:ro`);
      const bare = `version: 0.1\nstorage: {filesystem: {rootdirectory: ${bench.folder}/images2}}\nhttp: {addr: "127.0.0.1:${bench.registryPort}"}\n`;
      const registry = await bench.serve(bare, services.registry.environment);
      try {
        await pushAndPull(bench, join(temporary.path, 'two'), skopeo.paths.skopeo);
        await allDone(bench);
      } finally {
        await registry.stop();
      }
    });

    test('the objects for Kubernetes hold the same environment and the certificate itself', async () => {
      const query = bench.query(`&runs=kubernetes&from=${encodeURIComponent(bench.app.url)}`);
      const download = async (file: string) =>
        (await bench.admin.request(`/connect/download${query}&file=${file}`)).text();
      const [trust, secret] = parseAllDocuments(await download('registry-web.yaml')).map((each) => each.toJS());
      const patch = parse(await download('registry-patch.yaml'));
      const [container] = patch.spec.template.spec.containers;
      const env = Object.fromEntries(
        container.env.map((each: { name: string; value?: string }) => [each.name, each.value]),
      );
      env['REGISTRY_NOTIFICATIONS_ENDPOINTS'] = secret.stringData.endpoints;
      const [mount] = container.volumeMounts;
      await writeFile(mount.mountPath, trust.data[mount.subPath]);
      const bare = `version: 0.1\nstorage: {filesystem: {rootdirectory: ${bench.folder}/images3}}\nhttp: {addr: "127.0.0.1:${bench.registryPort}"}\n`;
      const registry = await bench.serve(bare, env);
      try {
        await pushAndPull(bench, join(temporary.path, 'three'), skopeo.paths.skopeo);
        await allDone(bench);
      } finally {
        await registry.stop();
      }
    });

    if (version !== '2.8.2') {
      test('keys as a JWKS instead of a certificate', async () => {
        // Visits within a moment share one trial: this one must not see the registry of the test before.
        await stateOf(bench, 'Registry reachable', 'failed');
        await fetchTrust(bench, '&trust=jwks');
        const registry = await bench.serve(await merged(bench, ownFile(bench), '&trust=jwks'));
        try {
          // An EC key by its name is what 3.0.0 derives wrongly, but a JWKS names its keys itself.
          await stateOf(bench, 'Tokens of this server', 'ok');
          await pushAndPull(bench, join(temporary.path, 'four'), skopeo.paths.skopeo);
          await allDone(bench);
        } finally {
          await registry.stop();
        }
      });
    }

    const mistakes: readonly (readonly [string, (text: string) => string, string, RegExp])[] = [
      [
        'wrong issuer',
        (text) => text.replace(/issuer: .*/, 'issuer: other'),
        'Tokens of this server',
        /issuer: the test/,
      ],
      [
        'wrong service',
        (text) => text.replace(/service: .*/, 'service: other'),
        'Realm and service',
        /service: localhost/,
      ],
      [
        'foreign key',
        (text) => text.replace('registry-web.pem', 'foreign.pem'),
        'Tokens of this server',
        /rootcertbundle/,
      ],
      ['no deletes', (text) => text.replace('enabled: true', 'enabled: false'), 'Deletion', /enabled: true/],
      ['no token asked', (text) => parseAway(text, 'auth'), 'Token required', /realm: http/],
      [
        'wrong realm',
        (text) => text.replace(/realm: .*/, 'realm: http://localhost:1/api/auth'),
        'Sign-in address',
        /realm: http:\/\/localhost:(?!1\/)/,
      ],
    ];
    for (const [name, spoil, title, fix] of mistakes) {
      test(`names the mistake: ${name}`, async () => {
        await fetchTrust(bench);
        await writeFile(join(bench.folder, 'foreign.pem'), await foreignCertificate());
        const registry = await bench.serve(spoil(await merged(bench, ownFile(bench))));
        try {
          await stateOf(bench, title, 'failed');
          assert.match(await checkOf(bench, title), fix);
        } finally {
          await registry.stop();
        }
      });
    }

    test('a wrong secret is seen, and a right one mends it', async () => {
      await fetchTrust(bench);
      const text = await merged(bench, ownFile(bench));
      const states = [
        [text.replace(SECRET, 'something else altogether'), 'failed'],
        [text, 'ok'],
      ] as const;
      for (const [config, state] of states) {
        const registry = await bench.serve(config);
        try {
          await bench.admin.post('/connect/try', {});
          await stateOf(bench, 'Notifications', state);
        } finally {
          await registry.stop();
        }
      }
    });
  });
}

function parseAway(text: string, key: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`${key}:`));
  const length = lines.slice(from + 1).findIndex((line) => /^\S/.test(line));
  return [...lines.slice(0, from), ...lines.slice(from + 1 + length)].join('\n');
}

/** The certificate of somebody else. */
const foreignCertificate = () => certificateFor(generateKey('ec'), { isCa: true });

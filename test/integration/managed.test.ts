/** The registry we start ourselves: real binaries, our configuration, and that it never outlives us. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StartError } from '../../server/errors.ts';
import { createLogger } from '../../server/log.ts';
import { createRegistryClient } from '../../server/registry/client/client.ts';
import { findRegistry } from '../../server/registry/managed/find-registry.ts';
import { createManagedRegistry, type ManagedRegistryOptions } from '../../server/registry/managed/managed.ts';
import { configOf } from '../support/app/config.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePort } from '../support/process/ports.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { run } from '../support/process/tools.ts';
import { startFakeRegistry } from '../support/registry/fake-registry.ts';
import { REGISTRY_VERSIONS, registryBinary, registrySkip } from '../support/registry/registry.ts';

const SECRET = 'a-very-secret-value-for-events';
const TEMPLATE = new URL('../../conf/registry.yml', import.meta.url).pathname;
const AUTH = { realm: 'http://localhost:8090/api/auth', service: 'localhost:5000', issuer: 'registry-web' };

async function folderFor(t: TestContext): Promise<string> {
  const folder = await temporaryFolder('managed');
  t.after(() => folder.remove());
  return folder.path;
}

async function certificateIn(folder: string): Promise<string> {
  const file = join(folder, 'ca.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'ca.key')];
  await run('openssl', ['req', '-x509', ...key, '-subj', '/CN=test', '-days', '2', '-out', file]);
  return file;
}

interface Lines {
  readonly lines: string[];
  readonly log: ReturnType<typeof createLogger>;
}

function recordLog(): Lines {
  const lines: string[] = [];
  return { lines, log: createLogger('debug', { write: (line: string) => void lines.push(line) }) };
}

async function managedIn(t: TestContext, version: string, options: Partial<ManagedRegistryOptions> = {}) {
  const dataPath = await folderFor(t);
  const { lines, log } = recordLog();
  const port = await freePort();
  const managed = createManagedRegistry({
    binary: { path: version, version: '?' },
    templateFile: TEMPLATE,
    host: '127.0.0.1',
    port,
    facts: { dataPath, auth: null, notifications: { url: 'http://127.0.0.1:1/api/notification', secret: SECRET } },
    // What a container link leaves behind, and our own settings: Distribution would die of both.
    env: {
      ...process.env,
      REGISTRY_PORT: 'tcp://1.2.3.4:5000',
      REGISTRY_AUTH_KEY: '/x',
      REGISTRY_HTTP_ADDR: 'nonsense',
    },
    log,
    ...options,
  });
  t.after(() => managed.stop());
  return { managed, dataPath, lines, port };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

for (const version of REGISTRY_VERSIONS) {
  const skip = await registrySkip(version);

  test(`registry ${version} is found, tells its version and demands our token`, { skip }, async (t) => {
    const binary = (await registryBinary(version)) ?? '';
    const found = await findRegistry({ binary, dataPath: await folderFor(t), env: {}, log: createLogger('silent') });
    assert.match(found.version, new RegExp(`^v?${version.replaceAll('.', '\\.')}`));
    const dataPath = await folderFor(t);
    const rootCertBundle = await certificateIn(dataPath);
    const { managed } = await managedIn(t, binary, {
      facts: {
        dataPath,
        auth: { ...AUTH, rootCertBundle },
        notifications: { url: 'http://127.0.0.1:1/', secret: SECRET },
      },
    });
    await managed.start();
    const client = createRegistryClient({
      config: configOf({}),
      url: managed.url,
      token: async () => undefined,
      log: createLogger('silent'),
    });
    t.after(() => client.close());
    const { demandsToken, challenge } = await client.ping();
    assert.equal(demandsToken, true);
    assert.deepEqual([challenge?.realm, challenge?.service], [AUTH.realm, AUTH.service]);
  });

  test(`registry ${version} sends its events with our secret, which no log shows`, { skip }, async (t) => {
    const receiver = await startFakeRegistry(t, (_, response) => response.writeHead(204).end());
    const dataPath = await folderFor(t);
    const { managed, lines } = await managedIn(t, (await registryBinary(version)) ?? '', {
      facts: { dataPath, auth: null, notifications: { url: `${receiver.url}/api/notification`, secret: SECRET } },
    });
    await managed.start();
    const client = createRegistryClient({
      config: configOf({}),
      url: managed.url,
      token: async () => undefined,
      log: createLogger('silent'),
    });
    t.after(() => client.close());
    const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
    const digest = await client.uploadBlob('team/app', config);
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: config.length };
    const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] }));
    const pushed = await client.putManifest('team/app', 'v1', mediaType, raw);
    await eventually('an event', () => receiver.requests.length);
    assert.equal(receiver.requests[0]?.headers.authorization, `Bearer ${SECRET}`);
    assert.equal((await client.headManifest('team/app', 'v1'))?.digest, pushed);
    assert.deepEqual((await client.getManifest('team/app', pushed))?.raw, raw);
    assert.deepEqual(await client.getBlob('team/app', digest), config);
    assert.deepEqual(await client.tags('team/app'), ['v1']);
    const byTag = await client.deleteManifest('team/app', 'v1');
    assert.equal(byTag, version.startsWith('2') ? 'tag-unsupported' : 'deleted');
    assert.equal(await client.deleteManifest('team/app', pushed), 'deleted');
    assert.equal(await client.getManifest('team/app', pushed), undefined);
    assert.equal(await client.headManifest('team/app', 'v1'), undefined);
    assert.ok(lines.length > 0);
    assert.ok(!lines.join('').includes(SECRET), 'the registry logs its headers, we do not');
    assert.equal((await stat(join(dataPath, 'registry.yml'))).mode & 0o077, 0);
  });
}

const skip = await registrySkip('3.1.1');
const binary = (await registryBinary('3.1.1')) ?? '';

test('a registry that dies is started again', { skip }, async (t) => {
  const { managed } = await managedIn(t, binary);
  await managed.start();
  const first = managed.status().pid ?? 0;
  process.kill(first, 'SIGKILL');
  await eventually('a restart', managed.status, { until: ({ restarts, pid }) => restarts === 1 && pid !== first });
  await eventually('an answer', async () => (await fetch(`${managed.url}/v2/`)).ok);
  await managed.stop();
  assert.equal(managed.status().state, 'stopped');
  assert.ok(!isAlive(first));
});

test('a port that is taken stops the start with a sentence', { skip }, async (t) => {
  const { managed, port } = await managedIn(t, binary);
  const other = createServer().listen(port, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  await assert.rejects(managed.start(), (error: StartError) => {
    assert.match(error.reasons[0] ?? '', /^registry\.port: port \d+ on 127\.0\.0\.1 is taken/);
    return error instanceof StartError;
  });
});

test('a template the registry refuses stops the start with a sentence', { skip }, async (t) => {
  const folder = await folderFor(t);
  const templateFile = join(folder, 'registry.yml');
  await writeFile(templateFile, 'storage:\n  nosuchdriver: {}\n');
  const { managed, lines } = await managedIn(t, binary, { templateFile });
  await assert.rejects(managed.start(), /ended at once .*conf\/registry\.yml/);
  assert.match(lines.join(''), /nosuchdriver/);
  await writeFile(templateFile, 'storage: [\n');
  await assert.rejects((await managedIn(t, binary, { templateFile })).managed.start(), StartError);
});

test('the registry ends with us, even after SIGKILL', { skip }, async (t) => {
  const dataPath = await folderFor(t);
  const script = join(dataPath, 'parent.mjs');
  const source = (path: string) => JSON.stringify(new URL(`../../server/${path}`, import.meta.url).href);
  await writeFile(
    script,
    `import { createManagedRegistry } from ${source('registry/managed/managed.ts')};
     import { createLogger } from ${source('log.ts')};
     const managed = createManagedRegistry({
       binary: { path: ${JSON.stringify(binary)}, version: '?' }, templateFile: ${JSON.stringify(TEMPLATE)},
       host: '127.0.0.1', port: ${await freePort()}, env: process.env, log: createLogger('silent'),
       facts: { dataPath: ${JSON.stringify(dataPath)}, auth: null, notifications: { url: 'http://127.0.0.1:1/', secret: 'x' } },
     });
     await managed.start();
     console.log(managed.status().pid);`,
  );
  const parent = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(output.toString());
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  await eventually('the registry ended', () => !isAlive(pid));
});

test('the next start ends what an earlier one left behind', { skip }, async (t) => {
  const { managed, dataPath } = await managedIn(t, binary);
  const leftover = spawn('sleep', ['60']);
  await once(leftover, 'spawn');
  const started = (await readFile(`/proc/${leftover.pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ')[19];
  await writeFile(join(dataPath, 'registry.pid'), `${leftover.pid} ${started}\n`);
  await managed.start();
  assert.equal(leftover.signalCode ?? (await once(leftover, 'exit'))[1], 'SIGTERM');
});

test('a pid that belongs to somebody else by now is left alone', { skip }, async (t) => {
  const { managed, dataPath } = await managedIn(t, binary);
  const stranger = spawn('sleep', ['60']);
  t.after(() => stranger.kill());
  await writeFile(join(dataPath, 'registry.pid'), `${stranger.pid} 12345\n`);
  await managed.start();
  assert.equal(stranger.signalCode, null);
  assert.ok(isAlive(stranger.pid ?? 0));
});

test('a program that is only called registry is not taken', { skip }, async (t) => {
  const folder = await folderFor(t);
  const impostor = join(folder, 'registry');
  await writeFile(impostor, '#!/bin/sh\necho "npm registry 1.0"\n');
  await chmod(impostor, 0o755);
  const log = createLogger('silent');
  const search = { dataPath: folder, log };
  await assert.rejects(
    findRegistry({ ...search, binary: impostor, env: {} }),
    /registry\.binary: .* is not the program/,
  );
  await assert.rejects(
    findRegistry({ ...search, binary: join(folder, 'none'), env: {} }),
    /not a program that can be run/,
  );
});

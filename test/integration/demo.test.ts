import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningProcess, startProcess, waitUntil } from '../support/process/process.ts';
import { sha256 } from '../support/registry/content.ts';
import { registryBinary, registrySkip } from '../support/registry/registry.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const STARTS_WITHIN_MS = 180_000;

/** The demo takes the program of the machine, as the tests have theirs in a folder of their own. */
const binary = await registryBinary('3.1.1');
const skip = await registrySkip('3.1.1');

/** What a demo leaves that was killed. */
const orphan = join(tmpdir(), `registry-web-demo-orphan-${process.pid}`);
const NO_PROCESS = '999999999';

let demo: RunningProcess;
let url = '';
let folder = '';
before(async () => {
  if (skip) return;
  await mkdir(orphan);
  await writeFile(join(orphan, 'owner'), NO_PROCESS);
  const env = { ...process.env, PORT: '0', ...(binary === undefined ? {} : { REGISTRY_BINARY: binary }) };
  demo = startProcess(process.execPath, ['scripts/demo.mjs', '--small'], { cwd: PROJECT, env });
  await waitUntil(demo, async () => demo.output().includes('Ctrl+C'), STARTS_WITHIN_MS);
  url = /a demo: (\S+)/.exec(demo.output())?.[1] ?? '';
  folder = /Everything is in (\S+)/.exec(demo.output())?.[1] ?? '';
});
after(() => demo?.stop('SIGKILL'));

/** As the start printed it. */
function passwordOf(name: string): string {
  const password = new RegExp(`^ +${name} +(\\S+)`, 'm').exec(demo.output())?.[1];
  assert.ok(password, `the start prints a password for ${name}`);
  return password;
}

async function ask(path: string, name?: string) {
  const credentials = name === undefined ? '' : Buffer.from(`${name}:${passwordOf(name)}`).toString('base64');
  const headers: Record<string, string> = name === undefined ? {} : { Authorization: `Basic ${credentials}` };
  const response = await fetch(`${url}/api/v1${path}`, { headers });
  assert.equal(response.status, 200, `${path} for ${name ?? 'nobody'}`);
  return response.json() as Promise<{ items: Record<string, unknown>[]; total: number } & Record<string, unknown>>;
}

async function namesFor(name?: string): Promise<readonly unknown[]> {
  return (await ask('/repositories?limit=100', name)).items.map((row) => row['name']);
}

test('the demo shows each of its people what they may see', { skip }, async () => {
  const all = await namesFor('admin');
  for (const name of ['platform/api-gateway', 'charts/shop', 'ml/models/price-forecast', 'sandbox/new-idea'])
    assert.ok(all.includes(name), name);
  assert.deepEqual(await namesFor('lena'), all);
  const read = await namesFor('omar');
  assert.ok(read.includes('platform/api-gateway') && !read.includes('ml/models/price-forecast'));
  assert.deepEqual(await namesFor(), ['public/status-page']);
});

test('the demo has a past: pushes by people, pulls, images without a tag, days of samples', { skip }, async () => {
  const rows = (await ask('/repositories?limit=100', 'admin')).items;
  const gateway = rows.find((row) => row['name'] === 'platform/api-gateway');
  assert.equal(gateway?.['lastPushConfirmed'], true);
  assert.ok(Number(gateway?.['pullCount']) > 20);
  assert.equal(gateway?.['untaggedCount'], 4);
  assert.deepEqual(gateway?.['platforms'], ['linux/amd64', 'linux/arm/v7', 'linux/arm64']);
  const { items } = await ask('/events?limit=100', 'lena');
  assert.deepEqual(new Set(items.map((event) => event['actorConfirmed'] ?? true)), new Set([true]));
});

test('the images of the demo match their digests, and everybody may pull the public one', { skip }, async () => {
  const registry = /docker login (\S+)/.exec(demo.output())?.[1] ?? '';
  const name = 'public/status-page';
  const scope = encodeURIComponent(`repository:${name}:pull`);
  const { token } = (await (await fetch(`${url}/api/auth?service=${registry}&scope=${scope}`)).json()) as {
    token: string;
  };
  const pull = async (path: string) => {
    const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
    const headers = { Authorization: `Bearer ${token}`, Accept: accept };
    const response = await fetch(`http://${registry}/v2/${name}/${path}`, { headers });
    assert.equal(response.status, 200, path);
    return Buffer.from(await response.arrayBuffer());
  };
  const index = JSON.parse((await pull('manifests/latest')).toString()) as { manifests: { digest: string }[] };
  const manifest = JSON.parse((await pull(`manifests/${index.manifests[0]?.digest}`)).toString()) as {
    layers: { digest: string; size: number }[];
  };
  for (const { digest, size } of manifest.layers) {
    const layer = await pull(`blobs/${digest}`);
    assert.deepEqual([sha256(layer), layer.length], [digest, size]);
  }
});

test('ends on SIGINT and leaves nothing behind, not even of a killed one', { skip }, async () => {
  assert.ok(!existsSync(orphan));
  assert.ok(existsSync(folder));
  await demo.stop('SIGINT');
  assert.equal(demo.child.exitCode, 0);
  assert.ok(!existsSync(folder));
  await assert.rejects(fetch(url));
});

import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { prepareRegistryConfig } from '../../server/app/prepare.ts';
import { StartError } from '../../server/errors.ts';
import { configOf } from '../support/app/config.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';

let temporary: TemporaryFolder;
before(async () => {
  temporary = await temporaryFolder('prepare');
});
after(() => temporary.remove());

const config = configOf({
  registry: { url: 'http://registry:5000', name: 'hub.test:5000', auth: { issuer: 'us' } },
  server: { public_url: 'http://hub.test:8090' },
});
const caPem = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';
const secret = 'a-secret-of-the-notifications';

test('a registry beside us finds realm, certificate and endpoint in its folder', async () => {
  const folder = join(temporary.path, 'fresh');
  prepareRegistryConfig({ folder, config, caPem, secret });
  const made = parse(await readFile(join(folder, 'config.yml'), 'utf8'));
  assert.deepEqual(made.auth.token, {
    realm: 'http://hub.test:8090/api/auth',
    service: 'hub.test:5000',
    issuer: 'us',
    rootcertbundle: join(folder, 'auth.cert'),
  });
  const [endpoint] = made.notifications.endpoints;
  assert.equal(endpoint.url, 'http://registry-web:8080/api/notification');
  assert.deepEqual(endpoint.headers, { Authorization: [`Bearer ${secret}`] });
  assert.equal(made.storage.filesystem.rootdirectory, '/var/lib/registry');
  assert.equal(made.storage.delete.enabled, true);
  assert.equal(await readFile(join(folder, 'auth.cert'), 'utf8'), caPem);
});

test('the registry may run as another user of the same group; strangers do not read the secret', async () => {
  const folder = join(temporary.path, 'modes');
  await mkdir(folder);
  // The group of a folder with this bit becomes the group of what is made there. Only root may choose any.
  const group = process.getuid?.() === 0 ? 4321 : (process.getgid?.() ?? 0);
  await chown(folder, -1, group);
  await chmod(folder, 0o2750);
  prepareRegistryConfig({ folder, config, caPem, secret });
  const modes = { 'config.yml': 0o640, 'auth.cert': 0o644 };
  for (const [name, mode] of Object.entries(modes)) {
    const found = await stat(join(folder, name));
    assert.deepEqual([found.mode & 0o777, found.gid], [mode, group], name);
  }
});

test("the operator's own settings stay", async () => {
  const folder = join(temporary.path, 'kept');
  prepareRegistryConfig({ folder, config, caPem, secret });
  const file = join(folder, 'config.yml');
  const changed = { ...parse(await readFile(file, 'utf8')), redis: { addrs: ['redis:6379'] } };
  await writeFile(file, stringify(changed));
  prepareRegistryConfig({ folder, config, caPem, secret: 'another-secret-of-theirs' });
  const made = parse(await readFile(file, 'utf8'));
  assert.deepEqual(made.redis, { addrs: ['redis:6379'] });
  assert.deepEqual(made.notifications.endpoints.length, 1);
  assert.deepEqual(made.notifications.endpoints[0].headers.Authorization, ['Bearer another-secret-of-theirs']);
});

test('a lone key has no certificate to hand out, and the start says so', () => {
  const folder = join(temporary.path, 'lone');
  assert.throws(() => prepareRegistryConfig({ folder, config, caPem: undefined, secret }), StartError);
});

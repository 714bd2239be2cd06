import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Config } from '../../../server/config/config.ts';
import { isInContainer } from '../../../server/config/container.ts';
import { type LoadedConfig, loadConfig } from '../../../server/config/load.ts';
import {
  isPlainRegistry,
  publicBaseUrl,
  registryBaseUrl,
  registryHost,
  tokenRealm,
} from '../../../server/config/public-url.ts';
import { StartError } from '../../../server/errors.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

interface Given {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly inContainer?: boolean;
}

/** A folder `conf/` with config.yml and the files; `FOLDER` in values stands for its path. */
function load({ yaml, env = {}, files = {}, inContainer = false }: Given): LoadedConfig & { folder: string } {
  const parent = mkdtempSync(join(tmpdir(), 'registry-web-config-'));
  folders.push(parent);
  const folder = join(parent, 'conf');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  if (yaml !== undefined) writeFileSync(join(folder, 'config.yml'), yaml.replaceAll('FOLDER', folder));
  const values = Object.entries(env).map(([name, value]) => [name, value.replaceAll('FOLDER', folder)]);
  return { ...loadConfig({ file: join(folder, 'config.yml'), env: Object.fromEntries(values), inContainer }), folder };
}

function mistakesOf(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof StartError, String(error));
    assert.equal(error.exitCode, 78);
    return error.reasons;
  }
  return assert.fail('it was accepted');
}

const OLD_GUIDE = `registry:
   url: http://registry:5000/v2
   name: registry:5000
   readonly: false
   auth:
     enabled: true
     key: /conf/auth.key
     issuer: test
`;

test("the old guide's file works unchanged, with only the private key beside it", () => {
  const { config, folder, warnings } = load({ yaml: OLD_GUIDE, files: { 'auth.key': 'PEM' } });
  const { registry } = config;
  assert.equal(registry.url, 'http://registry:5000');
  assert.equal(registry.auth.service, 'registry:5000');
  assert.equal(registry.auth.issuer, 'test');
  assert.equal(registry.auth.key, join(folder, 'auth.key'));
  assert.equal(registry.auth.cert, null);
  assert.equal(registry.readonly, false);
  assert.deepEqual(warnings, []);
});

test('without any setting it is safe: managed, auth on, loopback, no proxy trusted', () => {
  const { config, folder } = load({});
  assert.equal(config.registry.url, null);
  assert.equal(config.registry.auth.enabled, true);
  assert.equal(config.registry.readonly, false);
  assert.equal(config.server.host, '127.0.0.1');
  assert.deepEqual(config.server.trusted_proxies, []);
  assert.equal(config.data.path, join(folder, '../data'));
  assert.equal(tokenRealm(config), 'http://localhost:8090/api/auth');
});

test('in a container it listens beyond loopback and says when nobody can reach the realm', () => {
  const { config, warnings } = load({ inContainer: true });
  assert.equal(config.server.host, '0.0.0.0');
  assert.match(warnings.join(), /^server\.public_url: http:\/\/localhost:8090/);
  const named = load({ inContainer: true, env: { SERVER_PUBLIC_URL: 'https://images.example.com/' } });
  assert.deepEqual(named.warnings, []);
});

const READS: readonly (readonly [env: Record<string, string>, read: (config: Config) => unknown, value: unknown])[] = [
  [{ REGISTRY_AUTH_ISSUER: 'me' }, (config) => config.registry.auth.issuer, 'me'],
  [
    { REGISTRY_URL: 'https://r.example.com/prefix/v2/' },
    (config) => config.registry.url,
    'https://r.example.com/prefix',
  ],
  [{ REGISTRY_READONLY: 'TRUE' }, (config) => config.registry.readonly, true],
  [{ REGISTRY_AUTH_ENABLED: 'no' }, (config) => config.registry.auth.enabled, false],
  [{ REGISTRY_AUTH_ENABLED: 'false' }, (config) => config.registry.readonly, true],
  [{ REGISTRY_AUTH_ENABLED: 'false', REGISTRY_READONLY: 'false' }, (config) => config.registry.readonly, false],
  [{ REGISTRY_AUTH_LIFETIME: '1h' }, (config) => config.registry.auth.lifetime, 3600],
  [{ CATALOG_CRAWL_SCHEDULE: '*/30 1-5 * * *' }, (config) => config.catalog.crawl_schedule, '*/30 1-5 * * *'],
  [{ CATALOG_CRAWL_SCHEDULE: 'off' }, (config) => config.catalog.crawl_schedule, null],
  [{ CATALOG_CRAWL_SCHEDULE: '' }, (config) => config.catalog.crawl_schedule, '0 3 * * *'],
  [{ SERVER_PORT: '8080' }, (config) => config.server.port, 8080],
  [{ SERVER_PORT: '' }, (config) => config.server.port, 8090],
  [{ SERVER_TRUSTED_PROXIES: '10.0.0.0/8, ::1' }, (config) => config.server.trusted_proxies, ['10.0.0.0/8', '::1']],
  [{ REGISTRY_CONTEXT_PATH: 'app/' }, (config) => config.server.base_path, '/app'],
  [{ SERVER_PUBLIC_URL: 'https://x.example/reg/' }, (config) => config.server.base_path, '/reg'],
  [{ SERVER_PUBLIC_URL: 'https://x.example/reg/' }, publicBaseUrl, 'https://x.example/reg'],
  [{ SERVER_PUBLIC_URL: 'https://x.example', SERVER_BASE_PATH: 'reg' }, publicBaseUrl, 'https://x.example/reg'],
  [{ REGISTRY_BINARY: 'registry' }, (config) => config.registry.binary, 'registry'],
  [{ REGISTRY_PORT: '5055' }, registryHost, 'localhost:5055'],
  [{ REGISTRY_URL: 'http://hub.example.com:5001/v2' }, registryHost, 'hub.example.com:5001'],
  [{ REGISTRY_URL: 'http://hub/v2' }, registryHost, 'hub:80'],
  [{ REGISTRY_URL: 'http://127.0.0.1:5055' }, registryHost, 'localhost:5055'],
  [{ REGISTRY_URL: 'https://hub.example.com' }, registryHost, 'hub.example.com'],
  [{ REGISTRY_URL: 'http://hub:5001', REGISTRY_NAME: 'hub.example.com' }, registryHost, 'hub.example.com'],
  [{ REGISTRY_URL: 'http://hub:5001' }, (config) => config.registry.auth.service, 'hub:5001'],
  [{ REGISTRY_URL: 'http://hub:5001' }, (config) => config.registry.public_name, 'hub:5001'],
  [{ SERVER_HOST: '' }, (config) => config.server.host, '127.0.0.1'],
  [{ SERVER_HOST: '10.0.0.5' }, (config) => config.registry.host, '10.0.0.5'],
  [{ SERVER_HOST: '10.0.0.5' }, registryBaseUrl, 'http://10.0.0.5:5000'],
  [{ SERVER_HOST: '0.0.0.0', REGISTRY_PORT: '5055' }, registryBaseUrl, 'http://127.0.0.1:5055'],
  [{ REGISTRY_HOST: '::' }, registryBaseUrl, 'http://127.0.0.1:5000'],
  [{ REGISTRY_HOST: '::1' }, registryBaseUrl, 'http://[::1]:5000'],
  [{ REGISTRY_URL: 'http://hub', REGISTRY_USERNAME: 'ann' }, (config) => config.registry.basic_auth, 'YW5uOg=='],
  [
    { REGISTRY_URL: 'http://hub', REGISTRY_USERNAME: 'ann', REGISTRY_PASSWORD: 'secret' },
    (config) => config.registry.basic_auth,
    'YW5uOnNlY3JldA==',
  ],
  [{ REGISTRY_URL: 'http://hub' }, isPlainRegistry, true],
  [{ REGISTRY_URL: 'https://hub' }, isPlainRegistry, false],
  [
    { SOMETHING_ELSE: 'x', REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
    (config) => config.registry.name,
    'localhost:5000',
  ],
];
for (const [env, read, value] of READS) {
  test(`the environment ${JSON.stringify(env)} is read`, () => assert.deepEqual(read(load({ env }).config), value));
}

test('the environment wins over the file, and paths of both start at the file', () => {
  const { config, folder } = load({
    yaml: 'registry: { name: a, ca: ca.pem }\ndata: { path: here }\n',
    env: { REGISTRY_NAME: 'b' },
    files: { 'ca.pem': 'PEM' },
  });
  assert.equal(config.registry.name, 'b');
  assert.equal(config.registry.ca, join(folder, 'ca.pem'));
  assert.equal(config.data.path, join(folder, 'here'));
});

test('truth values in quotes and empty keys of old files are understood', () => {
  const { config } = load({ yaml: 'registry:\n  url:\n  basic_auth: ""\n  context_path: ""\n  readonly: "true"\n' });
  assert.deepEqual([config.registry.url, config.registry.basic_auth, config.registry.readonly], [null, null, true]);
});

test('a secret may come from a file, without the line end that editors add', () => {
  const { config } = load({ env: { ADMIN_PASSWORD_FILE: 'FOLDER/secret' }, files: { secret: ' pass word \n' } });
  assert.equal(config.admin.password, ' pass word ');
});

test('what container links and Kubernetes inject is ignored with a warning', () => {
  const { config, warnings } = load({ env: { REGISTRY_NAME: '/x/registry', REGISTRY_PORT: 'tcp://172.17.0.5:5000' } });
  assert.deepEqual([config.registry.name, config.registry.port], ['localhost:5000', 5000]);
  assert.equal(warnings.length, 2);
  assert.match(warnings.join('\n'), /REGISTRY_NAME is ignored.*\n.*REGISTRY_PORT is ignored/);
});

const MISTAKES: readonly (readonly [name: string, given: Given, sentence: RegExp])[] = [
  ['no schedule', { env: { CATALOG_CRAWL_SCHEDULE: 'daily' } }, /catalog\.crawl_schedule: must be a cron expression/],
  ['a day that never comes', { yaml: 'catalog: { crawl_schedule: 0 0 31 2 * }' }, /catalog\.crawl_schedule: must be/],
  [
    'an unknown key',
    { yaml: 'registry: { auth: { isuer: x } }' },
    /^registry\.auth\.isuer: unknown key .*did you mean registry\.auth\.issuer\?/,
  ],
  ['a key on the wrong level', { yaml: 'issuer: x' }, /^issuer: unknown key .*did you mean registry\.auth\.issuer\?/],
  [
    "a section of the registry's own file",
    { yaml: 'storage: { delete: { enabled: true } }' },
    /^storage: .*registry's own configuration/,
  ],
  ['a section that is a value', { yaml: 'registry: http://x' }, /^registry: must be a section/],
  ['a list as the file', { yaml: '- a' }, /must be a section/],
  ['broken YAML', { yaml: 'registry: [' }, /config\.yml: /],
  ['a tab', { yaml: 'registry:\n\turl: x' }, /config\.yml: /],
  ['the same key twice', { yaml: 'log: { level: info }\nlog: { level: warn }' }, /config\.yml: .*unique/],
  ['a number as text', { yaml: 'registry: { name: 5 }' }, /^registry\.name: must be text$/],
  ['text as a truth value', { yaml: 'registry: { readonly: maybe }' }, /^registry\.readonly: must be true or false$/],
  ['text as a port', { env: { SERVER_PORT: 'http' } }, /^server\.port: must be a whole number \(from SERVER_PORT\)$/],
  ['a port beyond the last', { env: { SERVER_PORT: '70000' } }, /^server\.port: must be at most 65535/],
  ['an unknown choice', { yaml: 'log: { level: loud }' }, /^log\.level: must be one of debug, info, warn, error$/],
  [
    'an address without scheme',
    { env: { REGISTRY_URL: 'registry:5000' } },
    /^registry\.url: must be an address such as/,
  ],
  ['a short lifetime', { env: { REGISTRY_AUTH_LIFETIME: '30' } }, /^registry\.auth\.lifetime: must be at least 60s/],
  ['all proxies', { env: { SERVER_TRUSTED_PROXIES: '0.0.0.0/0' } }, /^server\.trusted_proxies: must be an IP address/],
  [
    'basic_auth that is not base64',
    { env: { REGISTRY_BASIC_AUTH: 'me:secret' } },
    /^registry\.basic_auth: must be the base64/,
  ],
  [
    'basic_auth and username',
    { env: { REGISTRY_BASIC_AUTH: 'bWU6eA==', REGISTRY_USERNAME: 'me' } },
    /^registry\.basic_auth: .*keep one/,
  ],
  ['a password without username', { env: { REGISTRY_PASSWORD: 'x' } }, /^registry\.username: missing/],
  [
    'a certificate without key',
    { yaml: 'server: { tls: { cert: a.pem } }', files: { 'a.pem': '' } },
    /^server\.tls\.key: missing/,
  ],
  [
    'two base paths',
    { env: { SERVER_BASE_PATH: '/a', REGISTRY_CONTEXT_PATH: '/b' } },
    /^server\.base_path: \/b and \/a contradict/,
  ],
  [
    'two paths',
    { env: { SERVER_BASE_PATH: '/a', SERVER_PUBLIC_URL: 'http://x.example/b' } },
    /^server\.base_path: .*contradict/,
  ],
  [
    'a missing key file',
    { yaml: 'registry: { auth: { key: /conf/auth.key } }' },
    /^registry\.auth\.key: \/conf\/auth\.key does not exist/,
  ],
  ['a secret twice', { env: { ADMIN_PASSWORD: 'a', ADMIN_PASSWORD_FILE: '/x' } }, /^admin\.password: .*both set/],
  [
    'a secret file that is missing',
    { env: { ADMIN_PASSWORD_FILE: '/nowhere/x' } },
    /^admin\.password: ADMIN_PASSWORD_FILE cannot be read/,
  ],
  ['CONFIG_PATH of nothing', { env: { CONFIG_PATH: '/nowhere.yml' } }, /does not exist: CONFIG_PATH/],
  [
    'a key without config.yml',
    { files: { 'auth.key': '' } },
    /conf\/config\.yml does not exist, although .*auth\.key does/,
  ],
  [
    'a folder mounted one level off',
    { files: { 'web/config.yml': '', 'web/auth.key': '' } },
    /config\.yml does not exist, but .*conf\/web\/config\.yml does/,
  ],
];
for (const [name, given, sentence] of MISTAKES) {
  test(`${name} is a mistake with a sentence`, () => {
    const mistakes = mistakesOf(given);
    assert.equal(mistakes.length, 1, mistakes.join('\n'));
    assert.match(mistakes[0] ?? '', sentence);
  });
}

const IMAGE = { REGISTRY_WEB_CONTAINER: '1', CONFIG_PATH: '/conf/config.yml' };
const IMAGE_MOUNTS: readonly (readonly [name: string, files: Record<string, string>, sentence: RegExp])[] = [
  ['the key alone', { 'auth.key': '' }, /What is mounted as \S+conf holds auth\.key: put config\.yml into that folder/],
  ['nothing', {}, /What is mounted as \S+conf is empty: .*remove the mount/],
  ['a folder one level off', { 'web/config.yml': '' }, /conf\/web\/config\.yml does: mount that folder/],
];
for (const [name, files, sentence] of IMAGE_MOUNTS) {
  test(`in the image, a mounted folder with ${name} is told by its mount`, () => {
    const [mistake = '', ...more] = mistakesOf({ files, env: IMAGE });
    assert.deepEqual(more, []);
    assert.match(mistake, sentence);
    assert.doesNotMatch(mistake, /CONFIG_PATH/);
  });
}

const CONTAINERS: readonly (readonly [env: Record<string, string>, mounts: readonly string[], expected: boolean])[] = [
  [{}, ['/', '/proc'], false],
  [{}, ['/', '/conf'], true],
  [{}, ['/', '/conf/web', '/configuration'], false],
  [{ REGISTRY_WEB_CONTAINER: '1' }, ['/'], true],
  [{ REGISTRY_WEB_CONTAINER: '0' }, ['/', '/conf'], false],
];
for (const [env, mounts, expected] of CONTAINERS) {
  test(`${JSON.stringify(env)} with ${mounts.join(' ')} mounted is ${expected ? 'a' : 'no'} container`, () =>
    assert.equal(
      isInContainer(env, () => mounts),
      expected,
    ));
}

test('a file without auth, as the predecessor allowed, is told how sign-in is turned off', () => {
  const predecessor = { yaml: 'registry: { url: "http://registry:5000/v2", name: "registry:5000" }' };
  assert.match(load(predecessor).warnings.join(), /sign-in is on.*registry\.auth\.enabled: false/);
  const withIssuer = load({ ...predecessor, env: { REGISTRY_AUTH_ISSUER: 'me' } });
  for (const { warnings } of [load({}), withIssuer]) assert.doesNotMatch(warnings.join(), /sign-in is on/);
});

test('all mistakes are told together, and no secret with them', () => {
  const mistakes = mistakesOf({
    yaml: 'registry: { nam: x, readonly: maybe, password: [hunter2] }\nlog: { level: loud }',
    env: { SERVER_PORT: '-1', NOTIFICATIONS_SECRET: 'hunter2' },
  });
  assert.equal(mistakes.length, 6, mistakes.join('\n'));
  assert.doesNotMatch(mistakes.join(), /hunter2/);
});

test('auth switched off is told with the key that allows deleting', () => {
  const { warnings } = load({ env: { REGISTRY_AUTH_ENABLED: 'false' } });
  assert.match(warnings.join(), /registry\.auth\.enabled is false.*registry\.readonly/);
});

test('two names for this machine, which some clients refuse, deserve a warning', () => {
  const warned = /registry\.name: 127\.0\.0\.1:5000 .*Use localhost in both/;
  assert.match(load({ env: { REGISTRY_NAME: '127.0.0.1:5000' } }).warnings.join(), warned);
  for (const env of [{ REGISTRY_NAME: 'localhost:5000' }, { REGISTRY_NAME: 'hub.example.com' }])
    assert.doesNotMatch(load({ env }).warnings.join(), /Use localhost/);
});

test("the predecessor's database is noticed", () => {
  const { warnings } = load({ yaml: 'data: { path: . }', files: { 'prodDb.h2.db': '' } });
  assert.match(warnings.join(), /prodDb .*accounts are not read/);
});

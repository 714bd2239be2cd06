import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { childEnvironment, parseRegistryLine } from '../../../../server/registry/managed/managed-child.ts';
import { type ManagedFacts, managedConfiguration } from '../../../../server/registry/managed/managed-config.ts';

const FACTS: ManagedFacts = {
  listen: '127.0.0.1:5000',
  dataPath: '/data',
  auth: { realm: 'http://x/api/auth', service: 's', issuer: 'i', rootCertBundle: '/conf/auth.cert' },
  notifications: { url: 'http://127.0.0.1:8090/api/notification', secret: 'hidden' },
};
const made = (template: string, facts = FACTS) => parse(managedConfiguration(template, 'registry.yml', facts));

test('an empty template becomes a whole configuration', () => {
  const config = made('');
  assert.equal(config.version, 0.1);
  assert.equal(config.http.addr, '127.0.0.1:5000');
  assert.deepEqual(config.storage, { delete: { enabled: true }, filesystem: { rootdirectory: '/data/registry' } });
  assert.deepEqual(config.auth, {
    token: { realm: 'http://x/api/auth', service: 's', issuer: 'i', rootcertbundle: '/conf/auth.cert' },
  });
  const [endpoint] = config.notifications.endpoints;
  assert.deepEqual(endpoint.headers, { Authorization: ['Bearer hidden'] });
  assert.deepEqual([endpoint.timeout, endpoint.threshold, endpoint.backoff], ['5s', 3, '1s']);
});

test('what the template says of storage and other endpoints stays', () => {
  const config = made(
    'storage: { s3: { bucket: b }, delete: { enabled: false } }\nnotifications: { endpoints: [{ name: other, url: http://y }] }',
  );
  assert.deepEqual(config.storage, { s3: { bucket: 'b' }, delete: { enabled: false } });
  assert.deepEqual(
    config.notifications.endpoints.map(({ name }: { name: string }) => name),
    ['other', 'registry-web'],
  );
  assert.equal(
    made('storage: { filesystem: { rootdirectory: /srv/images } }').storage.filesystem.rootdirectory,
    '/srv/images',
  );
});

test('the upload secret is not the one of the events, and the same after a restart', () => {
  assert.equal(made('').http.secret, made('').http.secret);
  assert.notEqual(made('').http.secret, 'hidden');
});

test('without auth the registry demands no token', () =>
  assert.equal(made('', { ...FACTS, auth: null }).auth, undefined));

test('the child sees none of our settings, and what is meant for it under its own name', () => {
  const env = childEnvironment({
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'x',
    REGISTRY_AUTH_KEY: '/conf/auth.key',
    REGISTRY_PORT: 'tcp://1.2.3.4:5000',
    ADMIN_PASSWORD: 'x',
    DATABASE_URL: 'x',
    NOTIFICATIONS_SECRET_FILE: 'x',
    MANAGED_REGISTRY_HTTP_HOST: 'https://images.example.com',
  });
  assert.deepEqual(env, {
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'x',
    REGISTRY_HTTP_HOST: 'https://images.example.com',
    OTEL_TRACES_EXPORTER: 'none',
  });
});

const LINES: readonly (readonly [line: string, level: string, message: string])[] = [
  ['{"level":"info","msg":"listening"}', 'debug', 'listening'],
  ['{"level":"warning","msg":"no secret"}', 'warn', 'no secret'],
  ['{"level":"error","msg":"failed","error":"disk full"}', 'error', 'failed: disk full'],
  [
    '{"level":"info","msg":"endpoint headers=map[Authorization:[Bearer hidden]]"}',
    'debug',
    'endpoint headers=map[Authorization:[Bearer [redacted]]]',
  ],
  ['panic: open x: no such file', 'info', 'panic: open x: no such file'],
  [
    '{"level":"warning","msg":"error authorizing context: authorization token required"}',
    'debug',
    'error authorizing context: authorization token required',
  ],
  ['null', 'info', 'null'],
];
for (const [line, level, message] of LINES) {
  test(`the registry's line ${line.slice(0, 40)} is logged as ${level}`, () =>
    assert.deepEqual(parseRegistryLine(line, ['hidden']), { level, message, fields: {} }));
}

// As 2.8.2 and 3.x write them.
const ANSWERED = (status: number, level = 'error'): string =>
  JSON.stringify({
    ...{ level, msg: 'response completed with error', 'http.response.status': status, 'http.request.method': 'GET' },
    ...{ 'http.request.uri': '/v2/a/b/manifests/x?_state=hidden', 'http.request.remoteaddr': '127.0.0.1:4000' },
    ...{ 'vars.name': 'a/b', 'err.code': 'manifest unknown', 'err.detail': 'unknown tag=x', 'go.version': 'go1.26' },
  });
const STATUSES: readonly (readonly [status: number, level: string])[] = [
  [401, 'debug'],
  [404, 'debug'],
  [400, 'info'],
  [429, 'info'],
  [500, 'error'],
  [503, 'error'],
];
for (const [status, level] of STATUSES) {
  test(`the registry's answer ${status} is logged as ${level}, with what was asked`, () => {
    const { fields, ...line } = parseRegistryLine(ANSWERED(status), []);
    assert.deepEqual(line, { level, message: 'response completed with error' });
    assert.deepEqual(fields, {
      ...{ status, method: 'GET', path: '/v2/a/b/manifests/x', address: '127.0.0.1:4000' },
      ...{ repository: 'a/b', code: 'manifest unknown', detail: 'unknown tag=x' },
    });
  });
}

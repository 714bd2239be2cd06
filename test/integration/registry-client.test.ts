/** The client against servers that are broken or hostile: each ends soon, in a sentence, with nothing leaked. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { AppError } from '../../server/errors.ts';
import { createLogger } from '../../server/log.ts';
import { createRegistryClient, type RegistryClientOptions } from '../../server/registry/client/client.ts';
import { configOf } from '../support/app/config.ts';
import { eventually } from '../support/process/eventually.ts';
import { startFakeRegistry } from '../support/registry/fake-registry.ts';

const MIB = 1024 * 1024;
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const MANIFEST = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI, layers: [] }));
const sha256 = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const DIGEST = sha256(MANIFEST);
const QUICK = { headersMs: 300, bodyMs: 300 };
const PATIENT = { headersMs: 30_000, bodyMs: 30_000 };

function createClient(
  t: TestContext,
  url: string,
  options: Partial<RegistryClientOptions> = {},
  registry: object = {},
) {
  const client = createRegistryClient({
    config: configOf({ registry: { url, ...registry } }),
    token: async () => 'secret-token',
    log: createLogger('silent'),
    deadlines: { read: QUICK, work: QUICK },
    ...options,
  });
  t.after(() => client.close());
  return client;
}

async function against(t: TestContext, listener: RequestListener, options: Partial<RegistryClientOptions> = {}) {
  const fake = await startFakeRegistry(t, listener);
  return { fake, client: createClient(t, fake.url, options) };
}

const fails = (key: string) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error));
  assert.equal(error.code, 'UPSTREAM');
  assert.equal(error.key, key, error.message);
  assert.doesNotMatch(error.message, /secret-token|pässword/);
  return true;
};

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function sendManifest(response: ServerResponse, raw = MANIFEST, digest = sha256(raw)): void {
  response.writeHead(200, { 'content-type': OCI, 'docker-content-digest': digest, 'content-length': raw.length });
  response.end(raw);
}

const unknown = (code: string) => ({ errors: [{ code, message: 'unknown' }] });

test('reads a manifest with its own token and verifies its digest', async (t) => {
  const scopes: (readonly string[])[] = [];
  const token = async (asked: readonly string[]) => {
    scopes.push(asked);
    return 'secret-token';
  };
  const { fake, client } = await against(t, (_, response) => sendManifest(response), { token });
  const manifest = await client.getManifest('team/app', 'v1');
  assert.deepEqual(manifest, { digest: DIGEST, mediaType: OCI, raw: MANIFEST });
  assert.deepEqual(scopes, [['repository:team/app:pull']]);
  assert.equal(fake.requests[0]?.headers.authorization, 'Bearer secret-token');
  assert.match(fake.requests[0]?.headers['user-agent'] ?? '', /^registry-web\/\d/);
  assert.match(fake.requests[0]?.headers.accept ?? '', /oci\.image\.index/);
});

test('only the word of the registry means gone', async (t) => {
  const { client } = await against(t, (request, response) => {
    const [, name] = /\/v2\/(\w+)\//.exec(request.url ?? '') ?? [];
    if (name === 'gone') json(response, 404, unknown('MANIFEST_UNKNOWN'));
    else if (name === 'empty') response.writeHead(404).end();
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>');
  });
  assert.equal(await client.getManifest('gone', 'v1'), undefined);
  assert.equal(await client.headManifest('gone', 'v1'), undefined);
  assert.equal(await client.getBlob('gone', DIGEST), undefined);
  assert.deepEqual(await client.tags('gone'), []);
  for (const name of ['empty', 'proxy']) {
    await assert.rejects(client.getManifest(name, 'v1'), fails('registryNotOne'));
    await assert.rejects(client.headManifest(name, 'v1'), fails('registryNotOne'));
    await assert.rejects(client.tags(name), fails('registryNotOne'));
  }
});

const BROKEN: readonly (readonly [name: string, key: string, listener: RequestListener])[] = [
  ['never answers', 'registrySlow', () => undefined],
  ['trickles', 'registrySlow', (_, response) => trickle(response)],
  ['hangs up', 'registryBroken', (request) => request.socket.destroy()],
  ['sends HTML', 'registryNotOne', (_, response) => response.end('<!doctype html><title>Welcome to nginx</title>')],
  ['sends half of the JSON', 'registryJson', (_, response) => response.end('{"repositories":["a"')],
  ['sends a list', 'registryJson', (_, response) => response.end('["a"]')],
  ['breaks off', 'registryBroken', (_, response) => breakOff(response)],
  ['answers 500', 'registryStatus', (_, response) => json(response, 500, unknown('UNKNOWN'))],
  ['refuses our token', 'registryUnauthorized', (_, response) => json(response, 401, unknown('UNAUTHORIZED'))],
  [
    'asks for a password',
    'registryPassword',
    (_, response) => {
      response.setHeader('www-authenticate', 'Basic realm="old"');
      json(response, 401, unknown('UNAUTHORIZED'));
    },
  ],
  ['sends 100 MB', 'registryTooLarge', (_, response) => flood(response, 100 * MIB)],
  [
    'announces 1 TB',
    'registryTooLarge',
    (_, response) => response.writeHead(200, { 'content-length': 1e12 }).write('{'),
  ],
  [
    'sends a gzip bomb',
    'registryEncoding',
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  ],
  [
    'sends 1000 encodings',
    'registryEncoding',
    (_, response) => response.writeHead(200, { 'content-encoding': 'br,'.repeat(999) }).end('x'),
  ],
  [
    'redirects elsewhere',
    'registryRedirect',
    (_, response) => response.writeHead(307, { location: 'http://localhost:1/' }).end(),
  ],
  [
    'redirects to itself',
    'registryRedirect',
    (request, response) => response.writeHead(307, { location: request.url ?? '' }).end(),
  ],
];

function trickle(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 100 }).write('{"repositories":');
  setTimeout(() => response.destroy(), 20);
}

function flood(response: ServerResponse, bytes: number): void {
  const chunk = Buffer.alloc(MIB, ' ');
  let sent = 0;
  const write = () => {
    while (sent < bytes && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) return;
    }
    response.end();
  };
  response.on('drain', write).on('error', () => undefined);
  write();
}

for (const [name, key, listener] of BROKEN) {
  test(`a registry that ${name} gets a sentence`, async (t) => {
    // Only what is about waiting may end by waiting: a busy machine takes its time over 100 MB.
    const deadlines = key === 'registrySlow' ? {} : { deadlines: { read: PATIENT, work: PATIENT } };
    const { fake, client } = await against(t, listener, deadlines);
    const before = process.memoryUsage().rss;
    await assert.rejects(async () => {
      for await (const _ of client.catalogPages());
    }, fails(key));
    assert.ok(process.memoryUsage().rss - before < 80 * MIB, 'memory stays flat');
    await eventually('no socket is left behind in use', fake.openSockets, { until: (count) => count <= 1 });
  });
}

test('nobody there: the sentence names the address and the setting', async (t) => {
  const client = createClient(t, 'http://127.0.0.1:1');
  await assert.rejects(client.ping(), (error: AppError) => {
    assert.match(error.message, /http:\/\/127\.0\.0\.1:1: .*registry\.url/);
    return fails('registryRefused')(error);
  });
});

test('https towards a server without it gets a sentence', async (t) => {
  const fake = await startFakeRegistry(t, (_, response) => response.end());
  const client = createClient(t, fake.url.replace('http:', 'https:'));
  await assert.rejects(client.ping(), fails('registryTls'));
});

test('content that does not match its digest is refused', async (t) => {
  const other = Buffer.from('{"schemaVersion":2}');
  const { client } = await against(t, (_, response) => sendManifest(response, other, DIGEST));
  await assert.rejects(client.getManifest('app', 'v1'), fails('registryDigest'));
  await assert.rejects(client.getManifest('app', DIGEST), fails('registryDigest'));
  await assert.rejects(client.getBlob('app', DIGEST), fails('registryDigest'));
});

test('a manifest that calls itself by another digest than the one asked for is refused', async (t) => {
  const other = Buffer.from('{"schemaVersion":2}');
  const { client } = await against(t, (_, response) => sendManifest(response, other));
  await assert.rejects(client.getManifest('app', DIGEST), fails('registryDigest'));
  await assert.rejects(client.headManifest('app', DIGEST), fails('registryDigest'));
});

test('names, tags and digests are checked before they become an address', async (t) => {
  const { fake, client } = await against(t, (_, response) => sendManifest(response));
  for (const [repository, reference] of [
    ['../x', 'v1'],
    ['App', 'v1'],
    ['app', '../v1'],
    ['app', 'sha256:12'],
    ['a b', 'v1'],
  ]) {
    await assert.rejects(client.getManifest(repository ?? '', reference ?? ''), { code: 'INVALID' });
  }
  await assert.rejects(client.getBlob('app', 'sha256:../../etc/passwd'), { code: 'INVALID' });
  assert.equal(fake.requests.length, 0);
});

test('follows Link to the last page and stays on the origin of the registry', async (t) => {
  const elsewhere = await startFakeRegistry(t, (_, response) => json(response, 200, { repositories: ['stolen'] }));
  const { fake, client } = await against(t, (request, response) => {
    const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
    if (last === 'b') return json(response, 200, { repositories: ['c', 'NOT/valid', 'c'] });
    json(
      response,
      200,
      { repositories: ['a', 'b'] },
      { link: `<${elsewhere.url}/v2/_catalog?last=b&n=2>; rel="next"` },
    );
  });
  const pages: (readonly string[])[] = [];
  for await (const page of client.catalogPages()) pages.push(page);
  assert.deepEqual(pages, [
    ['a', 'b'],
    ['c', 'c'],
  ]);
  assert.equal(fake.requests.length, 2);
  assert.equal(elsewhere.requests.length, 0);
});

test('pages that point back to each other end', async (t) => {
  const { fake, client } = await against(t, (request, response) => {
    const next = request.url?.includes('last=a') ? 'b' : 'a';
    json(response, 200, { tags: ['v1'] }, { link: `</v2/app/tags/list?last=${next}>; rel="next"` });
  });
  await assert.rejects(client.tags('app'), fails('registryPaging'));
  assert.ok(fake.requests.length <= 4);
});

test('no tags may be null, and a smaller page size is found', async (t) => {
  const { fake, client } = await against(t, (request, response) => {
    if (request.url?.includes('n=1000')) json(response, 400, unknown('PAGINATION_NUMBER_INVALID'));
    else json(response, 200, { name: 'app', tags: null });
  });
  assert.deepEqual(await client.tags('app'), []);
  assert.equal(fake.requests.length, 2);
});

test('a blob may come from another origin, which sees no credentials', async (t) => {
  const content = Buffer.from('{}');
  const storage = await startFakeRegistry(t, (_, response) => response.end(content));
  const { fake, client } = await against(t, (_, response) => {
    response.writeHead(307, { location: `${storage.url.replace('127.0.0.1', 'localhost')}/blob?signature=1` }).end();
  });
  assert.deepEqual(await client.getBlob('app', sha256(content)), content);
  assert.equal(fake.requests[0]?.headers.authorization, 'Bearer secret-token');
  assert.equal(storage.requests.length, 1);
  assert.equal(storage.requests[0]?.headers.authorization, undefined);
  await assert.rejects(client.getManifest('app', 'v1'), fails('registryRedirect'));
  assert.equal(storage.requests.length, 1);
});

test('sends Basic credentials where no token is made, and to the registry alone', async (t) => {
  const elsewhere = await startFakeRegistry(t, (_, response) => json(response, 200, {}));
  const fake = await startFakeRegistry(t, (_, response) => {
    const realm = `Bearer realm="${elsewhere.url}/token",service="x"`;
    response.writeHead(401, { 'www-authenticate': realm, 'content-type': 'application/json' }).end('{}');
  });
  const client = createClient(t, fake.url, { token: async () => undefined }, { username: 'me', password: 'pässword' });
  await assert.rejects(client.tags('app'), fails('registryUnauthorized'));
  const sent = fake.requests[0]?.headers.authorization ?? '';
  assert.equal(Buffer.from(sent.replace('Basic ', ''), 'base64').toString('utf8'), 'me:pässword');
  assert.equal(elsewhere.requests.length, 0, 'a realm is never asked');
});

test('ping tells whether a token is demanded, and of whom', async (t) => {
  const { fake, client } = await against(t, (request, response) => {
    const headers: Record<string, string> = {
      'docker-distribution-api-version': 'registry/2.0',
      'www-authenticate': 'Bearer realm="http://localhost:8090/api/auth",service="registry:5000",error="invalid_token"',
    };
    json(response, request.headers.authorization === 'Bearer good' ? 200 : 401, {}, headers);
  });
  const ping = await client.ping();
  assert.equal(fake.requests[0]?.headers.authorization, undefined);
  assert.deepEqual([ping.status, ping.demandsToken, ping.accepted], [401, true, false]);
  assert.equal(ping.challenge?.realm, 'http://localhost:8090/api/auth');
  assert.equal(ping.challenge?.service, 'registry:5000');
  assert.ok(Math.abs(ping.clockDifferenceMs ?? 1e9) < 2000);
  assert.equal((await client.ping({ token: 'good' })).accepted, true);
  assert.equal((await client.ping({ token: 'bad' })).accepted, false);
});

test('ping sees that something else answers', async (t) => {
  const { client } = await against(t, (_, response) => response.end('<html>It works!</html>'));
  await assert.rejects(client.ping(), fails('registryNotOne'));
});

test('a refused token is renewed once, if its maker says so', async (t) => {
  let refusals = 0;
  let tokens = 0;
  const { fake, client } = await against(t, (_, response) => json(response, 401, unknown('UNAUTHORIZED')), {
    token: async () => {
      tokens += 1;
      return `t${tokens}`;
    },
    onTokenRefused: async () => {
      refusals += 1;
      return true;
    },
  });
  await assert.rejects(client.tags('app'), fails('registryUnauthorized'));
  assert.equal(fake.requests.length, 2);
  assert.deepEqual([tokens, refusals], [2, 1]);
});

test('a deletion says what it came to', async (t) => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    done: (response) => response.writeHead(202).end(),
    missing: (response) => json(response, 404, unknown('MANIFEST_UNKNOWN')),
    old: (response) => json(response, 400, unknown('DIGEST_INVALID')),
    off: (response) => json(response, 405, unknown('UNSUPPORTED')),
  };
  const { client } = await against(t, (request, response) => answers[request.url?.split('/').at(-1) ?? '']?.(response));
  assert.equal(await client.deleteManifest('app', 'done'), 'deleted');
  assert.equal(await client.deleteManifest('app', 'missing'), 'missing');
  assert.equal(await client.deleteManifest('app', 'old'), 'tag-unsupported');
  await assert.rejects(client.deleteManifest('app', 'off'), (error: AppError) => {
    assert.match(error.message, /storage\.delete\.enabled: true/);
    return fails('registryDeletionOff')(error);
  });
});

test('at most 48 requests run at once, and a hung registry holds nobody for long', async (t) => {
  const { fake, client } = await against(t, (request, response) => {
    if (request.url === '/fence') response.end();
  });
  const started = Date.now();
  const calls = Array.from({ length: 200 }, () => client.getManifest('app', 'v1').catch((error: unknown) => error));
  await eventually('requests', () => fake.requests.length, { until: (count) => count >= 48, pauseMs: 5 });
  // Sent after all of them: what else the client had sent would have come before.
  await fetch(`${fake.url}/fence`);
  assert.equal(fake.requests.length, 49);
  const errors = await Promise.all(calls);
  assert.ok(errors.every((error) => error instanceof AppError));
  assert.ok(Date.now() - started < 1500, `took ${Date.now() - started} ms`);
});

test('after some failures calls fail at once, and it recovers by itself', async (t) => {
  let broken = true;
  let clock = 0;
  const listener: RequestListener = (request, response) => {
    if (broken) request.socket.destroy();
    else sendManifest(response);
  };
  const { fake, client } = await against(t, listener, { clock: () => clock });
  for (let i = 0; i < 20; i += 1) await assert.rejects(client.getManifest('app', 'v1'), fails('registryBroken'));
  assert.equal(fake.requests.length, 10, 'five calls, each tried again once');
  broken = false;
  clock += 5000;
  assert.ok(await client.getManifest('app', 'v1'));
});

test('an answer nobody asked for is not taken for the next one', async (t) => {
  const { fake, client } = await against(t, (request, response) => {
    if (request.url?.endsWith('first')) {
      sendManifest(response);
      const forged = Buffer.from('{"forged":true}');
      response.on('finish', () =>
        request.socket.write(
          `HTTP/1.1 200 OK\r\nContent-Type: ${OCI}\r\nContent-Length: ${forged.length}\r\n\r\n${forged}`,
        ),
      );
    } else sendManifest(response);
  });
  await client.getManifest('app', 'first');
  await eventually('the client hangs up', fake.openSockets, { until: (count) => count === 0 });
  assert.deepEqual((await client.getManifest('app', 'second'))?.raw, MANIFEST);
});

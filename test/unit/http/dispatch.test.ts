import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { AppError } from '../../../server/errors.ts';
import { createDispatcher, type PlainHandler } from '../../../server/http/dispatch.ts';
import { closeServer, createHttpServer, listen } from '../../../server/http/server.ts';

const errors: unknown[] = [];
const server = createHttpServer(
  createDispatcher({
    basePath: '/sub',
    handlers: new Map<string, PlainHandler>([
      ['/api/auth', (_request, response) => void response.end('plain')],
      ['/fails', () => Promise.reject(new TypeError('inner detail'))],
      ['/busy', () => Promise.reject(new AppError('UNAVAILABLE', 'Try later', { retryAfterSeconds: 3 }))],
    ]),
    fallback: (request, response) => void response.end(`rest ${request.headers.host} ${request.url}`),
    machinePrefixes: ['/api/', '/v2/'],
    pagePrefixes: ['/api/v1/', '/api/docs/'],
    onError: (error) => errors.push(error),
  }),
  null,
);
const { port } = await listen(server, 0, '127.0.0.1');
test.after(() => closeServer(server, 100));

const paths = [
  ['/sub/api/auth', 'plain'],
  ['/sub/api/auth/', 'plain'],
  ['/sub/api/auth?service=x', 'plain'],
  ['/sub/api/v1', 'rest'],
  ['/sub/api/v1/tags?n=1', 'rest'],
  ['/sub/api/docs', 'rest'],
  ['/sub/apis', 'rest'],
  ['/sub/API/auth', 'rest'],
] as const;
for (const [path, wanted] of paths) {
  test(`${path} goes to ${wanted}`, async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'error' });
    assert.equal((await response.text()).split(' ')[0], wanted);
  });
}

test('a failure is JSON with a status, and a bug shows no detail', async () => {
  const bug = await fetch(`http://127.0.0.1:${port}/sub/fails`);
  assert.equal(bug.status, 500);
  assert.doesNotMatch(await bug.text(), /inner detail/);
  const busy = await fetch(`http://127.0.0.1:${port}/sub/busy`);
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '3']);
  assert.equal(((await busy.json()) as { details: string }).details, 'Try later');
  assert.equal(errors.length, 2);
});

/** The request line as it is given: fetch would tidy it up. */
function ask(
  target: string,
): Promise<{ readonly status: number | undefined; readonly type: string; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: target, headers: { host: 'given.test' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const type = String(response.headers['content-type'] ?? '');
        resolve({ status: response.statusCode, type, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

const targets = [
  ['http://other.test/sub/api/auth?service=x', 'plain'],
  ['HTTPS://other.test:8443/sub/api/auth', 'plain'],
  ['//sub/api/auth', 'plain'],
  ['http://other.test/sub/page?a=http://x/y', 'rest other.test /sub/page?a=http://x/y'],
  ['http://user@other.test?a=b', 'rest other.test /?a=b'],
  ['http://other.test', 'rest other.test /'],
  ['///evil.test/page', 'rest given.test /evil.test/page'],
  ['/sub/a//b', 'rest given.test /sub/a//b'],
] as const;
for (const [target, wanted] of targets) {
  test(`the target ${target} is taken as ${wanted}`, async () => assert.equal((await ask(target)).body, wanted));
}

for (const path of ['/sub/api/auth/x', '/sub/api', '/api/auth', '/sub/v2/', '/v2/', '/sub/api/v2/tags']) {
  test(`${path}, which is not there, is said in JSON`, async () => {
    const { status, type, body } = await ask(path);
    assert.deepEqual([status, type], [404, 'application/json; charset=utf-8']);
    assert.equal((JSON.parse(body) as { errors: { code: string }[] }).errors[0]?.code, 'NOT_FOUND');
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../server/errors.ts';
import { createDispatcher, type PlainHandler } from '../../../server/http/dispatch.ts';
import { closeServer, createHttpServer, listen } from '../../../server/http/server.ts';

const errors: unknown[] = [];
const server = createHttpServer(
  createDispatcher({
    basePath: '/sub',
    plain: new Map<string, PlainHandler>([
      ['/api/auth', (_request, response) => void response.end('plain')],
      ['/fails', () => Promise.reject(new TypeError('inner detail'))],
      ['/busy', () => Promise.reject(new AppError('UNAVAILABLE', 'Try later', { retryAfterSeconds: 3 }))],
    ]),
    rest: (_request, response) => void response.end('rest'),
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
  ['/sub/api/auth/x', 'rest'],
  ['/api/auth', 'rest'],
  ['/sub/API/auth', 'rest'],
] as const;
for (const [path, wanted] of paths) {
  test(`${path} goes to ${wanted}`, async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'error' });
    assert.equal(await response.text(), wanted);
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

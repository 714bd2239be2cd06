/** Pages of other sites whose name leads to this machine (DNS rebinding), against the whole application. */
import assert from 'node:assert/strict';
import { request as requestHttp } from 'node:http';
import { after, before, test } from 'node:test';
import { type RunningApp, startApp } from '../support/app/app.ts';

let app: RunningApp;
before(async () => {
  const registry = { url: 'http://127.0.0.1:9', name: 'registry.test:5000' };
  app = await startApp({ isFresh: true, config: { registry }, env: { SERVER_HOSTS: 'ui.test, other.test' } });
});
after(() => app?.stop());

function get(path: string, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = requestHttp({ host: '127.0.0.1', port: app.port, path, headers: { host } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

for (const path of ['/', '/login', '/setup-password', '/api/v1/account', '/assets/app.css']) {
  test(`${path} under a foreign name is 421 with the key to set`, async () => {
    const { status, body } = await get(path, 'evil.test');
    assert.equal(status, 421);
    assert.match(body, /evil\.test.*server\.hosts \(SERVER_HOSTS\)/);
  });
}

for (const host of ['localhost', '127.0.0.1', 'registry-web:8080', 'registry.test', 'ui.test', 'other.test:8090']) {
  test(`the sign-in page opens under ${host}`, async () => assert.equal((await get('/login', host)).status, 200));
}

test('tokens and health are given under any name', async () => {
  assert.equal((await get('/api/auth?service=registry.test:5000', 'evil.test')).status, 401);
  assert.equal((await get('/healthz', 'evil.test')).status, 200);
});

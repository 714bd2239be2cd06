/** What never reaches a handler is answered too: as JSON, briefly, and without an end to the server. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type RunningApp, startApp } from '../support/app/app.ts';

let app: RunningApp;
before(async () => {
  app = await startApp({ config: { registry: { url: 'http://127.0.0.1:9', name: 'registry:5000' } } });
});
after(() => app?.stop());

/** Writes as it stands and reads until the server closes. */
function send(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(app.port, '127.0.0.1', () => socket.write(text));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.on('error', reject);
  });
}

const CASES: readonly (readonly [name: string, request: string, status: number])[] = [
  ['1 MB of scope by GET', `GET /api/auth?scope=${'a'.repeat(1_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ['a header of 100 KB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['two lengths', 'POST /api/auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
  [
    'length and chunks',
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
];
for (const [name, request, status] of CASES) {
  test(`${name}: ${status} as JSON, and the connection ends`, async () => {
    const answer = await send(request);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), answer);
    assert.match(head, /Content-Type: application\/json/);
    assert.match(head, /Connection: close/);
    assert.equal(typeof JSON.parse(body).errors[0].message, 'string');
    assert.equal((await fetch(`${app.url}/healthz`)).status, 200);
  });
}

test('1 MB of scope by POST and 200 scopes are refused with a sentence', async () => {
  const post = (body: string) =>
    fetch(`${app.url}/api/auth`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
    });
  const large = await post(`scope=${'a'.repeat(1_000_000)}`);
  assert.equal(large.status, 413, await large.text());
  const scopes = Array.from({ length: 200 }, (_, index) => `scope=repository:team/a${index}:pull`).join('&');
  const many = await fetch(`${app.url}/api/auth?service=registry:5000&${scopes}`, {
    headers: { Authorization: `Basic ${Buffer.from('member:member-password-1').toString('base64')}` },
  });
  assert.equal(many.status, 400);
  assert.match(((await many.json()) as { details: string }).details, /more than 100 different scopes/);
});

/** What goes over the line: small where it can be, never where it would tell a secret or hold a message back. */
import assert from 'node:assert/strict';
import { request as requestHttp } from 'node:http';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createLive } from '../../server/web/live/live.ts';
import { liveDeps } from '../support/app/live.ts';
import { createVisitor, startWeb, type TestWeb, type Visitor } from '../support/app/web.ts';

let web: TestWeb;
let admin: Visitor;

before(async () => {
  const live = createLive(liveDeps());
  web = await startWeb({ pages: [live.pages] });
  admin = createVisitor(web.url);
  await admin.signIn('admin', 'first-admin-password');
});
after(() => web?.stop());

interface Answer {
  readonly status: number;
  readonly header: (name: string) => string;
  readonly body: Buffer;
}

/** `fetch` would unpack by itself. */
function ask(path: string, headers: Record<string, string>): Promise<Answer> {
  const cookie = [...admin.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  return new Promise((resolve, reject) => {
    const sent = requestHttp(`${web.url}${path}`, { headers: { cookie, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      const header = (name: string) => String(response.headers[name] ?? '');
      const finish = () => resolve({ status: response.statusCode ?? 0, header, body: Buffer.concat(chunks) });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        // A stream has no end.
        if (!path.startsWith('/live')) return;
        finish();
        sent.destroy();
      });
      response.on('end', finish);
      response.on('error', () => undefined);
    });
    sent.on('error', (error) => (path.startsWith('/live') ? undefined : reject(error)));
    sent.end();
  });
}

test('a page is compressed, and its session is kept all the same', async () => {
  const plain = await ask('/users', {});
  const small = await ask('/users', { 'accept-encoding': 'gzip, br' });
  assert.equal(small.header('content-encoding'), 'br');
  assert.match(small.header('vary'), /Accept-Encoding/);
  assert.ok(small.body.length * 2 < plain.body.length);
  const text = (html: string) => html.replaceAll(/(?:value|data-asked-at)="[^"]*"/g, '');
  assert.equal(text(brotliDecompressSync(small.body).toString()), text(plain.body.toString()));
  const zipped = await ask('/users', { 'accept-encoding': 'gzip' });
  assert.match(gunzipSync(zipped.body).toString(), /<h1>Users/);
});

test('files of the build are sent as the build made them small, for a year', async () => {
  const html = (await ask('/users', {})).body.toString();
  const names = [...html.matchAll(/(?:href|src)="(\/assets\/[^"#]+)/g)].map(([, name = '']) => name);
  assert.ok(names.length >= 3);
  for (const name of new Set(names)) {
    const [plain, small, zipped] = await Promise.all(
      ['', 'br', 'gzip'].map((encoding) => ask(name, encoding === '' ? {} : { 'accept-encoding': encoding })),
    );
    assert.equal(plain?.header('content-encoding'), '');
    assert.equal(small?.header('content-encoding'), 'br');
    assert.equal(zipped?.header('content-encoding'), 'gzip');
    assert.match(small?.header('cache-control') ?? '', /max-age=31536000, immutable/);
    assert.equal(small?.header('vary'), 'Accept-Encoding');
    assert.equal(small?.header('content-type'), plain?.header('content-type'));
    assert.deepEqual(brotliDecompressSync(small?.body ?? Buffer.alloc(0)), plain?.body);
    assert.deepEqual(gunzipSync(zipped?.body ?? Buffer.alloc(0)), plain?.body);
  }
});

test('beside the files there is nothing', async () => {
  for (const path of [
    '/assets/',
    '/assets/..%2fassets.json',
    '/assets/../assets.json',
    '/assets/app.css.br',
    '/assets/nothing.css',
  ]) {
    assert.equal((await ask(path, {})).status, 404, path);
  }
});

test('the event stream is never compressed: it would be held back', async () => {
  const { header, body } = await ask('/live', { 'accept-encoding': 'gzip, br' });
  assert.equal(header('content-encoding'), '');
  assert.match(header('cache-control'), /no-transform/);
  assert.ok(body.length > 0);
});

test('the token of a form is another one in every answer, so that its length can tell nothing', async () => {
  const tokens = new Set<string>();
  for (let count = 0; count < 5; count += 1) {
    const html = (await ask('/users', {})).body.toString();
    for (const [, token = ''] of html.matchAll(/name="_csrf" value="([^"]+)"/g)) tokens.add(token);
  }
  assert.equal(tokens.size, 5);
});

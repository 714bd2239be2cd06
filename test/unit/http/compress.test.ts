import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { encodingFor, sendText } from '../../../server/http/compress.ts';

const cases = [
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'br'],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0, gzip;q=0', undefined],
  ['GZIP;q=0.8', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['*, br;q=0', 'gzip'],
] as const;
for (const [header, encoding] of cases) {
  test(`${header} takes ${encoding}`, () => assert.equal(encodingFor(header), encoding));
}

const LONG = '标签 team/app '.repeat(500);
const server = createServer((request, response) => {
  void sendText(request, response, request.url === '/short' ? 'short' : LONG);
});
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => server.close());

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = requestHttp({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('a long text is sent small to who can read it, and says that it depends', async () => {
  for (const [encoding, unpack] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const) {
    const { headers, body } = await ask('/', { 'accept-encoding': encoding });
    assert.equal(headers['content-encoding'], encoding);
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.equal(Number(headers['content-length']), body.length);
    assert.ok(body.length < 1000);
    assert.equal(unpack(body).toString(), LONG);
  }
});

test('everybody else gets it as it is', async () => {
  for (const headers of [{}, { 'accept-encoding': 'identity' }] as Record<string, string>[]) {
    const { headers: answered, body } = await ask('/', headers);
    assert.equal(answered['content-encoding'], undefined);
    assert.equal(body.toString(), LONG);
  }
  const { headers, body } = await ask('/short', { 'accept-encoding': 'br' });
  assert.deepEqual([headers['content-encoding'], body.toString()], [undefined, 'short']);
});

test('what another site asks for does not tell by its length what it holds', async () => {
  for (const site of ['cross-site', 'same-site']) {
    const { headers } = await ask('/', { 'accept-encoding': 'br', 'sec-fetch-site': site });
    assert.equal(headers['content-encoding'], undefined, site);
  }
  for (const site of ['same-origin', 'none']) {
    const { headers } = await ask('/', { 'accept-encoding': 'br', 'sec-fetch-site': site });
    assert.equal(headers['content-encoding'], 'br', site);
  }
});

test('a HEAD has no body', async () => {
  const { body } = await ask('/', { 'accept-encoding': 'br' }, 'HEAD');
  assert.equal(body.length, 0);
});

import assert from 'node:assert/strict';
import { Agent, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { StartError } from '../../../server/errors.ts';
import { closeServer, createHttpServer, listen } from '../../../server/http/server.ts';
import { withTimeout } from '../../../server/with-timeout.ts';

test('a taken port is one sentence with the setting to change', async () => {
  const first = createHttpServer((_request, response) => response.end(), null);
  const { port } = await listen(first, 0, '127.0.0.1');
  const second = createHttpServer((_request, response) => response.end(), null);
  await assert.rejects(listen(second, port, '127.0.0.1'), (error: unknown) => {
    assert.ok(error instanceof StartError);
    assert.equal(error.exitCode, 75);
    assert.match(error.message, new RegExp(`already listens on 127.0.0.1:${port}.*SERVER_PORT`));
    return true;
  });
  await closeServer(first, 100);
});

test('stopping ends idle connections at once and lets a running request finish', async () => {
  let arrived = (_response: ServerResponse): void => undefined;
  const arrival = new Promise<ServerResponse>((resolve) => {
    arrived = resolve;
  });
  const server = createHttpServer((_request, response) => arrived(response), null);
  const { port } = await listen(server, 0, '127.0.0.1');
  // As browsers open them in advance.
  const unused = connect(port, '127.0.0.1').resume();
  const unusedEnded = new Promise((resolve) => unused.once('close', resolve));
  const agent = new Agent({ keepAlive: true });
  const answer = new Promise<number | undefined>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', agent }, (response) => resolve(response.resume().statusCode));
    sent.on('error', reject);
    sent.end();
  });
  const running = await arrival;
  const closed = closeServer(server, 60_000);
  await unusedEnded;
  running.end('done');
  assert.equal(await answer, 200);
  const isClosed = await withTimeout(
    closed.then(() => true),
    4000,
  );
  assert.ok(isClosed, 'its connection is not kept alive');
});

test('a certificate that is none stops the start', () => {
  const tls = { cert: Buffer.from('no'), key: Buffer.from('no') };
  assert.throws(() => createHttpServer(() => undefined, tls), /server\.tls\.cert and server\.tls\.key/);
});

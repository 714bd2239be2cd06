import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { StartError } from '../../../server/errors.ts';
import { closeServer, createHttpServer, listen } from '../../../server/http/server.ts';

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

test('stopping lets a running request finish and ends idle connections', async () => {
  const server = createHttpServer((_request, response) => setTimeout(() => response.end('done'), 100), null);
  const { port } = await listen(server, 0, '127.0.0.1');
  const idle = connect(port, '127.0.0.1');
  const idleEnded = new Promise((resolve) => idle.once('close', resolve));
  const answer = new Promise<number | undefined>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1' }, (response) => resolve(response.statusCode));
    sent.on('error', reject);
    sent.end();
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  idle.resume();
  await closeServer(server, 1000);
  assert.equal(await answer, 200);
  await idleEnded;
});

test('a certificate that is none stops the start', () => {
  const tls = { cert: Buffer.from('no'), key: Buffer.from('no') };
  assert.throws(() => createHttpServer(() => undefined, tls), /server\.tls\.cert and server\.tls\.key/);
});

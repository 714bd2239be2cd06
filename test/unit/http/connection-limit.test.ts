import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createIsProxy } from '../../../server/http/client-address.ts';
import { limitConnections } from '../../../server/http/connection-limit.ts';
import { createHttpServer, listen } from '../../../server/http/server.ts';
import { eventually } from '../../support/process/eventually.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

async function serve(t: { after: (end: () => void) => void }, trusted: readonly string[]) {
  const server = createHttpServer((_request, response) => response.end('served'), null);
  const crowded: string[] = [];
  limitConnections(server, { isProxy: createIsProxy(trusted), onLimitReached: (address) => crowded.push(address) });
  const { port } = await listen(server, 0, '127.0.0.1');
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const open = (localAddress: string): Socket => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  };
  /** '' when the connection ended without an answer. */
  const ask = async (localAddress: string): Promise<string> => {
    const socket = open(localAddress).setEncoding('utf8');
    socket.write(REQUEST);
    const [text = ''] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])]).catch(() => [
      '',
    ]);
    return String(text).split('\r\n')[0] ?? '';
  };
  return { open, ask, crowded };
}

/** @returns how many of them the server let stay. */
async function hold(open: () => Socket, count: number): Promise<number> {
  const sockets = Array.from({ length: count }, open);
  let ended = 0;
  for (const socket of sockets) {
    socket.on('close', () => {
      ended += 1;
    });
  }
  await Promise.all(
    sockets.map((socket) =>
      socket.closed ? undefined : Promise.race([once(socket, 'connect'), once(socket, 'close')]),
    ),
  );
  return count - ended;
}

test('an address with very many connections keeps nobody else out', async (t) => {
  const { open, ask, crowded } = await serve(t, []);
  await hold(() => open('127.0.0.1'), 2100);
  assert.equal(await ask('127.0.0.2'), 'HTTP/1.1 200 OK');
  assert.equal(await ask('127.0.0.1'), '');
  assert.deepEqual(crowded, ['127.0.0.1'], 'told once');
});

test('a trusted proxy brings everybody, and is not counted', async (t) => {
  const { open, ask, crowded } = await serve(t, ['127.0.0.0/30']);
  await hold(() => open('127.0.0.1'), 700);
  assert.equal(await ask('127.0.0.1'), 'HTTP/1.1 200 OK');
  assert.deepEqual(crowded, []);
});

test('connections that ended make room', async (t) => {
  const { open, ask } = await serve(t, []);
  const held = Array.from({ length: 500 }, () => open('127.0.0.1'));
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  assert.equal(await ask('127.0.0.1'), '');
  for (const socket of held) socket.destroy();
  assert.equal(await eventually('an answer', () => ask('127.0.0.1')), 'HTTP/1.1 200 OK');
});

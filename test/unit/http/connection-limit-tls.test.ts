/** The limit counts raw connections, which TLS wraps: what it ends has no handshake, and what ended makes room all the same. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { before, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { createIsProxy } from '../../../server/http/client-address.ts';
import { limitConnections } from '../../../server/http/connection-limit.ts';
import { createHttpServer, listen, type ServerTls } from '../../../server/http/server.ts';
import { eventually } from '../../support/process/eventually.ts';
import { certificateFor, generateKey, pemOf } from '../../support/registry/operator-keys.ts';

const MAX_CONNECTIONS = 12;
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
let tls: ServerTls;
before(async () => {
  const key = generateKey('ec');
  tls = { key: Buffer.from(pemOf(key)), cert: Buffer.from(await certificateFor(key, { isCa: false })) };
});

async function serve(t: { after: (end: () => void) => void }, trusted: readonly string[] = []) {
  const server = createHttpServer((_request, response) => response.end('served'), tls);
  const crowded: string[] = [];
  const isProxy = createIsProxy(trusted);
  limitConnections(server, {
    isProxy,
    onLimitReached: (address) => crowded.push(address),
    maxPerAddress: MAX_CONNECTIONS,
  });
  const { port } = await listen(server, 0, '127.0.0.1');
  const opened: { destroy: () => void }[] = [];
  t.after(() => {
    for (const socket of opened) socket.destroy();
    server.close();
  });

  /** Without a handshake, as a stranger would do it. */
  async function openRaw(localAddress: string): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    opened.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
  }

  /** @returns the connection once its handshake is done; undefined when it was ended. */
  async function open(localAddress: string): Promise<TLSSocket | undefined> {
    // The type knows only what TLS adds; the rest is given to the connection.
    const options: ConnectionOptions & { localAddress: string } = { port, host: '127.0.0.1', localAddress };
    const socket = connectTls({ ...options, rejectUnauthorized: false });
    opened.push(socket);
    socket.on('error', () => undefined);
    const isOpen = once(socket, 'secureConnect').then(
      () => true,
      () => false,
    );
    return (await Promise.race([
      isOpen,
      once(socket, 'close').then(
        () => false,
        () => false,
      ),
    ]))
      ? socket
      : undefined;
  }

  async function ask(localAddress: string): Promise<string> {
    const socket = await open(localAddress);
    if (socket === undefined) return '';
    socket.setEncoding('utf8').write(REQUEST);
    const [text] = (await once(socket, 'data')) as [string];
    socket.destroy();
    return text.split('\r\n')[0] ?? '';
  }
  return { open, openRaw, ask, crowded };
}

const OK = 'HTTP/1.1 200 OK';

test('an address that holds as many as it may gets no more, others do', async (t) => {
  const { open, ask, crowded } = await serve(t);
  const held = await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => open('127.0.0.1')));
  assert.ok(held.every((socket) => socket !== undefined));
  assert.equal(await ask('127.0.0.1'), '');
  assert.equal(await ask('127.0.0.1'), '');
  assert.equal(await ask('127.0.0.2'), OK);
  assert.deepEqual(crowded, ['127.0.0.1'], 'told once');
});

test('connections that never begin their handshake count, too', async (t) => {
  const { openRaw, ask } = await serve(t);
  await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => openRaw('127.0.0.1')));
  assert.equal(await ask('127.0.0.1'), '');
  assert.equal(await ask('127.0.0.2'), OK);
});

test('connections that ended make room', async (t) => {
  const { open, ask } = await serve(t);
  const held = await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => open('127.0.0.1')));
  assert.equal(await ask('127.0.0.1'), '');
  for (const socket of held) socket?.destroy();
  assert.equal(await eventually('an answer', () => ask('127.0.0.1')), OK);
});

test('connections one after the other are not limited', async (t) => {
  const { ask, crowded } = await serve(t);
  for (let count = 0; count < MAX_CONNECTIONS * 3; count += 1) {
    // The server may learn of the end a moment later.
    await eventually('an answer', () => ask('127.0.0.1'), { until: (answer) => answer === OK, pauseMs: 1 });
  }
  assert.deepEqual(crowded, []);
});

test('a trusted proxy brings everybody, and is not counted', async (t) => {
  const { open, ask, crowded } = await serve(t, ['127.0.0.1']);
  await Promise.all(Array.from({ length: MAX_CONNECTIONS * 2 }, () => open('127.0.0.1')));
  assert.equal(await ask('127.0.0.1'), OK);
  assert.deepEqual(crowded, []);
});

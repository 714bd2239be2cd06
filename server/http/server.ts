import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { errorText, StartError } from '../errors.ts';
import { answerClientError } from './client-error.ts';

export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

// Node's defaults would let a slow client hold a connection for five minutes.
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
} as const;
const MAX_CONNECTIONS = 2000;
const MAX_HEADERS = 64;
const ANSWERED_MS = 50;

/**
 * An HTTP/1.1 server, with TLS when certificate and key are given. Limits header sizes and the time a request may take.
 * @throws {StartError} when certificate and key do not match.
 */
export function createHttpServer(listener: RequestListener, tls: ServerTls | null): Server {
  const server = tls === null ? createServer(LIMITS, listener) : createSecure(listener, tls);
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  server.on('clientError', answerClientError);
  unused.set(server, trackUnused(server, tls === null ? 'connection' : 'secureConnection'));
  return server;
}

// Browsers open connections in advance. Node takes one on which nothing was asked yet for a busy one.
const unused = new WeakMap<Server, ReadonlySet<Socket>>();

function trackUnused(server: Server, event: 'connection' | 'secureConnection'): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on(event, (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', ({ socket }) => sockets.delete(socket));
  return sockets;
}

function createSecure(listener: RequestListener, tls: ServerTls): Server {
  try {
    return createTlsServer({ ...LIMITS, ...tls, minVersion: 'TLSv1.2' }, listener);
  } catch (error) {
    throw new StartError([`server.tls.cert and server.tls.key cannot be used together: ${errorText(error)}.`]);
  }
}

/** @throws {StartError} when the port is taken, not allowed, or the address is not one of this machine. */
export async function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, port, host)));
    server.listen(port, host, resolve);
  });
  return server.address() as AddressInfo;
}

function cannotListen(error: NodeJS.ErrnoException, port: number, host: string): StartError {
  const place = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      [`Something else already listens on ${place}. Stop it, or set server.port (SERVER_PORT) to a free port.`],
      75,
    );
  }
  if (error.code === 'EACCES') {
    return new StartError([
      `This user may not listen on ${place}. Set server.port (SERVER_PORT) to a port above 1023.`,
    ]);
  }
  return new StartError([
    `Cannot listen on ${place}: ${error.message}. Set server.host to an address of this machine.`,
  ]);
}

/** Stops accepting connections, closes idle ones at once and the others after `drainMs`. */
export async function closeServer(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const socket of unused.get(server) ?? []) socket.destroy();
  // What has been answered meanwhile is kept alive by its client.
  const answered = setInterval(() => server.closeIdleConnections(), ANSWERED_MS);
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(answered);
  clearTimeout(timer);
}

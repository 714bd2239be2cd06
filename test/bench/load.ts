/** A small load generator on raw sockets: it costs less than the servers it measures, and all of them get the same one. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile } from './lines.ts';

const ACCEPTED_MS = 100;

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

type Headers = Readonly<Record<string, string>>;

export interface LoadOptions {
  readonly port: number;
  /** Several are asked in turn; a function is called for each request. */
  readonly path: string | readonly string[] | (() => string);
  /** Of several each connection has its own, in turn. */
  readonly headers: Headers | readonly Headers[];
  readonly connections: number;
  readonly durationMs: number;
}

export async function load(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const sockets = await Promise.all(Array.from({ length: options.connections }, () => connected(options.port)));
  // A busy server takes one new connection per turn of its loop: the last of them would wait for many answers of the first.
  await sleep(ACCEPTED_MS);
  const start = performance.now();
  const end = start + options.durationMs;
  const failures = await Promise.all(sockets.map((socket, index) => drive(options, { socket, index, end }, latencies)));
  const seconds = (performance.now() - start) / 1000;
  return {
    perSecond: latencies.length / seconds,
    p50Ms: median(latencies),
    p99Ms: quantile(latencies, 0.99),
    failures: failures.reduce((sum, count) => sum + count, 0),
  };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject);
  });
}

interface Client {
  readonly socket: Socket;
  readonly index: number;
  readonly end: number;
}

/** The next request when the answer to the last is complete. Returns how many were no 200. */
function drive({ path, headers }: LoadOptions, { socket, index, end }: Client, latencies: number[]): Promise<number> {
  const own = [headers].flat();
  const lines = Object.entries({ host: 'localhost', ...own[index % own.length] }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const requestFor = (each: string) => `GET ${each} HTTP/1.1\r\n${lines.join('')}\r\n`;
  const requests = typeof path === 'function' ? [] : [path].flat().map(requestFor);
  return new Promise((resolve, reject) => {
    let failures = 0;
    let received = '';
    let sentAt = 0;
    let next = index;
    const send = () => {
      sentAt = performance.now();
      socket.write(typeof path === 'function' ? requestFor(path()) : (requests[next % requests.length] ?? ''));
      next += 1;
    };
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('error', reject).on('close', () => reject(new Error('The server closed a connection')));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.length < wholeLength(received)) return;
      latencies.push(performance.now() - sentAt);
      if (!received.startsWith('HTTP/1.1 200')) failures += 1;
      received = '';
      if (performance.now() < end) return send();
      resolve(failures);
      socket.destroy();
    });
    send();
  });
}

function wholeLength(received: string): number {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return Number.POSITIVE_INFINITY;
  const length = /content-length: (\d+)/i.exec(received.slice(0, headEnd));
  return headEnd + 4 + Number(length?.[1] ?? 0);
}

/** A small load generator on raw sockets: it costs less than the servers it measures, and both get the same one. */
import { connect } from 'node:net';

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

export interface LoadOptions {
  readonly port: number;
  /** Several are asked in turn; a function is called for each request. */
  readonly path: string | readonly string[] | (() => string);
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly durationMs: number;
}

export async function load(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const end = performance.now() + options.durationMs;
  const start = performance.now();
  const failures = await Promise.all(
    Array.from({ length: options.connections }, (_, index) => drive(options, index, end, latencies)),
  );
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0;
  return {
    perSecond: latencies.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failures: failures.reduce((sum, count) => sum + count, 0),
  };
}

/** One connection: the next request when the answer to the last is complete. Returns how many were no 200. */
function drive({ port, path, headers }: LoadOptions, first: number, end: number, latencies: number[]): Promise<number> {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const requestFor = (each: string) => `GET ${each} HTTP/1.1\r\n${lines.join('')}\r\n`;
  const requests = typeof path === 'function' ? [] : [path].flat().map(requestFor);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let failures = 0;
    let received = '';
    let sentAt = 0;
    let next = first;
    const send = () => {
      sentAt = performance.now();
      socket.write(typeof path === 'function' ? requestFor(path()) : (requests[next % requests.length] ?? ''));
      next += 1;
    };
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('connect', send).on('error', reject);
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.length < wholeLength(received)) return;
      latencies.push(performance.now() - sentAt);
      if (!received.startsWith('HTTP/1.1 200')) failures += 1;
      received = '';
      if (performance.now() < end) return send();
      socket.destroy();
      resolve(failures);
    });
  });
}

function wholeLength(received: string): number {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return Number.POSITIVE_INFINITY;
  const length = /content-length: (\d+)/i.exec(received.slice(0, headEnd));
  return headEnd + 4 + Number(length?.[1] ?? 0);
}

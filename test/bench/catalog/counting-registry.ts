/** Stands where the registry would: answers that it is there, refuses everything else, and counts. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A crawl tries again after one and after three seconds. */
const QUIET_MS = 6000;

export interface CountingRegistry {
  readonly url: string;
  /** Everything but the health check `GET /v2/` since the last `reset`. */
  asked(): readonly string[];
  reset(): void;
  /** Resolves when nothing was asked for some seconds. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

export async function startCountingRegistry(): Promise<CountingRegistry> {
  let asked: string[] = [];
  let lastAt = performance.now();
  const server = createServer((request, response) => {
    if (request.url === '/v2/') {
      response.writeHead(200, { 'docker-distribution-api-version': 'registry/2.0' }).end('{}');
      return;
    }
    lastAt = performance.now();
    asked.push(`${request.method} ${request.url}`);
    // So that the crawl at the start gives up and the index stays as it was filled.
    response.writeHead(503, { 'content-type': 'application/json' }).end('{"errors":[{"code":"UNAVAILABLE"}]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    reset: () => {
      asked = [];
    },
    async quiet() {
      while (performance.now() - lastAt < QUIET_MS) await sleep(100);
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Stands where the registry would: answers that it is there, refuses everything else, and counts. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingRegistry {
  readonly url: string;
  /** Everything but the health check `GET /v2/` since the last `reset`. */
  asked(): readonly string[];
  reset(): void;
  stop(): Promise<void>;
}

export async function startCountingRegistry(): Promise<CountingRegistry> {
  let asked: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/v2/') {
      response.writeHead(200, { 'docker-distribution-api-version': 'registry/2.0' }).end('{}');
      return;
    }
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
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * Stands where the registry would. At first it answers that it is there and refuses everything else, so that the index stays
 * as it was filled; then, if wanted, it has what the index has, and what is pushed to it. It counts what it is asked.
 */
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anEvent } from '../../support/registry/events.ts';
import { type Document, type IndexReader, openIndexReader } from './index-reader.ts';

/** A crawl tries again after one and after three seconds. */
const QUIET_MS = 6000;
const PAGE = 1000;
export const SERVICE = 'registry.example.com';

export interface IndexRegistry {
  readonly url: string;
  /** What came with a token since the last `reset`, but `GET /v2/`, and `HEAD` of a tag, which the clock asks for. */
  asked(): readonly string[];
  reset(): void;
  /** Resolves when nothing was asked for some seconds. */
  quiet(): Promise<void>;
  /** From now on it answers. @param file database of the index. */
  serve(file: string): void;
  /** A new image, built on one that the repository has. @returns the event that a registry would send. */
  push(repository: string, tag: string): Record<string, unknown>;
  stop(): Promise<void>;
}

/** @param realm of its tokens, which it takes unread. */
export async function startIndexRegistry(realm: string): Promise<IndexRegistry> {
  let asked: string[] = [];
  let lastAt = performance.now();
  let index: IndexReader | undefined;
  const pushed = new Map<string, Document>();

  function answer(method: string, url: URL, response: ServerResponse): void {
    // So that the crawl at the start gives up.
    if (index === undefined) return void sendJson(response, 503, { errors: [{ code: 'UNAVAILABLE' }] });
    const last = url.searchParams.get('last') ?? '';
    if (url.pathname === '/v2/_catalog')
      return void sendPage(response, 'repositories', url, index.repositories(last, PAGE));
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(tags|manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (kind === 'tags') return void sendPage(response, 'tags', url, index.tags(name, last, PAGE), { name });
    const found = kind === 'blobs' ? index.config(reference) : manifest(name, decodeURIComponent(reference));
    sendDocument(response, method, found);
  }

  function manifest(name: string, reference: string): Document | undefined {
    return pushed.get(`${name} ${reference}`) ?? index?.manifest(name, reference);
  }

  const server = createServer((request, response) => {
    const { method = 'GET', url = '' } = request;
    if (request.headers.authorization === undefined) return void sendChallenge(response, realm);
    if (url === '/v2/') return void sendJson(response, 200, {});
    if (!isVerification(method, url)) {
      lastAt = performance.now();
      asked.push(`${method} ${url}`);
    }
    answer(method, new URL(url, 'http://localhost'), response);
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
    serve(file) {
      index ??= openIndexReader(file);
    },
    push(repository, tag) {
      const base = index?.newestImage(repository);
      if (base === undefined) throw new Error(`${repository} has no image`);
      const image = derivedFrom(base, `${repository}:${tag}`);
      for (const reference of [tag, image.digest]) pushed.set(`${repository} ${reference}`, image);
      return anEvent({ repository, tag, digest: image.digest, mediaType: image.mediaType });
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      index?.close();
    },
  };
}

/** Known tags are asked for a few each minute, whatever pages do. */
function isVerification(method: string, url: string): boolean {
  return method === 'HEAD' && /\/manifests\/(?!sha256:)/.test(url);
}

function derivedFrom({ raw, mediaType }: Document, name: string): Document {
  const body = { ...JSON.parse(raw.toString()), annotations: { 'org.opencontainers.image.ref.name': name } };
  const own = Buffer.from(JSON.stringify(body));
  return { raw: own, mediaType, digest: `sha256:${createHash('sha256').update(own).digest('hex')}` };
}

function sendPage(
  response: ServerResponse,
  field: string,
  { pathname }: URL,
  entries: readonly string[],
  more: object = {},
): void {
  const next = `<${pathname}?n=${PAGE}&last=${encodeURIComponent(entries.at(-1) ?? '')}>; rel="next"`;
  if (entries.length === PAGE) response.setHeader('link', next);
  sendJson(response, 200, { ...more, [field]: entries });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'docker-distribution-api-version': 'registry/2.0' })
    .end(JSON.stringify(body));
}

/** Pages warn of a registry that answers without a token. */
function sendChallenge(response: ServerResponse, realm: string): void {
  response.setHeader('www-authenticate', `Bearer realm="${realm}",service="${SERVICE}"`);
  sendJson(response, 401, { errors: [{ code: 'UNAUTHORIZED' }] });
}

function sendDocument(response: ServerResponse, method: string, found: Document | undefined): void {
  if (found === undefined) return void sendJson(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] });
  const { raw, mediaType, digest } = found;
  response
    .writeHead(200, { 'content-type': mediaType, 'content-length': raw.length, 'docker-content-digest': digest })
    .end(method === 'HEAD' ? undefined : raw);
}

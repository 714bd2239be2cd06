/** A registry of which each repository misbehaves in its own way, beside good ones. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sha256 } from './content.ts';

export type Answering = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** What a repository answers instead of the truth; what is left out is true. */
export interface Misbehaviour {
  readonly tags?: Answering;
  readonly head?: Answering;
  readonly manifest?: Answering;
}

export interface HostileRegistry {
  readonly repositories: Map<string, Misbehaviour>;
  /** Instead of the list of `repositories`. */
  catalog?: Answering | undefined;
  /** Before anything else; true: it has answered. */
  before?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
}

const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = Buffer.from(
  JSON.stringify({ os: 'linux', architecture: 'amd64', config: {}, rootfs: { diff_ids: [] } }),
);
/** Of the one image in a repository; each has another, because a known digest is never fetched twice. */
export function manifestOf(repository: string): Buffer {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(CONFIG), size: CONFIG.length };
  return Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: TYPE, config, layers: [], annotations: { of: repository } }),
  );
}

const PATH = /^\/v2\/(.+)\/(tags\/list|manifests\/[^/]+|blobs\/[^/]+)$/;

export function createHostileRegistry(): HostileRegistry {
  const registry: HostileRegistry = {
    repositories: new Map(),
    listener(request, response) {
      if (registry.before?.(request, response)) return;
      const url = new URL(request.url ?? '/', 'http://registry');
      if (url.pathname === '/v2/') return json(response, {});
      if (url.pathname === '/v2/_catalog') {
        return (registry.catalog ?? listOf([...registry.repositories.keys()]))(request, response, url);
      }
      const [, name = '', what = ''] = PATH.exec(url.pathname) ?? [];
      const kind = kindOf(request, what);
      const { [kind]: odd } = registry.repositories.get(name) ?? {};
      (odd ?? truth(name, kind))(request, response, url);
    },
  };
  return registry;
}

function kindOf(request: IncomingMessage, what: string): 'tags' | 'head' | 'manifest' {
  if (what === 'tags/list') return 'tags';
  return request.method === 'HEAD' ? 'head' : 'manifest';
}

function listOf(repositories: readonly string[]): Answering {
  return (_request, response) => json(response, { repositories });
}

/** One tag `v1` on one image. */
function truth(name: string, kind: 'tags' | 'head' | 'manifest'): Answering {
  if (kind === 'tags') return (_request, response) => json(response, { name, tags: ['v1'] });
  return (request, response) => {
    if (request.url?.endsWith(sha256(CONFIG))) send(response, CONFIG, 'application/octet-stream');
    else sendManifest(response, manifestOf(name), request.method === 'HEAD');
  };
}

export function sendManifest(response: ServerResponse, raw: Buffer, isHead = false, digest = sha256(raw)): void {
  response.setHeader('Docker-Content-Digest', digest);
  response.setHeader('Content-Length', raw.length);
  response.setHeader('Content-Type', TYPE);
  response.end(isHead ? undefined : raw);
}

export function send(response: ServerResponse, body: Buffer | string, type: string, status = 200): void {
  response.writeHead(status, { 'Content-Type': type }).end(body);
}

export function json(response: ServerResponse, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

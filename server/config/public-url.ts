import { isIP } from 'node:net';
import type { Config } from './config.ts';
import { hostName, isLoopbackName } from './host-name.ts';
import { hostAndPort } from './resolve.ts';

type ServerConfig = Pick<Config, 'server'>;

/**
 * Our address for browsers, with the base path, without a trailing slash.
 * @param cameBy Address of the current request, used when none is configured: a published port or a proxy may differ
 * from the port that we listen on.
 */
export function publicBaseUrl({ server }: ServerConfig, cameBy?: string): string {
  if (server.public_url !== null) return server.public_url + server.base_path;
  const scheme = server.tls.cert === null ? 'http' : 'https';
  return cameBy ?? `${scheme}://localhost:${server.port}${server.base_path}`;
}

/** The value for the registry's `auth.token.realm`. */
export function tokenRealm(config: ServerConfig, cameBy?: string): string {
  return `${publicBaseUrl(config, cameBy)}/api/auth`;
}

/** Whether the host is `localhost` or an IP address: works on one machine only, and some clients refuse addresses. */
export function isLocalName(url: string): boolean {
  const name = hostName(new URL(url).host);
  return isLoopbackName(name) || isIP(name) !== 0;
}

/** Where the registry sends notifications: from another container it never reaches us under localhost. */
export function notificationUrl(config: Pick<Config, 'registry' | 'server'>, inContainer: boolean): string {
  const { registry, server } = config;
  const isBeside = inContainer && registry.url !== null;
  const base = isBeside ? `${registry.setup.own_url}${server.base_path}` : publicBaseUrl(config);
  return `${base}/api/notification`;
}

type RegistryConfig = Pick<Config, 'registry'>;

/** Managed mode: we write this registry's configuration. */
export function isManagedRegistry({ registry }: RegistryConfig): boolean {
  return registry.url === null || registry.setup.folder !== null;
}

/** The registry's URL for our own requests. A managed registry is reached on this machine. */
export function registryBaseUrl({ registry }: RegistryConfig): string {
  const host = /^(0\.0\.0\.0|::)$/.test(registry.host) ? '127.0.0.1' : registry.host;
  return registry.url ?? `http://${host.includes(':') ? `[${host}]` : host}:${registry.port}`;
}

/** What people type before a repository name. */
export function registryHost({ registry }: RegistryConfig): string {
  return registry.public_name;
}

/**
 * Whether clients certainly use plain HTTP: their host name and port are those that we use plain HTTP with. Behind
 * another name there may be a proxy with TLS.
 */
export function isPlainRegistry(config: RegistryConfig): boolean {
  const { url, port } = config.registry;
  const host = registryHost(config);
  if (url === null) return host.endsWith(`:${port}`);
  return new URL(url).protocol === 'http:' && hostAndPort(url) === host;
}

/** Our own host names, for requests from this machine, with or without a port. */
export function ownHosts({ server, registry }: Pick<Config, 'server' | 'registry'>): readonly string[] {
  const publicHost = server.public_url === null ? [] : [new URL(server.public_url).host];
  return [...new Set([...publicHost, registry.name, registry.public_name, ...server.hosts])];
}

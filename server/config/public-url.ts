import { isIP } from 'node:net';
import type { Config } from './config.ts';
import { hostName, isLoopbackName } from './host-name.ts';
import { hostAndPort } from './resolve.ts';

type ServerConfig = Pick<Config, 'server'>;

/**
 * The address people reach us under, with the base path, without a trailing slash.
 * @param cameBy where nothing is configured, the address under which somebody reached us is right: a published port or a
 *   proxy may stand before the port that we listen on
 */
export function publicBaseUrl({ server }: ServerConfig, cameBy?: string): string {
  if (server.public_url !== null) return server.public_url + server.base_path;
  const scheme = server.tls.cert === null ? 'http' : 'https';
  return cameBy ?? `${scheme}://localhost:${server.port}${server.base_path}`;
}

/** What the registry's `auth.token.realm` has to say. */
export function tokenRealm(config: ServerConfig, cameBy?: string): string {
  return `${publicBaseUrl(config, cameBy)}/api/auth`;
}

/** `localhost` or a literal address: right only on one machine; some clients refuse literal addresses. */
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

/** We write this registry's configuration ourselves. */
export function isOurs({ registry }: RegistryConfig): boolean {
  return registry.url === null || registry.setup.folder !== null;
}

/** Where we reach the registry. Managed mode listens where the configuration says; we reach it on this machine. */
export function registryBaseUrl({ registry }: RegistryConfig): string {
  const host = /^(0\.0\.0\.0|::)$/.test(registry.host) ? '127.0.0.1' : registry.host;
  return registry.url ?? `http://${host.includes(':') ? `[${host}]` : host}:${registry.port}`;
}

/** What people type before the repository. */
export function registryHost({ registry }: RegistryConfig): string {
  return registry.public_name;
}

/**
 * People reach the registry without TLS for sure: under the name and port that we ourselves speak plain HTTP to. Behind
 * another name there may be a proxy that we do not see.
 */
export function isPlainRegistry(config: RegistryConfig): boolean {
  const { url, port } = config.registry;
  const host = registryHost(config);
  if (url === null) return host.endsWith(`:${port}`);
  return new URL(url).protocol === 'http:' && hostAndPort(url) === host;
}

/** The host names under which people may reach us from this machine itself, with or without a port. */
export function ownHosts({ server, registry }: Pick<Config, 'server' | 'registry'>): readonly string[] {
  const publicHost = server.public_url === null ? [] : [new URL(server.public_url).host];
  return [...new Set([...publicHost, registry.name, registry.public_name, ...server.hosts])];
}

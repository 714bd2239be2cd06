import type { Config, GivenConfig } from './config.ts';
import { hostName, isLoopback } from './host-name.ts';

export interface ResolvedConfig {
  readonly config: Config;
  /** One sentence for each pair of contradictory settings. */
  readonly mistakes: readonly string[];
}

/** Fills in the defaults that depend on other settings, so that no other code needs defaults. */
export function resolveConfig(given: GivenConfig, inContainer: boolean): ResolvedConfig {
  const { registry: givenRegistry, server } = given;
  const { context_path: oldBasePath, username, password, ...registry } = givenRegistry;
  const { origin, path } = splitUrl(server.public_url);
  const name = registryName(registry);
  const prefixes = [...new Set([oldBasePath ?? '', server.base_path, path].filter((prefix) => prefix !== ''))];
  const host = server.host ?? (inContainer ? '0.0.0.0' : '127.0.0.1');
  const mistakes =
    prefixes.length < 2
      ? []
      : [
          `server.base_path: ${prefixes.join(' and ')} contradict each other (registry.context_path is its old name, and the path of server.public_url must be the same)`,
        ];
  return {
    mistakes,
    config: {
      ...given,
      registry: {
        ...registry,
        name,
        host: registry.host === '' ? host : registry.host,
        public_name: registry.public_name ?? name,
        basic_auth: registry.basic_auth ?? basicAuth(username, password ?? ''),
        readonly: registry.readonly ?? !registry.auth.enabled,
        auth: { ...registry.auth, service: registry.auth.service ?? name },
      },
      server: {
        ...server,
        host,
        base_path: prefixes[0] ?? '',
        public_url: origin,
      },
    },
  };
}

/** The value of a Basic `Authorization` header (RFC 7617), without the scheme. */
function basicAuth(username: string | null, password: string): string | null {
  return username === null ? null : Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
}

function splitUrl(url: string | null): { origin: string | null; path: string } {
  if (url === null) return { origin: null, path: '' };
  const { origin, pathname } = new URL(url);
  return { origin, path: pathname.replace(/\/+$/, '') };
}

/** What people type before a repository name; default: the registry's address. */
function registryName({ name, url, port }: Pick<GivenConfig['registry'], 'name' | 'url' | 'port'>): string {
  if (name !== '') return name;
  // The same name for this machine as in the realm: oras refuses a loopback realm with another name.
  if (url === null) return `localhost:${port}`;
  const host = hostAndPort(url);
  return isLoopback(hostName(host)) ? host.replace(/^(\[[^\]]*\]|[^:]*)/, 'localhost') : host;
}

/**
 * Host and port as clients write them. Plain HTTP always with its port: a name without dot and port would not be
 * recognised as a host.
 */
export function hostAndPort(url: string): string {
  const { protocol, host, port } = new URL(url);
  return protocol === 'http:' && port === '' ? `${host}:80` : host;
}

import { hostName, isLoopback } from '../host-name.ts';
import type { Config } from './config.ts';

export interface CompletedConfig {
  readonly config: Config;
  /** One sentence for each pair of settings that contradict each other. */
  readonly mistakes: readonly string[];
}

/** Fills in the defaults that depend on other settings. */
export function completeConfig(config: Config, inContainer: boolean): CompletedConfig {
  const { registry, server } = config;
  const { origin, path } = splitUrl(server.public_url);
  const name = registryName(registry);
  const given = [...new Set([registry.context_path ?? '', server.base_path, path].filter((prefix) => prefix !== ''))];
  const mistakes =
    given.length < 2
      ? []
      : [
          `server.base_path: ${given.join(' and ')} contradict each other (registry.context_path is its old name, and the path of server.public_url must be the same)`,
        ];
  return {
    mistakes,
    config: {
      ...config,
      registry: {
        ...registry,
        name,
        readonly: registry.readonly ?? !registry.auth.enabled,
        auth: { ...registry.auth, service: registry.auth.service ?? name },
      },
      server: {
        ...server,
        host: server.host ?? (inContainer ? '0.0.0.0' : '127.0.0.1'),
        base_path: given[0] ?? '',
        public_url: origin,
      },
    },
  };
}

function splitUrl(url: string | null): { origin: string | null; path: string } {
  if (url === null) return { origin: null, path: '' };
  const { origin, pathname } = new URL(url);
  return { origin, path: pathname.replace(/\/+$/, '') };
}

/** What people type before the repository; when nobody says so, where the registry is. */
export function registryName({ name, url, port }: Pick<Config['registry'], 'name' | 'url' | 'port'>): string {
  if (name !== '') return name;
  // The same word for this machine as in the realm: oras refuses a loopback realm that is named differently.
  if (url === null) return `localhost:${port}`;
  const host = hostAndPort(url);
  return isLoopback(hostName(host)) ? host.replace(/^(\[[^\]]*\]|[^:]*)/, 'localhost') : host;
}

/** As clients write it. Plain HTTP always with its port: a name without a dot and a port would not be taken for a host. */
export function hostAndPort(url: string): string {
  const { protocol, host, port } = new URL(url);
  return protocol === 'http:' && port === '' ? `${host}:80` : host;
}

import { isIP } from 'node:net';
import type { Config } from '../../config/config.ts';
import { hostName, isLoopbackName } from '../../config/host-name.ts';
import { isPlainRegistry, registryHost } from '../../config/public-url.ts';

/** How clients reach the registry, as far as the configuration tells. */
export interface RegistryReach {
  /** What people type before the repository: `registry.lan:5000`. */
  readonly host: string;
  /** Without the port and without the brackets of IPv6. */
  readonly hostname: string;
  /** `unknown`: there may be a proxy in front of the registry. */
  readonly transport: 'http' | 'https' | 'unknown';
  /** Docker accepts plain HTTP from loopback names without a setting. */
  readonly isLoopback: boolean;
  readonly isLiteralAddress: boolean;
  /** The registry checks passwords itself (htpasswd). */
  readonly hasOwnAccounts?: boolean;
}

export function registryReach(config: Pick<Config, 'registry'>): RegistryReach {
  const host = registryHost(config);
  const hostname = hostName(host);
  const isLoopback = isLoopbackName(hostname);
  return {
    ...{ host, hostname, isLoopback },
    transport: transportOf(config, isLoopback),
    isLiteralAddress: isIP(hostname) !== 0,
    hasOwnAccounts: config.registry.basic_auth !== null,
  };
}

function transportOf(config: Pick<Config, 'registry'>, isLoopback: boolean): RegistryReach['transport'] {
  if (isPlainRegistry(config)) return 'http';
  const { url } = config.registry;
  if (url !== null && new URL(url).protocol === 'https:' && isSameHost(url, registryHost(config))) return 'https';
  return isLoopback ? 'http' : 'unknown';
}

function isSameHost(url: string, host: string): boolean {
  const { host: reached, port } = new URL(url);
  return host === reached || (port === '' && host === `${reached}:443`);
}

import { isIP } from 'node:net';
import type { Config } from '../../config/config.ts';

/** How clients get to the registry, as far as the configuration tells. */
export interface RegistryReach {
  /** What people type before the repository: `registry.lan:5000`. */
  readonly host: string;
  /** Without the port; brackets of IPv6 are gone. */
  readonly hostname: string;
  /** unknown: a proxy that we do not know may stand before the registry. */
  readonly transport: 'http' | 'https' | 'unknown';
  /** Docker takes plain HTTP from these without being told. */
  readonly isLoopback: boolean;
  readonly isLiteralAddress: boolean;
}

export function registryReach({ registry }: Pick<Config, 'registry'>): RegistryReach {
  const host = registry.public_name ?? registry.name;
  const hostname = hostnameOf(host);
  const isLoopback = isLoopbackName(hostname);
  return {
    ...{ host, hostname, isLoopback },
    transport: transportOf(registry, host, isLoopback),
    isLiteralAddress: isIP(hostname) !== 0,
  };
}

export function isLoopbackName(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|::1)$/i.test(hostname);
}

export function hostnameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  return bracketed ?? host.replace(/:\d+$/, '');
}

function transportOf(registry: Config['registry'], host: string, isLoopback: boolean): RegistryReach['transport'] {
  // The one that we start speaks plain HTTP; under another name it is reached through something in between.
  if (registry.url === null) return registry.public_name === null ? 'http' : 'unknown';
  const url = new URL(registry.url);
  const ports: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
  const isSame = host === url.host || host === `${url.host}:${ports[url.protocol]}`;
  if (isSame) return url.protocol === 'https:' ? 'https' : 'http';
  return isLoopback ? 'http' : 'unknown';
}

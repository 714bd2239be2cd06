/** What all routes share: addresses, errors, headers, the table of routes and who may use them. Knows nothing of the domain. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Who calls, over what, under which name: from the socket, or from a trusted proxy's headers. */
export interface ClientOrigin {
  /** Canonical text: IPv4-mapped IPv6 folded to IPv4, zone removed. */
  readonly address: string;
  readonly secure: boolean;
  /** Host as the browser used it, with the port; only for display and same-origin checks, never for links. */
  readonly host: string;
}

export type OriginOf = (request: IncomingMessage) => ClientOrigin;

/** IPv4-mapped IPv6 becomes IPv4, the zone and brackets go; anything else comes back as it is. */
export function canonicalAddress(text: string): string {
  const bare =
    text
      .trim()
      .replace(/^\[(.*)\]$/, '$1')
      .split('%')[0] ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  return mapped?.[1] ?? bare.toLowerCase();
}

/** One machine: an IPv4 address, and all addresses that an IPv6 machine can give itself. */
export function machineOf(address: string): string {
  return isIPv4(address) ? address : networkOf(address);
}

/** What one person or company usually holds: IPv4 /24, IPv6 /64. */
export function networkOf(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.toLowerCase().split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const first = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ?? '').split(':')].slice(0, 4);
  return `${first.map((group) => Number.parseInt(group || '0', 16).toString(16)).join(':')}::/64`;
}

function proxyList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** @param trusted addresses and CIDR blocks @returns whether a canonical address is one of them */
export function createIsProxy(trusted: readonly string[]): (address: string) => boolean {
  const proxies = proxyList(trusted);
  // Without proxies nothing has to be looked up, which the token endpoint notices.
  return (address) =>
    trusted.length > 0 && isIP(address) !== 0 && proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/**
 * @param trusted Addresses and CIDR blocks of the proxies whose `X-Forwarded-*` count; empty: none do.
 * The client is the right-most hop that no trusted proxy wrote about itself.
 */
export function createOriginOf(trusted: readonly string[]): OriginOf {
  const isProxy = createIsProxy(trusted);
  return (request) => {
    const peer = canonicalAddress(request.socket.remoteAddress ?? '');
    const encrypted = 'encrypted' in request.socket && request.socket.encrypted === true;
    const host = header(request, 'host') ?? '';
    if (!isProxy(peer)) return { address: peer, secure: encrypted, host };
    return {
      address: forwardedAddress(peer, header(request, 'x-forwarded-for'), isProxy),
      secure: lastOf(header(request, 'x-forwarded-proto')) === 'https' || encrypted,
      host: lastOf(header(request, 'x-forwarded-host')) || host,
    };
  };
}

function lastOf(list: string | undefined): string {
  return (list ?? '').split(',').at(-1)?.trim() ?? '';
}

function forwardedAddress(peer: string, list: string | undefined, isProxy: (address: string) => boolean): string {
  const hops = (list ?? '').split(',').map((hop) => canonicalAddress(withoutPort(hop.trim())));
  let client = peer;
  for (const hop of hops.reverse()) {
    // A hop that is no address ends the chain: what stands left of it was written by nobody we trust.
    if (isIP(hop) === 0) return client;
    client = hop;
    if (!isProxy(hop)) return client;
  }
  return client;
}

function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed !== null) return bracketed[1] ?? '';
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(hop) ? hop.slice(0, hop.lastIndexOf(':')) : hop;
}

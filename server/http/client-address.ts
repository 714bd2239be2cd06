/** What all routes share: addresses, errors, headers, dispatching. Knows nothing of the domain. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * The client's address, whether it used https, and the host it named: from the socket, or from a trusted proxy's
 * headers.
 */
export interface ClientOrigin {
  /** Canonical: IPv4-mapped IPv6 as IPv4, without a zone. */
  readonly address: string;
  readonly secure: boolean;
  /** Host as the browser used it, with the port; only for display and same-origin checks, never for links. */
  readonly host: string;
}

export type OriginOf = (request: IncomingMessage) => ClientOrigin;

/** IPv4-mapped IPv6 becomes IPv4; zone and brackets are removed. Other text is returned trimmed, in lower case. */
export function canonicalAddress(text: string): string {
  const bare =
    text
      .trim()
      .replace(/^\[(.*)\]$/, '$1')
      .split('%')[0] ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  return mapped?.[1] ?? bare.toLowerCase();
}

/** What identifies one machine: an IPv4 address; of IPv6 the /64, in which a machine can choose any address. */
export function machineOf(address: string): string {
  return isIPv4(address) ? address : networkOf(address);
}

/** The network that usually belongs to one customer: IPv4 /24, IPv6 /64. Other text is returned unchanged. */
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

/** @param trusted Addresses and CIDR blocks. @returns whether a canonical address is in one of them. */
export function createIsProxy(trusted: readonly string[]): (address: string) => boolean {
  const proxies = proxyList(trusted);
  // Without proxies the lookup is skipped: the token endpoint is measurably faster.
  return (address) =>
    trusted.length > 0 && isIP(address) !== 0 && proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/**
 * @param trusted Addresses and CIDR blocks of the proxies whose `X-Forwarded-*` headers are believed; empty: none. The
 * client is the right-most address in `X-Forwarded-For` that is not a trusted proxy.
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
    // Anything but an address ends the chain: what is left of it was not written by a trusted proxy.
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

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { AppError } from '../errors.ts';
import { type Glob, matchesGlob, parseGlob } from './glob.ts';

/** Where a request may come from: `*`, an address, a CIDR block or a glob over the address as text. */
export interface AddressPattern {
  readonly text: string;
  readonly kind: 'any' | 'block' | 'glob';
  readonly block: BlockList | undefined;
  readonly glob: Glob | undefined;
}

const MAPPED = '::ffff:';

/**
 * Parses `*`, an IP address, a CIDR block (RFC 4632, RFC 4291 §2.3) or a glob such as `10.0.*`.
 * @throws {AppError} INVALID (field `address`).
 */
export function parseAddressPattern(text: string): AddressPattern {
  const pattern = text.trim();
  if (pattern === '*' || pattern === '**') return { text: pattern, kind: 'any', block: undefined, glob: undefined };
  const [address = '', bits, ...more] = pattern.split('/');
  if (isIP(address) !== 0 && more.length === 0) {
    return { text: pattern, kind: 'block', block: blockOf(address, bits, pattern), glob: undefined };
  }
  // No address contains a slash, so a glob with one could never match: it is a mistyped block.
  if (bits !== undefined || !/[*?[{]/.test(pattern)) throw malformed(pattern);
  return { text: pattern, kind: 'glob', block: undefined, glob: addressGlob(pattern) };
}

/** @param address As `http/client-address.ts` gives it. */
export function matchesAddress(pattern: AddressPattern, address: string): boolean {
  if (pattern.kind === 'any') return true;
  if (pattern.glob !== undefined) return matchesGlob(pattern.glob, shortest(address));
  const family = isIP(address);
  return family !== 0 && pattern.block?.check(address, family === 6 ? 'ipv6' : 'ipv4') === true;
}

function blockOf(address: string, bits: string | undefined, pattern: string): BlockList {
  const mapped = address.toLowerCase().startsWith(MAPPED) && isIPv4(address.slice(MAPPED.length));
  // Clients that reach an IPv6 socket over IPv4 are known by their IPv4 address, so an IPv4-mapped pattern (RFC 4291
  // §2.5.5.2) is converted, too.
  const plain = mapped ? address.slice(MAPPED.length) : address;
  const longest = isIPv6(address) ? 128 : 32;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > longest)) throw malformed(pattern);
  const prefix = Number(bits ?? longest) - (mapped ? 96 : 0);
  if (prefix < 0) throw malformed(pattern);
  const block = new BlockList();
  block.addSubnet(plain, prefix, isIPv6(plain) ? 'ipv6' : 'ipv4');
  return block;
}

function addressGlob(pattern: string): Glob {
  try {
    return parseGlob(pattern.toLowerCase());
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError('INVALID', cause.message, {
      cause,
      key: cause.key ?? 'pattern.address',
      params: cause.params,
      field: 'address',
    });
  }
}

/** One IPv6 address has many spellings; a glob is compared with the shortest one (RFC 5952). */
function shortest(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

function malformed(pattern: string): AppError {
  return new AppError('INVALID', `"${pattern}" is no address pattern. Use *, 10.0.0.5, 10.0.0.0/8 or 10.0.*.`, {
    key: 'pattern.address',
    params: { pattern },
    field: 'address',
  });
}

import { isIP } from 'node:net';

/** Of a Host header, of a URL's `host`, of what people type: lower case, without the port, the brackets of IPv6 and the dot at the end. */
export function hostName(host: string): string {
  const [, bracketed, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.trim()) ?? [];
  return (bracketed ?? name ?? host).toLowerCase().replace(/\.$/, '');
}

/** Of canonical text. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\./.test(address);
}

/** `localhost`, names below it, and addresses of this machine. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || (isIP(name) !== 0 && isLoopback(name));
}

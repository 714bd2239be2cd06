import type { Server, Socket } from 'node:net';
import { canonicalAddress, machineOf } from './client-address.ts';

export interface ConnectionLimitOptions {
  /** Addresses of proxies, which are not limited: all clients come through them. */
  readonly isProxy: (address: string) => boolean;
  /** Called once when an address reaches the limit, and again only after it fell below half of it. */
  readonly onLimitReached: (address: string) => void;
  readonly maxPerAddress?: number;
}

/**
 * A quarter of all connections, so that no single address locks out the others. An office behind one address opens some
 * dozens.
 */
const MAX_PER_ADDRESS = 500;

/** Closes new connections of an address (IPv6: of its /64) that already holds `maxPerAddress`. */
export function limitConnections(server: Server, options: ConnectionLimitOptions): void {
  const { isProxy, onLimitReached, maxPerAddress = MAX_PER_ADDRESS } = options;
  const open = new Map<string, number>();
  const crowded = new Set<string>();

  function closed(source: string): void {
    const count = (open.get(source) ?? 1) - 1;
    if (count === 0) open.delete(source);
    else open.set(source, count);
    // Hysteresis, so that an address near the limit is not reported again and again.
    if (count < maxPerAddress / 2) crowded.delete(source);
  }

  server.on('connection', (socket: Socket) => {
    const address = canonicalAddress(socket.remoteAddress ?? '');
    if (isProxy(address)) return;
    const source = machineOf(address);
    const count = open.get(source) ?? 0;
    if (count < maxPerAddress) {
      open.set(source, count + 1);
      socket.once('close', () => closed(source));
      return;
    }
    socket.destroy();
    if (!crowded.has(source)) onLimitReached(source);
    crowded.add(source);
  });
}

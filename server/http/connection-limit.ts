import type { Server, Socket } from 'node:net';
import { canonicalAddress, machineOf } from './client-address.ts';

export interface ConnectionLimitOptions {
  /** Everybody comes through these: they are not counted. */
  readonly isProxy: (address: string) => boolean;
  /** Once, until it has fewer again. */
  readonly onCrowded: (address: string) => void;
  readonly maxPerAddress?: number;
}

/** A quarter of all: nobody alone keeps the others out. An office behind one address opens some dozens. */
const MAX_PER_ADDRESS = 500;

/** Ends new connections of an address (IPv6: of its /64) that holds too many. */
export function limitConnections(server: Server, options: ConnectionLimitOptions): void {
  const { isProxy, onCrowded, maxPerAddress = MAX_PER_ADDRESS } = options;
  const open = new Map<string, number>();
  const crowded = new Set<string>();

  function closed(source: string): void {
    const count = (open.get(source) ?? 1) - 1;
    if (count === 0) open.delete(source);
    else open.set(source, count);
    // Not at the very edge, where it would be told again and again.
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
    if (!crowded.has(source)) onCrowded(source);
    crowded.add(source);
  });
}

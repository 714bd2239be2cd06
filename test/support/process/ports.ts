import { createServer, type Server } from 'node:net';

// Below the ports that the system gives to outgoing connections: between the moment we let go of one and the moment the
// program takes it, any connection of any test could get it there.
const FIRST = 15_000;
const COUNT = 15_000;
const TRIES = 1000;

/**
 * Free loopback ports, for programs that cannot report the port they chose. All are held open until the last is known, so
 * one call never returns the same port twice.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held = new Map<number, Server>();
  for (let tries = 0; held.size < count && tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = await hold(port);
    if (server !== undefined) held.set(port, server);
  }
  await Promise.all([...held.values()].map(release));
  if (held.size < count) throw new Error('No free ports');
  return [...held.keys()];
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('No free port');
  return port;
}

export async function isPortFree(port: number): Promise<boolean> {
  const server = await hold(port);
  if (server !== undefined) await release(server);
  return server !== undefined;
}

/** @returns undefined when it is taken. */
function hold(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function release(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}

import { createServer } from 'node:net';

const USUAL = 8090;

/** @returns undefined where nobody said. 0: any that is free. */
export function portOf(env: NodeJS.ProcessEnv): number | undefined {
  if (env.PORT === undefined || env.PORT === '') return undefined;
  const port = Number(env.PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT=${env.PORT} is no port`);
}

/** @returns for the pages, and for the registry. @throws when the wanted one is taken. */
export async function choosePort(wanted: number | undefined): Promise<readonly [number, number]> {
  const page = (await tryPort(wanted ?? USUAL)) ?? (wanted === undefined ? await tryPort(0) : undefined);
  if (page === undefined) throw new Error(`Port ${wanted} is taken: choose another with PORT=`);
  const registry = await tryPort(0);
  if (registry === undefined) throw new Error('No port is free');
  return [page, registry];
}

/** @param port 0: any that is free. @returns undefined when it is taken. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

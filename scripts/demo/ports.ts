import { freePorts, isPortFree } from '../../test/support/process/ports.ts';

const USUAL = 8090;

/** @returns undefined when no port was given. 0: any free port. */
export function portOf(env: NodeJS.ProcessEnv): number | undefined {
  if (env.PORT === undefined || env.PORT === '') return undefined;
  const port = Number(env.PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT=${env.PORT} is no port`);
}

/** @returns for the pages, and for the registry. @throws when the wanted one is taken. */
export async function choosePort(wanted: number | undefined): Promise<readonly [number, number]> {
  const named = wanted ?? USUAL;
  const isFree = named !== 0 && (await isPortFree(named));
  if (!isFree && wanted) throw new Error(`Port ${wanted} is taken: choose another with PORT=`);
  const [page = 0, registry = 0] = await freePorts(2);
  // The given port is not reserved and might be among the free ones.
  return isFree ? [named, registry === named ? page : registry] : [page, registry];
}

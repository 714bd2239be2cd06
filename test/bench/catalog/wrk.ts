/** wrk, where the machine has it: a load generator that costs next to nothing. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface WrkOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly script?: string;
}

/** Requests per second; undefined without wrk. @throws when an answer was no success. */
export async function wrk({
  url,
  connections,
  seconds,
  headers = {},
  script,
}: WrkOptions): Promise<number | undefined> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', ...given];
  try {
    const { stdout } = await run('wrk', [...options, ...(script === undefined ? [] : ['-s', script]), url]);
    if (/Non-2xx/.test(stdout)) throw new Error(`${url} refused some requests:\n${stdout}`);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

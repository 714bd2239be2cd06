/** The product itself, as `npm start` runs it, on a folder that nobody keeps. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { supportsParentDeathSignal } from '../../server/registry/managed/managed-child.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const STOPS_WITHIN_MS = 15_000;
const ASK_AGAIN_MS = 100;

export interface InstanceOptions {
  readonly folder: string;
  readonly port: number;
  readonly registryPort: number;
  /** What the registry sends with its notifications. */
  readonly secret: string;
  readonly publicName: string | undefined;
  /** undefined: the product looks for one itself. */
  readonly registryBinary: string | undefined;
  /** What it writes when it does not start. */
  readonly onLog: (text: string) => void;
}

export interface Instance {
  readonly url: string;
  /** Resolves when the process is gone, whoever ended it. */
  readonly gone: Promise<void>;
  readonly stop: () => Promise<void>;
}

export const dataPathOf = (folder: string): string => join(folder, 'data');

/** @throws when it does not answer. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const conf = join(options.folder, 'conf');
  mkdirSync(conf, { recursive: true });
  for (const name of ['config.yml', 'registry.yml']) cpSync(join(ROOT, 'conf', name), join(conf, name));
  const command = [process.execPath, join(ROOT, 'dist', 'main.js')];
  // Where the system can, it ends with us even after SIGKILL.
  const [program = '', ...args] = supportsParentDeathSignal()
    ? ['setpriv', '--pdeathsig', 'TERM', ...command]
    : command;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...environment(), ...settings(options, conf) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl+C reaches the whole group; we decide when it ends.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => options.onLog(text.toString()));
  const killWithUs = () => child.kill('SIGKILL');
  // Before its folder is removed.
  process.prependOnceListener('exit', killWithUs);
  const gone = once(child, 'exit').then(() => void process.removeListener('exit', killWithUs));
  const url = `http://localhost:${options.port}`;
  await answers(child, `${url}/readyz`);
  return { url, gone, stop: () => stop(child, gone) };
}

function settings(
  { folder, port, registryPort, secret, publicName, registryBinary }: InstanceOptions,
  conf: string,
): Record<string, string> {
  // What `npm start` once unpacked need not be fetched again.
  const unpacked = join(ROOT, 'data', 'registry-package', 'usr', 'bin', 'docker-registry');
  return {
    REGISTRY_WEB_CONTAINER: '0',
    CONFIG_PATH: join(conf, 'config.yml'),
    DATA_PATH: dataPathOf(folder),
    SERVER_PORT: String(port),
    REGISTRY_PORT: String(registryPort),
    REGISTRY_NAME: `localhost:${registryPort}`,
    ...(publicName === undefined ? {} : { REGISTRY_PUBLIC_NAME: publicName }),
    NOTIFICATIONS_SECRET: secret,
    LOG_LEVEL: 'warn',
    ...(registryBinary === undefined ? {} : { REGISTRY_BINARY: registryBinary }),
    PATH: [process.env.PATH ?? '', ...(existsSync(unpacked) ? [join(unpacked, '..')] : [])].join(':'),
  };
}

/** Settings of the machine's own instance are not for this one. */
function environment(): NodeJS.ProcessEnv {
  const ours = /^(ADMIN|CATALOG|CONFIG|DATA|DATABASE|LOG|NOTIFICATIONS|REGISTRY|SERVER)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (
      await fetch(url).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await sleep(ASK_AGAIN_MS);
  }
  throw new Error('The server did not start.');
}

async function stop(child: ChildProcess, gone: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}

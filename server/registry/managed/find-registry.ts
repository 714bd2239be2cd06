import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { errorText, StartError } from '../../errors.ts';
import type { Logger } from '../../log.ts';

export interface RegistryBinary {
  readonly path: string;
  /** As the binary prints it, such as `2.8.2+unknown` or `v3.1.1`. */
  readonly version: string;
}

export interface FindRegistryOptions {
  /** `registry.binary`: only this one is tried; null: search. */
  readonly binary: string | null;
  readonly dataPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

const NAMES: readonly string[] = ['registry', 'docker-registry'];
const DOWNLOAD_MS = 180_000;

const THREE_WAYS =
  'There is no registry to start. Do one of three things: set registry.url to a registry that runs already; ' +
  'put the program of CNCF Distribution (github.com/distribution/distribution/releases) on the PATH as `registry`, or set registry.binary to it; ' +
  'or, on Debian and Ubuntu, make `apt-get download docker-registry` work (network, package lists)';

const run = promisify(execFile);

/**
 * Finds a CNCF Distribution binary: the configured one, one on the PATH, or one unpacked from the Debian package, which
 * may be downloaded into the data folder.
 * @throws {StartError} that names the three ways to get one.
 */
export async function findRegistry({ binary, dataPath, env, log }: FindRegistryOptions): Promise<RegistryBinary> {
  const named = binary?.includes('/') === true;
  if (binary !== null) return findNamed(named ? [binary] : onPath([binary], env), binary);
  const found = await firstRegistry([...onPath(NAMES, env), unpackedBinary(dataPath)]);
  if (found !== undefined) return found;
  const reason = await unpackPackage(dataPath, log);
  const unpacked = await firstRegistry([unpackedBinary(dataPath)]);
  if (unpacked !== undefined) return unpacked;
  throw new StartError([reason === undefined ? THREE_WAYS : `${THREE_WAYS}. The latter failed: ${reason}`]);
}

async function findNamed(paths: readonly string[], binary: string): Promise<RegistryBinary> {
  const found = await firstRegistry(paths);
  if (found !== undefined) return found;
  const problem = paths.some(isExecutable)
    ? 'is not the program of CNCF Distribution'
    : 'is not a program that can be run here';
  throw new StartError([`registry.binary: ${binary} ${problem}`]);
}

function onPath(names: readonly string[], env: FindRegistryOptions['env']): readonly string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

async function firstRegistry(paths: readonly string[]): Promise<RegistryBinary | undefined> {
  for (const path of paths.filter(isExecutable)) {
    const version = await distributionVersion(path);
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Undefined for other programs called `registry`, and for a binary of another architecture. */
async function distributionVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 5000, env: {} });
    return /github\.com\/(?:docker|distribution)\/distribution\S*\s+(\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function packageFolder(dataPath: string): string {
  return join(dataPath, 'registry-package');
}

function unpackedBinary(dataPath: string): string {
  return join(packageFolder(dataPath), 'usr/bin/docker-registry');
}

/** Unpacks the package instead of installing it, which would start a service on port 5000. @returns why it failed. */
async function unpackPackage(dataPath: string, log: Logger): Promise<string | undefined> {
  if (!['/usr/bin/apt-get', '/usr/bin/dpkg-deb'].every((path) => existsSync(path))) return undefined;
  const folder = packageFolder(dataPath);
  mkdirSync(join(folder, 'lists/partial'), { recursive: true });
  log.info({ folder }, 'no registry on this machine: fetching the docker-registry package');
  try {
    await download(folder);
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return 'nothing was downloaded';
    await run('dpkg-deb', ['-x', archive, '.'], { cwd: folder, timeout: DOWNLOAD_MS });
    return undefined;
  } catch (error) {
    return errorText(error).trim().split('\n').at(-1);
  }
}

async function download(folder: string): Promise<void> {
  const options = { cwd: folder, timeout: DOWNLOAD_MS };
  try {
    await run('apt-get', ['download', 'docker-registry'], options);
  } catch {
    // Fresh machines have no package lists. They are fetched into our own folder: needs no root and changes nothing of
    // the system.
    const ours = ['-o', `Dir::State::Lists=${join(folder, 'lists')}`, '-o', `Dir::Cache=${folder}`];
    await run('apt-get', [...ours, 'update'], options);
    await run('apt-get', [...ours, 'download', 'docker-registry'], options);
  }
}

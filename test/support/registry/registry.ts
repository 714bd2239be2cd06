/** Real Distribution registries, each with its own folder on a free loopback port. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../process/ports.ts';
import { startProcess, waitUntil } from '../process/process.ts';
import { temporaryFolder } from '../process/tmp.ts';
import { findTool, isMissingAllowed, type RegistryVersion } from '../process/tools.ts';

export { REGISTRY_VERSIONS, type RegistryVersion } from '../process/tools.ts';

export interface RegistryOptions {
  readonly version?: RegistryVersion;
  /** Default: a free one. */
  readonly port?: number;
  /** Storage folder that outlives this registry; default: a temporary one. */
  readonly storage?: string;
  readonly auth?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    /** Path of the PEM bundle. */
    readonly rootcertbundle?: string;
    readonly jwks?: string;
  };
  readonly notifications?: { readonly url: string; readonly headers?: Readonly<Record<string, readonly string[]>> };
  readonly deleteEnabled?: boolean;
  readonly readonly?: boolean;
  /** Merged over the generated configuration at the top level. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface RunningRegistry {
  readonly version: RegistryVersion;
  readonly url: string;
  /** `localhost:PORT`, as people type it. */
  readonly host: string;
  readonly port: number;
  readonly storage: string;
  logs(): string;
  stop(): Promise<void>;
}

/** Path of the binary; undefined where the machine has none. @throws when CI is true and it is missing. */
export async function registryBinary(version: RegistryVersion): Promise<string | undefined> {
  const path = await findTool(`registry-${version}`);
  if (path === undefined && !isMissingAllowed) throw new Error(`registry ${version} is not installed`);
  return path;
}

/** For `test(name, { skip })`: false, or why not. */
export async function registrySkip(version: RegistryVersion): Promise<false | string> {
  return (await registryBinary(version)) === undefined ? `registry ${version} is not installed` : false;
}

export async function startRegistry(options: RegistryOptions = {}): Promise<RunningRegistry> {
  const version = options.version ?? '3.1.1';
  const binary = await registryBinary(version);
  if (binary === undefined) throw new Error(`registry ${version} is not installed`);
  const folder = await temporaryFolder('registry');
  const port = options.port ?? (await freePort());
  const storage = options.storage ?? join(folder.path, 'storage');
  const file = join(folder.path, 'config.yml');
  await writeFile(file, stringify(registryConfig(options, port, storage)));
  const running = startProcess(binary, ['serve', file], { env: childEnvironment() });
  const stop = async () => {
    await running.stop();
    await folder.remove();
  };
  const url = `http://localhost:${port}`;
  try {
    // `GET /` answers 200 without any token, in every version.
    await waitUntil(running, async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
  } catch (error) {
    await stop();
    throw error;
  }
  return { version, url, host: `localhost:${port}`, port, storage, logs: running.output, stop };
}

function registryConfig(options: RegistryOptions, port: number, storage: string): Record<string, unknown> {
  return {
    version: '0.1',
    log: { level: 'info', fields: { service: 'registry' } },
    storage: {
      filesystem: { rootdirectory: storage },
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: options.deleteEnabled ?? true },
      ...(options.readonly ? { maintenance: { readonly: { enabled: true } } } : {}),
    },
    http: { addr: `127.0.0.1:${port}`, secret: 'only-for-tests' },
    ...(options.auth ? { auth: { token: options.auth } } : {}),
    ...(options.notifications ? { notifications: notifications(options.notifications) } : {}),
    ...options.extra,
  };
}

function notifications({ url, headers }: NonNullable<RegistryOptions['notifications']>) {
  const endpoint = { name: 'registry-web', url, timeout: '1s', threshold: 5, backoff: '1s' };
  return { endpoints: [{ ...endpoint, ...(headers ? { headers } : {}) }] };
}

/** Distribution reads every REGISTRY_* as its own configuration, so ours must not reach it. */
function childEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('REGISTRY_'));
  return { ...Object.fromEntries(own), OTEL_TRACES_EXPORTER: 'none' };
}

import { createHmac } from 'node:crypto';
import { isAbsolute, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { errorText, StartError } from '../../errors.ts';

export interface ManagedFacts {
  /** `host:port` the registry listens on. */
  readonly listen: string;
  readonly dataPath: string;
  /** `null`: the registry requires no token. */
  readonly auth: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly rootCertBundle: string;
  } | null;
  readonly notifications: { readonly url: string; readonly secret: string };
}

type Tree = Record<string, unknown>;

/**
 * The registry's configuration as YAML: the template plus address, storage, token authentication and the notification
 * endpoint.
 * @param template YAML of conf/registry.yml.
 * @param file Its path, for error texts.
 * @throws {StartError} when it is not a registry configuration.
 */
export function managedConfiguration(template: string, file: string, facts: ManagedFacts): string {
  const base = parseTemplate(template, file);
  const { auth, ...rest } = base;
  return stringify({
    version: 0.1,
    ...rest,
    log: { ...section(base.log), formatter: 'json' },
    storage: storage(section(base.storage), facts.dataPath),
    http: { secret: uploadSecret(facts), ...section(base.http), addr: facts.listen },
    ...(facts.auth === null ? (auth === undefined ? {} : { auth }) : { auth: { token: tokenAuth(facts.auth) } }),
    notifications: notifications(section(base.notifications), facts),
  });
}

function parseTemplate(template: string, file: string): Tree {
  try {
    const value: unknown = parse(template) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Tree;
  } catch (error) {
    throw new StartError([`${file}: ${errorText(error).split('\n')[0]}`]);
  }
  throw new StartError([`${file}: must be a registry configuration, with keys such as storage and http`]);
}

function section(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

const STORAGE_OPTIONS: readonly string[] = ['delete', 'cache', 'maintenance', 'redirect', 'tag'];

/** @returns the root directory of the file system driver; null when the template uses another driver. */
export function managedStorageFolder(template: string, file: string, dataPath: string): string | null {
  const { filesystem } = storage(section(parseTemplate(template, file).storage), dataPath) as Tree;
  const { rootdirectory = null } = section(filesystem);
  return rootdirectory === null ? null : String(rootdirectory);
}

/** Other drivers (s3, azure, …) are kept as written. */
function storage(given: Tree, dataPath: string): Tree {
  const driver = Object.keys(given).find((name) => !STORAGE_OPTIONS.includes(name)) ?? 'filesystem';
  if (driver !== 'filesystem') return { delete: { enabled: true }, ...given };
  const filesystem = section(given.filesystem);
  const root = typeof filesystem.rootdirectory === 'string' ? filesystem.rootdirectory : 'registry';
  const rootdirectory = isAbsolute(root) ? root : resolve(join(dataPath, root));
  return { delete: { enabled: true }, ...given, filesystem: { ...filesystem, rootdirectory } };
}

function tokenAuth({ realm, service, issuer, rootCertBundle }: NonNullable<ManagedFacts['auth']>): Tree {
  return { realm, service, issuer, rootcertbundle: rootCertBundle };
}

function notifications(given: Tree, { notifications: { url, secret } }: ManagedFacts): Tree {
  const others = Array.isArray(given.endpoints) ? given.endpoints : [];
  const ours = {
    name: 'registry-web',
    url,
    headers: { Authorization: [`Bearer ${secret}`] },
    timeout: '5s',
    threshold: 3,
    backoff: '1s',
  };
  return { ...given, endpoints: [...others.filter((endpoint) => section(endpoint).name !== ours.name), ours] };
}

/** Derived, so that it is the same after a restart: uploads in progress depend on it. */
function uploadSecret({ notifications: { secret } }: ManagedFacts): string {
  return createHmac('sha256', secret).update('registry http.secret').digest('hex');
}

/** The real server as a child process, with its own configuration and data, alone or with a real registry beside it. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { stringify } from 'yaml';
import { createRoleStore } from '../../../server/access/roles.ts';
import type { RuleInput } from '../../../server/access/rule.ts';
import { createUserStore } from '../../../server/access/users.ts';
import { type Database, openDatabase } from '../../../server/storage/database.ts';
import { eventually } from '../process/eventually.ts';
import { freePort, freePorts } from '../process/ports.ts';
import { startProcess, waitUntil } from '../process/process.ts';
import { temporaryFolder } from '../process/tmp.ts';
import {
  type RegistryOptions,
  type RegistryVersion,
  type RunningRegistry,
  registryBinary,
  startRegistry,
} from '../registry/registry.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const SOURCES = ['--import', 'tsx', 'server/main.ts'];

export interface Person {
  readonly username: string;
  readonly password: string;
  /** Names of roles: built in, or made by `roles`. */
  readonly roles: readonly string[];
}

/** The three who live in the tests, and what they may do. */
export const MEMBER: Person = { username: 'member', password: 'member-password-1', roles: ['team'] };
export const OUTSIDER: Person = { username: 'outsider', password: 'outsider-password-1', roles: [] };
const TEAM_RULE: RuleInput = { repository: 'team/**', address: '*', canPull: true, canPush: true, canDelete: false };

export interface AppOptions {
  /** Sections of config.yml, over the ones made here. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
  /** Beside the member and the outsider. */
  readonly people?: readonly Person[];
  readonly roles?: Readonly<Record<string, readonly RuleInput[]>>;
  readonly port?: number;
  /** Nobody is there yet: the server makes its first admin itself. */
  readonly isFresh?: boolean;
  /** Where it answers when it is neither plain HTTP nor at the root. */
  readonly healthUrl?: string;
  /** What node runs; default: the sources. */
  readonly command?: readonly string[];
  /** Called before the people are added, with the folder of a database that does not exist yet. */
  readonly fill?: (dataPath: string) => Promise<void>;
  /** Called with the conf folder before the start, for files of the operator. */
  readonly prepare?: (confPath: string) => Promise<void>;
}

export interface RunningApp {
  readonly url: string;
  readonly port: number;
  readonly adminPassword: string;
  readonly confPath: string;
  readonly dataPath: string;
  readonly pid: number;
  /** null while it runs. */
  exitCode(): number | null;
  logs(): string;
  /** SIGTERM unless another signal is given; keeps the data. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Starts again on the same data and port. */
  resume(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export const ADMIN_PASSWORD = 'admin-password-1';

export async function startApp(options: AppOptions = {}): Promise<RunningApp> {
  const folder = await temporaryFolder('app');
  const confPath = join(folder.path, 'conf');
  const dataPath = join(folder.path, 'data');
  const port = options.port ?? (await freePort());
  await mkdir(confPath, { recursive: true });
  await writeFile(join(confPath, 'config.yml'), stringify(configOf(options, port)));
  await options.prepare?.(confPath);
  await options.fill?.(dataPath);
  if (options.isFresh !== true) await seed(dataPath, options);
  const healthUrl = options.healthUrl ?? `http://127.0.0.1:${port}/healthz`;
  const url = `http://localhost:${port}`;
  const launch = async () => {
    const running = startProcess(process.execPath, options.command ?? SOURCES, {
      cwd: PROJECT,
      // The tests may run in a container; what they test does not.
      env: {
        ...ownEnvironment(),
        REGISTRY_WEB_CONTAINER: '0',
        CONFIG_PATH: join(confPath, 'config.yml'),
        ...options.env,
      },
    });
    const isUp = async () => (await fetch(healthUrl)).ok;
    await waitUntil(running, isUp).catch(async (error) => {
      await running.stop();
      throw error;
    });
    return running;
  };
  let running = await launch().catch(async (error) => {
    await folder.remove();
    throw error;
  });
  return {
    url,
    port,
    adminPassword: ADMIN_PASSWORD,
    confPath,
    dataPath,
    get pid() {
      return running.child.pid ?? 0;
    },
    exitCode: () => running.child.exitCode,
    logs: () => running.output(),
    halt: (signal) => running.stop(signal),
    async resume() {
      running = await launch();
    },
    async stop() {
      await running.stop();
      await folder.remove();
    },
  };
}

function configOf(options: AppOptions, port: number): Record<string, unknown> {
  const base = { server: { host: '127.0.0.1', port }, data: { path: '../data' } };
  return { ...base, ...options.config };
}

/** Names of ours in the environment of whoever runs the tests must not change what they test. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(REGISTRY|SERVER|DATA|NOTIFICATIONS|CATALOG|LOG|ADMIN|DATABASE)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

async function seed(dataPath: string, options: AppOptions): Promise<void> {
  const opened = await openDatabase({ dataPath, exclusive: true });
  try {
    await addPeople(opened.db, options);
  } finally {
    await opened.close();
  }
}

async function addPeople(db: Database, { people = [], roles = {} }: AppOptions): Promise<void> {
  const roleStore = createRoleStore(db);
  await roleStore.ensureBuiltins();
  for (const [name, rules] of Object.entries({ team: [TEAM_RULE], ...roles })) {
    const role = await roleStore.add({ name, description: '' });
    await roleStore.setRules(role.id, rules);
  }
  const roleIds = new Map((await roleStore.list()).map((role) => [role.name, role.id]));
  const idOf = (name: string): number => {
    const id = roleIds.get(name);
    if (id === undefined) throw new Error(`No role ${name}`);
    return id;
  };
  const admin = { username: 'admin', password: ADMIN_PASSWORD, roles: ['admin'] };
  for (const person of [admin, MEMBER, OUTSIDER, ...people]) {
    await createUserStore(db).add({
      username: person.username,
      // The least cost: these tests are not about the price of a password.
      passwordHash: await bcrypt.hash(person.password, 4),
      mustChangePassword: false,
      roleIds: person.roles.map(idOf),
      by: 'test',
    });
  }
}

export interface Stack {
  readonly app: RunningApp;
  readonly registry: RunningRegistry;
  stop(): Promise<void>;
}

export interface StackOptions extends AppOptions {
  readonly registry?: Omit<RegistryOptions, 'auth' | 'notifications'>;
  /** As in the old guide: we get this key alone and the registry its certificate. Default: a pair of our own. */
  readonly loneKey?: { readonly keyPem: string; readonly certPem: string };
}

export const EVENT_SECRET = 'Bearer event-secret-of-the-tests';

/** Registry Web and a registry that trusts it, asks it for tokens and sends it its events. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const [appPort, registryPort] = await freePorts(2);
  if (appPort === undefined || registryPort === undefined) throw new Error('No free ports');
  const { loneKey } = options;
  const host = `localhost:${registryPort}`;
  const config = {
    registry: {
      url: `http://127.0.0.1:${registryPort}/v2`,
      name: host,
      auth: { issuer: 'test', ...(loneKey ? { key: 'operator.key' } : {}) },
    },
    notifications: { secret: EVENT_SECRET },
    ...options.config,
  };
  const folder = await temporaryFolder('bundle');
  const certPath = join(folder.path, 'bundle.pem');
  const startBeside = (bundle: string) =>
    startRegistry({
      ...options.registry,
      port: registryPort,
      auth: { realm: `http://localhost:${appPort}/api/auth`, service: host, issuer: 'test', rootcertbundle: bundle },
      notifications: {
        url: `http://127.0.0.1:${appPort}/api/notification`,
        headers: { Authorization: [EVENT_SECRET] },
      },
    });
  // The kid of a lone key is found by trying the registry, so that one is there first, as in the old guide.
  let registry: RunningRegistry | undefined;
  if (loneKey !== undefined) {
    await writeFile(certPath, loneKey.certPem);
    registry = await startBeside(certPath);
  }
  const prepare = async (confPath: string) => {
    if (loneKey) await writeFile(join(confPath, 'operator.key'), loneKey.keyPem, { mode: 0o600 });
    await options.prepare?.(confPath);
  };
  const app = await startApp({ ...options, config, port: appPort, prepare });
  const stop = async () => {
    await registry?.stop();
    await app.stop();
    await folder.remove();
  };
  try {
    registry ??= await startBeside(join(app.dataPath, 'auth.cert'));
    return { app, registry, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const TEMPLATE = join(PROJECT, 'conf', 'registry.yml');

export interface ManagedOptions extends AppOptions {
  readonly version?: RegistryVersion;
}

/** Registry Web with a registry that it starts itself, as after `npm start`. Both answer. */
export async function startManaged(options: ManagedOptions = {}): Promise<{ app: RunningApp; host: string }> {
  const registryPort = (await freePorts(2)).find((port) => port !== options.port);
  const host = `localhost:${registryPort}`;
  const binary = await registryBinary(options.version ?? '3.1.1');
  const app = await startApp({
    ...options,
    config: { registry: { binary, port: registryPort, name: host }, ...options.config },
    prepare: async (confPath) => {
      await copyFile(TEMPLATE, join(confPath, 'registry.yml'));
      await options.prepare?.(confPath);
    },
  });
  const isUp = async () => (await fetch(`http://${host}/`)).ok;
  await eventually('the registry answers', isUp).catch(async (error) => {
    const logs = app.logs();
    await app.stop();
    throw new Error(`${error.message}\n${logs}`);
  });
  return { app, host };
}

/** The same product at several sizes, with the people who look at it: started when a row of the table needs it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuleInput } from '../../../server/access/rule.ts';
import { openDatabase } from '../../../server/storage/database.ts';
import { ADMIN_PASSWORD, EVENT_SECRET } from '../../support/app/app.ts';
import { insertEvents } from '../../support/data/event-rows.ts';
import { freePort } from '../../support/process/ports.ts';
import { planRegistry, type RegistrySize } from '../../support/registry/generated-plan.ts';
import { fillCatalog } from '../fill-catalog.ts';
import { note, seconds } from '../lines.ts';
import { databaseOf } from './crawl.ts';
import { type IndexRegistry, SERVICE, startIndexRegistry } from './index-registry.ts';
import { type BenchServer, startServer } from './server.ts';
import { describeSize } from './sizes.ts';

/** Roles of people who are no admins. `fifty` holds fifty rules of patterns, `folder` one folder. */
export const ROLES = ['everything', 'fifty', 'folder'] as const;
const PER_ROLE = 4;

export interface Stage {
  readonly size: RegistrySize;
  readonly server: BenchServer;
  readonly registry: IndexRegistry;
  /** Database of the index. */
  readonly file: string;
  /** Cookie header of the admin. */
  readonly admin: string;
  /** Cookie headers of some people of that role and no other. */
  people(role: (typeof ROLES)[number]): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startStage(size: RegistrySize): Promise<Stage> {
  const port = await freePort();
  const registry = await startIndexRegistry(`http://localhost:${port}/api/auth`);
  const server = await startServer({
    port,
    config: {
      registry: { url: registry.url, name: SERVICE },
      notifications: { secret: EVENT_SECRET },
    },
    roles: rolesFor(size),
    people: ROLES.flatMap((role) =>
      namesOf(role).map((username) => ({ username, password: ADMIN_PASSWORD, roles: [role] })),
    ),
    fill: async (dataPath) => {
      await filled(dataPath, size);
      await reportOnce(dataPath);
    },
  });
  // The crawl at the start tries for a while.
  await registry.quiet();
  return {
    ...{ size, server, registry, file: databaseOf(server), admin: await server.signIn('admin') },
    people: (role) => Promise.all(namesOf(role).map((username) => server.signIn(username))),
    async stop() {
      await server.stop();
      await registry.stop();
    },
  };
}

function namesOf(role: string): readonly string[] {
  return Array.from({ length: PER_ROLE }, (_, index) => `${role}-${index + 1}`);
}

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const MIGRATIONS = join('server', 'storage', 'migrations');
const CONTENT = [
  'bench/fill-catalog.ts',
  'bench/fill-rows.ts',
  'support/registry/generated-content.ts',
  'support/registry/generated-plan.ts',
];

/** Of everything that says what is in a filled database: one that an older product filled is another one. */
function fillStamp(): string {
  const migrations = readdirSync(join(PROJECT, MIGRATIONS)).sort();
  const files = [...CONTENT.map((name) => join('test', name)), ...migrations.map((name) => join(MIGRATIONS, name))];
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(PROJECT, file)));
  return hash.digest('hex').slice(0, 12);
}

/** `BENCH_KEEP=1` keeps filled databases in the temporary folder for the next run. */
async function filled(dataPath: string, size: RegistrySize): Promise<void> {
  const kept = join(tmpdir(), `registry-web-bench-${size.repositories}-${fillStamp()}.db`);
  const isKept = process.env['BENCH_KEEP'] === '1';
  await mkdir(dataPath, { recursive: true, mode: 0o700 });
  const file = join(dataPath, 'registry-web.db');
  if (isKept && existsSync(kept)) {
    await copyFile(kept, file);
    return;
  }
  const begin = performance.now();
  await fillCatalog(dataPath, size, Date.now());
  note(`filled ${describeSize(size)} in ${seconds(performance.now() - begin)}`);
  if (isKept) await copyFile(file, kept);
}

/** The registry reports what happens there, so that opened pages need not ask it. */
async function reportOnce(dataPath: string): Promise<void> {
  const { db, close } = await openDatabase({ dataPath, exclusive: true });
  await insertEvents(db, [{ at: Date.now() }]);
  await close();
}

const WHOLE_FOLDERS = 10;

function foldersOf(size: RegistrySize): readonly string[] {
  const inFolders = planRegistry(size).filter(({ name }) => name.includes('/'));
  return [...new Set(inFolders.map(({ name }) => name.split('/')[0] ?? ''))];
}

/** What all people see. */
export function sharedFolder(size: RegistrySize): string {
  const known = sharedFolders.get(size) ?? findSharedFolder(size);
  sharedFolders.set(size, known);
  return known;
}

// Planning ten thousand repositories takes a while, and each tab asks.
const sharedFolders = new Map<RegistrySize, string>();

function findSharedFolder(size: RegistrySize): string {
  return foldersOf(size)[0] ?? '';
}

/** What those with fifty rules surely see. */
export function ruledFolders(size: RegistrySize): readonly string[] {
  return [...foldersOf(size).slice(0, WHOLE_FOLDERS), 'platform'];
}

/** Whole folders, one level, patterns in the middle, single repositories: as roles of teams look after some years. */
function fiftyRules(size: RegistrySize): readonly RuleInput[] {
  const patterns = [
    ...ruledFolders(size).map((folder) => `${folder}/**`),
    ...foldersOf(size)
      .slice(WHOLE_FOLDERS, 2 * WHOLE_FOLDERS)
      .map((folder) => `${folder}/*`),
    ...['core', 'edge', 'batch', 'tools', 'ml'].map((area) => `*/${area}/api-*`),
    ...['a', 'b', 'c', 'd', 'e'].map((letter) => `**/gateway-${letter}*`),
  ];
  const singles = planRegistry(size).slice(-(50 - patterns.length));
  return [...patterns, ...singles.map(({ name }) => name)].map(canPull);
}

function canPull(repository: string): RuleInput {
  return { repository, address: '*', canPull: true, canPush: false, canDelete: false };
}

function rolesFor(size: RegistrySize): Readonly<Record<(typeof ROLES)[number], readonly RuleInput[]>> {
  return {
    everything: [canPull('**')],
    fifty: fiftyRules(size),
    folder: [canPull(`${sharedFolder(size)}/**`)],
  };
}

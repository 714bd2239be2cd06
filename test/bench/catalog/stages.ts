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
import { planRegistry, type RegistrySize } from '../../support/registry/generated-plan.ts';
import { fillCatalog } from '../fill-catalog.ts';
import { type CountingRegistry, startCountingRegistry } from './counting-registry.ts';
import { type BenchServer, startServer } from './server.ts';

export const SMALL: RegistrySize = { repositories: 1000, tags: 10_000, manifests: 3000 };
export const MIDDLE: RegistrySize = { repositories: 10_000, tags: 100_000, manifests: 30_000 };
export const LARGE: RegistrySize = { repositories: 100_000, tags: 1_000_000, manifests: 300_000 };

/** Holds fifty rules of patterns and no more. */
const RULED = 'ruled';

export interface Stage {
  readonly size: RegistrySize;
  readonly server: BenchServer;
  readonly registry: CountingRegistry;
  /** Cookie headers. */
  readonly admin: string;
  readonly ruled: string;
  stop(): Promise<void>;
}

export async function startStage(size: RegistrySize): Promise<Stage> {
  const registry = await startCountingRegistry();
  const server = await startServer({
    config: {
      registry: { url: registry.url, name: 'registry.example.com' },
      notifications: { secret: EVENT_SECRET },
    },
    roles: { fifty: fiftyRules(size) },
    people: [{ username: RULED, password: ADMIN_PASSWORD, roles: ['fifty'] }],
    fill: async (dataPath) => {
      await filled(dataPath, size);
      await reportOnce(dataPath);
    },
  });
  // The crawl at the start tries for a while.
  await registry.quiet();
  return {
    size,
    server,
    registry,
    admin: await server.signIn('admin'),
    ruled: await server.signIn(RULED),
    async stop() {
      await server.stop();
      await registry.stop();
    },
  };
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
  console.log(`  filled ${describeSize(size)} in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  if (isKept) await copyFile(file, kept);
}

/** The registry reports what happens there, so that opened pages need not ask it. */
async function reportOnce(dataPath: string): Promise<void> {
  const { db, close } = await openDatabase({ dataPath, exclusive: true });
  await insertEvents(db, [{ at: Date.now() }]);
  await close();
}

export function describeSize({ repositories, tags }: RegistrySize): string {
  return `${repositories.toLocaleString('en')} repositories, ${tags.toLocaleString('en')} tags`;
}

const WHOLE_FOLDERS = 10;

function foldersOf(size: RegistrySize): readonly string[] {
  const inFolders = planRegistry(size).filter(({ name }) => name.includes('/'));
  return [...new Set(inFolders.map(({ name }) => name.split('/')[0] ?? ''))];
}

/** What the one with fifty rules surely sees. */
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
  return [...patterns, ...singles.map(({ name }) => name)].map((repository) => ({
    ...{ repository, address: '*', canPull: true, canPush: false, canDelete: false },
  }));
}

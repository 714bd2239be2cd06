import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { createIndexer, type Indexer, type RegistryReader } from '../../server/catalog/sync/indexer.ts';
import { createLogger } from '../../server/log.ts';
import type { RegistryClient } from '../../server/registry/client/client.ts';
import { openClient, watched } from '../support/app/catalog.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { generateStorage } from '../support/registry/generate-storage.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';
import { unreachable } from '../support/registry/unreachable.ts';

const SIZE = { repositories: 300, tags: 900, manifests: 500 };
const DAY_MS = 24 * 3600_000;

const skip = await registrySkip('3.1.1');
let folder: TemporaryFolder;
let registry: RunningRegistry;
let client: RegistryClient;
let database: TestDatabase;
let clock = Date.parse('2026-03-01T00:00:00Z');
const state = { asked: [] as string[], failing: new Set<string>() };
const indexers: Indexer[] = [];

before(async () => {
  if (skip) return;
  folder = await temporaryFolder('resume');
  generateStorage(folder.path, SIZE);
  registry = await startRegistry({ version: '3.1.1', storage: folder.path });
  client = openClient(registry.url);
});
after(async () => {
  client?.close();
  await registry?.stop();
  await folder?.remove();
});
beforeEach(async () => {
  if (skip) return;
  database = await openTestDatabase();
  state.asked.length = 0;
});
afterEach(async () => {
  for (const indexer of indexers.splice(0)) await indexer.close();
  await database?.close();
});

function start(reader: RegistryReader = watched(client, state)): Indexer {
  const indexer = createIndexer({
    ...{ db: database.db, client: reader, now: () => clock, log: createLogger('silent') },
    retryDelaysMs: [20],
  });
  indexers.push(indexer);
  return indexer;
}

const listed = () => state.asked.filter((line) => line.startsWith('tags ')).map((line) => line.slice(5));

/** Reads until about half of the repositories are done, then ends as a process does that is told to. */
async function readHalf(): Promise<readonly string[]> {
  let begun = 0;
  let indexer: Indexer | undefined;
  const reader = watched(client, state);
  const halting: RegistryReader = {
    ...reader,
    tags: async (repository) => {
      begun += 1;
      if (begun === SIZE.repositories / 2) void indexer?.close();
      return reader.tags(repository);
    },
  };
  indexer = start(halting);
  await indexer.crawl('start');
  return readNames();
}

async function readNames(): Promise<readonly string[]> {
  const rows = await database.db.selectFrom('repositories').select('name').where('crawl_id', '>', 0).execute();
  return rows.map((row) => row.name);
}

test('a crawl that was interrupted goes on where it was, and asks for nothing twice', { skip }, async () => {
  const done = await readHalf();
  assert.ok(done.length > 50 && done.length < SIZE.repositories, `${done.length} done`);
  const interrupted = await database.db.selectFrom('crawls').selectAll().executeTakeFirstOrThrow();
  assert.equal(interrupted.finished_at, null);
  const fetchedBefore = state.asked.filter((line) => /^(manifest|blob) /.test(line));

  clock += 3600_000;
  state.asked.length = 0;
  const indexer = start();
  await indexer.crawl('start');
  const rest = listed();
  assert.equal(rest.length, SIZE.repositories - done.length);
  assert.deepEqual(
    rest.filter((name) => done.includes(name)),
    [],
  );
  const fetched = [...fetchedBefore, ...state.asked.filter((line) => /^(manifest|blob) /.test(line))];
  assert.ok(fetched.length - new Set(fetched).size <= 32, 'only what was under way at the end is fetched again');
  const progress = await indexer.progress();
  assert.equal(progress?.startedAt, interrupted.started_at);
  assert.equal(progress?.repositoriesDone, SIZE.repositories);
  assert.equal(progress?.repositoriesTotal, SIZE.repositories);
  assert.equal(progress?.failures, 0);
  assert.notEqual(progress?.finishedAt, null);
  const tags = await database.db.selectFrom('tags').select('id').execute();
  assert.equal(tags.length, SIZE.tags);
});

test('an interruption leaves no error on what was not read yet', { skip }, async () => {
  await readHalf();
  const marked = await database.db.selectFrom('repositories').select('name').where('error', 'is not', null).execute();
  assert.deepEqual(marked, []);
});

test('a crawl that lies for more than a day starts anew', { skip }, async () => {
  await readHalf();
  const interrupted = await database.db.selectFrom('crawls').selectAll().executeTakeFirstOrThrow();
  clock += DAY_MS + 1;
  state.asked.length = 0;
  const indexer = start();
  await indexer.crawl('start');
  assert.equal(listed().length, SIZE.repositories);
  assert.equal((await indexer.progress())?.startedAt, clock);
  const old = await database.db.selectFrom('crawls').selectAll().where('id', '=', interrupted.id).executeTakeFirst();
  assert.notEqual(old?.finished_at, null);
  assert.match(old?.failure ?? '', /crawlStopped/);
});

test('a clock that was set back neither loses the crawl nor its rate', { skip }, async () => {
  const done = await readHalf();
  clock -= 6 * 3600_000;
  state.asked.length = 0;
  const indexer = start();
  await indexer.crawl('start');
  assert.equal(listed().length, SIZE.repositories - done.length);
  const progress = await indexer.progress();
  assert.ok((progress?.elapsedMs ?? -1) >= 0);
});

test('a registry that goes away in the middle interrupts the crawl; back again, it is read to its end', {
  skip,
}, async () => {
  const reader = watched(client, state);
  let isAway = false;
  let begun = 0;
  const failing = <T>(call: () => Promise<T>): Promise<T> => (isAway ? Promise.reject(unreachable()) : call());
  const indexer = start({
    catalogPages: reader.catalogPages,
    tags: (repository) => {
      begun += 1;
      if (begun === 100) isAway = true;
      return failing(() => reader.tags(repository));
    },
    headManifest: (...given) => failing(() => reader.headManifest(...given)),
    getManifest: (...given) => failing(() => reader.getManifest(...given)),
    getBlob: (...given) => failing(() => reader.getBlob(...given)),
  });
  await indexer.crawl('start');
  assert.equal(indexer.isInterrupted(), true);
  const away = await indexer.progress();
  assert.equal(away?.finishedAt, null);
  assert.equal(away?.isRunning, false);
  assert.equal(away?.failure?.key, 'registryUnreachable');
  assert.ok(begun < SIZE.repositories, 'it did not ask for every repository');
  const before = await readNames();

  isAway = false;
  state.asked.length = 0;
  await indexer.crawl('gap');
  assert.equal(indexer.isInterrupted(), false);
  assert.equal(listed().filter((name) => before.includes(name)).length, 0);
  const progress = await indexer.progress();
  assert.deepEqual([progress?.repositoriesDone, progress?.failures, progress?.error], [SIZE.repositories, 0, null]);
});

test('while it runs the progress tells how fast, how far and how many at once', { skip }, async () => {
  const indexer = start();
  const seen: (string | number | null | undefined)[] = [];
  const crawl = indexer.crawl('start');
  const watch = setInterval(async () => {
    const progress = await indexer.progress();
    if (progress?.isRunning) seen.push(progress.concurrency);
  }, 5);
  await crawl;
  clearInterval(watch);
  assert.ok(seen.length > 0);
  for (const concurrency of seen) assert.ok(Number(concurrency) >= 2 && Number(concurrency) <= 32);
  const progress = await indexer.progress();
  assert.equal(progress?.tagsDone, SIZE.tags);
  assert.equal(progress?.concurrency, null);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createIndexer, type RegistryReader } from '../../../../server/catalog/sync/indexer.ts';
import { AppError } from '../../../../server/errors.ts';
import { createLogger } from '../../../../server/log.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';

const NAMES = Array.from({ length: 500 }, (_, index) => `team/app-${index}`);
const unauthorized = new AppError('UPSTREAM', 'does not accept our credentials', { key: 'registryUnauthorized' });
const expired = new AppError('UNAVAILABLE', 'has run out', { key: 'certificate_ran_out' });
const forbidden = new AppError('UPSTREAM', 'answered 403', { key: 'registryStatus', params: { status: 403 } });

let database: TestDatabase;
// The pauses of a crawl alone keep no process alive.
const awake = setInterval(() => undefined, 1000);
before(async () => {
  database = await openTestDatabase();
});
after(async () => {
  clearInterval(awake);
  await database.close();
});

/** A registry of empty repositories that refuses what `refuses` says. */
function indexerOf(refuses: (what: string) => AppError | undefined) {
  const asked: string[] = [];
  const lines: string[] = [];
  const ask = (what: string): void => {
    asked.push(what);
    const refusal = refuses(what);
    if (refusal !== undefined) throw refusal;
  };
  const client = {
    async *catalogPages() {
      ask('catalog');
      yield NAMES;
    },
    tags: async (repository: string) => {
      ask(repository);
      return [];
    },
  } as unknown as RegistryReader;
  const log = createLogger('info', { write: (line) => void lines.push(line) });
  const indexer = createIndexer({ db: database.db, client, now: Date.now, log, retryDelaysMs: [1, 1] });
  return { indexer, asked, warnings: () => lines.filter((line) => /"level":"(warn|error)"/.test(line)) };
}

for (const [name, refusal, isCatalogOpen] of [
  ['401 of everything', unauthorized, false],
  ['no token, because its certificate ran out,', expired, false],
  ['403 of every repository', forbidden, true],
] as const) {
  test(`${name} ends the crawl after a few questions, with one line, and it goes on later`, async () => {
    await database.db.deleteFrom('repositories').execute();
    await database.db.deleteFrom('crawls').execute();
    let isOpen = false;
    const refuses = (what: string) => (isOpen || (isCatalogOpen && what === 'catalog') ? undefined : refusal);
    const { indexer, asked, warnings } = indexerOf(refuses);
    await indexer.crawl('start');
    assert.ok(asked.length < 60, `${asked.length} requests`);
    assert.deepEqual(
      warnings().map((line) => (JSON.parse(line) as { msg: string }).msg),
      ['the registry refuses our credentials; the crawl goes on when it takes them'],
    );
    assert.equal(indexer.isInterrupted(), true);
    assert.equal((await indexer.progress())?.error, refusal.message);
    isOpen = true;
    await indexer.crawl('retry');
    const progress = await indexer.progress();
    assert.deepEqual([progress?.error, progress?.failures, progress?.repositoriesDone], [null, 0, NAMES.length]);
    await indexer.close();
  });
}

test('one refused repository, or a refused catalog, does not end a crawl', async () => {
  const { indexer, warnings } = indexerOf((what) =>
    what === 'team/app-7' || what === 'catalog' ? forbidden : undefined,
  );
  await indexer.crawl('start');
  assert.equal(indexer.isInterrupted(), false);
  const progress = await indexer.progress();
  assert.deepEqual([progress?.failures, progress?.repositoriesDone], [1, NAMES.length]);
  assert.equal(warnings().length, 1);
  await indexer.close();
});

/** The registry is tried once for everybody who looks within a moment; what is known without it is always of now. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createStatusFacts, type InstallationDeps } from '../../../server/operations/installation.ts';
import { createKnownFacts, type KnownFactsDeps } from '../../../server/operations/known-facts.ts';
import { isPostgres } from '../../../server/storage/engine.ts';
import { testConfig } from '../../support/app/token-stack.ts';
import { openTestDatabase } from '../../support/data/database.ts';
import { crawlProgress } from '../../support/data/operations-facts.ts';

const ADDRESS = 'http://registry:5000';

async function start(t: TestContext, more: Partial<InstallationDeps> = {}) {
  const { db, close } = await openTestDatabase();
  t.after(close);
  const state = { clock: 0, asked: 0, crawled: 0 };
  const ping = { demandsToken: false, challenge: undefined, line: 3, clockDifferenceMs: 0 };
  const common = { config: testConfig(), inContainer: false };
  const client = { address: ADDRESS, deleteManifest: async () => 'missing', ping: async () => ping };
  const known = createKnownFacts({
    ...common,
    client,
    monitor: { latest: () => undefined, lastAnswerAt: () => null },
    managedVersion: () => 'v2.8.2+unknown',
    index: {
      crawlState: () => ({ crawl: crawlProgress({ reason: 'told' }), isComplete: true }),
      ...{ hold: () => undefined, listedAt: () => null },
    },
    events: { arrivals: async () => ({ lastReceivedAt: 7, lastVerifiedAt: 7, quarantined: 0, waiting: 2 }) },
    ...{ hasSecret: true, refusedNotifications: () => ({ lastAt: undefined }), lastPushTokenAt: () => undefined },
    ...{ storage: { facts: () => undefined }, jobs: { states: () => [] } },
  } as unknown as KnownFactsDeps);
  const facts = createStatusFacts({
    ...{ ...common, known, client, db, signer: undefined, hasCertificate: false, keyFolder: '/conf' },
    monitor: {
      check: async () => {
        state.asked += 1;
        return { reachable: true, error: null, ping, checkedAt: 0 };
      },
    },
    crawlProgress: async () => {
      state.crawled += 1;
      return crawlProgress({ repositoriesDone: state.crawled });
    },
    now: () => 0,
    clock: () => state.clock,
    ...more,
  } as unknown as InstallationDeps);
  return { facts, known, state, engine: isPostgres(db) ? 'postgres' : 'sqlite' };
}

test('visits within a moment share one trial, each with the address it came by', async (t) => {
  const { facts, state } = await start(t);
  const [one, two] = await Promise.all([facts('http://a'), facts('http://b')]);
  state.clock += 1000;
  const three = await facts('http://a');
  assert.equal(state.asked, 1);
  assert.deepEqual([one.auth.cameBy, two.auth.cameBy, three.auth.cameBy], ['http://a', 'http://b', 'http://a']);
  const done = [one, three].map(({ index }) => index.crawl?.repositoriesDone);
  assert.deepEqual(done, [1, 3], 'the index is asked each time');
});

test('a later visit tries again', async (t) => {
  const { facts, state } = await start(t);
  await facts();
  state.clock += 2001;
  await facts();
  assert.equal(state.asked, 2);
});

test('the database is the one in use', async (t) => {
  const { facts, engine } = await start(t);
  const { database } = await facts();
  assert.deepEqual([database.engine, database.synchronous], [engine, engine === 'sqlite' ? 'FULL' : null]);
});

test('what the trial found stands in place of what was known before', async (t) => {
  const { facts, known } = await start(t);
  const { registry } = await facts();
  assert.equal(known.registry().reachable, null, 'not asked yet');
  assert.deepEqual([registry.reachable, registry.line, registry.address], [true, 3, ADDRESS]);
});

test('an index thread that dies or hangs does not hold up what else is known', async (t) => {
  const died = async () => {
    throw new Error('the thread ended');
  };
  for (const crawlProgress of [died, () => new Promise<undefined>(() => undefined)]) {
    const { facts } = await start(t, { crawlProgress });
    assert.equal((await facts()).index.crawl?.reason, 'told');
  }
});

test('before the registry was asked for the first time lists do not say that it is away', async (t) => {
  const { known } = await start(t);
  const { reachable, lastAnswerAt, polled } = known.indexState();
  assert.deepEqual([reachable, lastAnswerAt], [true, null]);
  assert.deepEqual(polled, { listedAt: null, isOurs: true });
});

test('a version is told as people say it, and what nobody knows is null', async (t) => {
  const { known } = await start(t);
  assert.equal(known.registry().version, '2.8.2');
  const { lastAt, lastVerifiedAt, lagMs, waiting } = await known.notifications();
  assert.deepEqual(
    { lastAt, lastVerifiedAt, lagMs, waiting },
    { lastAt: 7, lastVerifiedAt: 7, lagMs: null, waiting: 2 },
  );
});

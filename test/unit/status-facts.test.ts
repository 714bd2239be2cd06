/** The registry is tried once for everybody who looks within a moment; what is known without it is always of now. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createStatusFacts, type StatusDeps } from '../../server/status.ts';
import { isPostgres } from '../../server/storage/engine.ts';
import { testConfig } from '../support/app/token-stack.ts';
import { openTestDatabase } from '../support/data/database.ts';

async function start(t: TestContext) {
  const { db, close } = await openTestDatabase();
  t.after(close);
  const state = { clock: 0, asked: 0, crawled: 0 };
  const ping = { demandsToken: false, challenge: undefined, line: 3, clockDifferenceMs: 0 };
  const facts = createStatusFacts({
    ...{ config: testConfig(), inContainer: false, notificationUrl: '', hasSecret: true, readonly: false },
    client: { address: 'http://registry:5000', deleteManifest: async () => 'missing', ping: async () => ping },
    monitor: {
      check: async () => {
        state.asked += 1;
        return { reachable: true, error: null, ping, checkedAt: 0 };
      },
    },
    version: async () => null,
    arrivals: async () => ({ quarantined: 0 }),
    lastPushTokenAt: () => undefined,
    crawl: async () => {
      state.crawled += 1;
      return { repositoriesDone: state.crawled };
    },
    ...{ hold: () => null, jobs: () => [], signer: undefined, refusedNotifications: () => ({ lastAt: undefined }) },
    ...{ hasCertificate: false, certificateFile: null, keyFile: null },
    db,
    storage: { facts: () => undefined },
    now: () => 0,
    clock: () => state.clock,
  } as unknown as StatusDeps);
  return { facts, state, engine: isPostgres(db) ? 'postgres' : 'sqlite' };
}

test('visits within a moment share one trial, each with the address it came by', async (t) => {
  const { facts, state } = await start(t);
  const [one, two] = await Promise.all([facts('http://a'), facts('http://b')]);
  state.clock += 1000;
  const three = await facts('http://a');
  assert.equal(state.asked, 1);
  assert.deepEqual([one.auth.cameBy, two.auth.cameBy, three.auth.cameBy], ['http://a', 'http://b', 'http://a']);
  assert.deepEqual([one.crawl.done, three.crawl.done], [1, 3], 'the index is asked each time');
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

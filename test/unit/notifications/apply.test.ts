import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createActivity } from '../../../server/catalog/activity/activity.ts';
import { countUses, type Use } from '../../../server/catalog/activity/writes.ts';
import { EVERYTHING } from '../../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../../server/log.ts';
import { type ApplyDeps, createApplier } from '../../../server/notifications/apply.ts';
import type { RegistryEvent } from '../../../server/notifications/events.ts';
import { openTestDatabase, type TestDatabase } from '../../support/data/database.ts';
import { insertRepositories } from '../../support/data/space.ts';

const NOW = new Date(2026, 10, 20, 12).getTime();

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  await insertRepositories(database.db, ['team/app', 'team/web']);
});
after(() => database.close());
beforeEach(async () => {
  for (const table of ['activity_days', 'repository_days', 'push_days', 'events'] as const) {
    await database.db.deleteFrom(table).execute();
  }
  await database.db.updateTable('repositories').set({ pull_count: 0 }).execute();
  const rows = Array.from({ length: 30 }, (_, index) => storedEvent(index));
  await database.db.insertInto('events').values(rows).execute();
});

const storedEvent = (index: number) => ({
  ...{ event_id: `event ${index}`, envelope_id: 1, received_at: NOW, at: NOW, action: 'pull' },
  ...{ repository: index % 2 === 0 ? 'team/app' : 'team/web', tag: 'v1', digest: null, media_type: '' },
  ...{ size_bytes: null, from_repository: null, actor: 'lin', address: '', user_agent: '', method: 'GET' },
  ...{ instance_id: '', of_manifest: 1 as const, actor_confirmed: 1 as const, verified: 1 as const },
});

const useOf = ({ repository, at, actor }: RegistryEvent): Use => ({
  ...{ kind: 'pull', repository, tag: 'v1', digest: null, at, actor },
});

const applier = (more: Partial<ApplyDeps<Use>> = {}) =>
  createApplier<Use>({
    db: database.db,
    onEvent: async (event) => useOf(event),
    count: (trx, uses) => countUses(trx, uses, NOW),
    onCounted: () => undefined,
    clock: () => NOW,
    log: createLogger('silent'),
    ...more,
  });

/** Of the days, and of the repositories themselves. */
async function pulls(): Promise<readonly number[]> {
  const [today] = await createActivity({ db: database.db, now: () => NOW }).ofView(EVERYTHING, 1);
  const rows = await database.db.selectFrom('repositories').select('pull_count').execute();
  return [today?.pulls ?? 0, rows.reduce((sum, row) => sum + row.pull_count, 0)];
}

test('each event counts once', async () => {
  await applier().step();
  await applier().step();
  assert.deepEqual(await pulls(), [30, 30]);
});

test('what breaks off after counting is counted once, when it is repeated', async () => {
  const failing = applier({
    count: async (trx, uses) => {
      await countUses(trx, uses, NOW);
      throw new Error('the disk is full');
    },
  });
  await assert.rejects(failing.step());
  assert.deepEqual(await pulls(), [0, 0]);
  await applier().step();
  assert.deepEqual(await pulls(), [30, 30]);
});

test('two processes that read the same events count each of them once', async () => {
  await Promise.all([applier().step(), applier().step(), applier().step()]);
  assert.deepEqual(await pulls(), [30, 30]);
});

test('an event that nothing is to be counted of is only marked', async () => {
  await applier({ onEvent: async () => undefined }).step();
  assert.deepEqual(await pulls(), [0, 0]);
  await applier().step();
  assert.deepEqual(await pulls(), [0, 0]);
});

test('who watches is told of what was counted, after it was written', async () => {
  const told: (readonly number[])[] = [];
  const waiting: Promise<unknown>[] = [];
  await applier({ onCounted: () => void waiting.push(pulls().then((found) => told.push(found))) }).step();
  await Promise.all(waiting);
  assert.equal(told.length, 2);
  assert.ok(told.every(([counted]) => (counted ?? 0) >= 15));
});

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createFailedSignIns, type FailedSignInStore } from '../../server/audit/failed-sign-ins.ts';
import { createLogger } from '../../server/log.ts';
import { quietBus } from '../support/app/bus.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

const ANNA = { actor: 'anna', address: '10.0.0.1', reason: 'wrong' };

let database: TestDatabase;
let failures: FailedSignInStore;
let time = 0;
let toldCount = 0;

before(async () => {
  database = await openTestDatabase();
});
after(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom('failed_sign_ins').execute();
  [time, toldCount] = [1000, 0];
  const bus = quietBus();
  bus.subscribe('audited', () => {
    toldCount += 1;
  });
  failures = createFailedSignIns(database.db, { now: () => time, log: createLogger('silent'), bus });
});

test('the same failure is one row with its first and last time, written or not', async () => {
  for (const at of [1000, 2000, 3000]) {
    time = at;
    failures.record(ANNA);
    if (at === 2000) await failures.flush();
  }
  const { rows } = await failures.list({ limit: 10 });
  assert.deepEqual(
    rows.map(({ id: _, ...row }) => row),
    [{ ...ANNA, count: 3, firstAt: 1000, lastAt: 3000 }],
  );
  assert.equal(toldCount, 2);
});

test('another reason and another address are other rows, the latest first, by name and page by page', async () => {
  for (const change of [{}, { reason: 'throttled' }, { address: '10.0.0.2' }, { actor: 'bob' }]) {
    time += 1000;
    failures.record({ ...ANNA, ...change });
  }
  const first = await failures.list({ limit: 3 });
  assert.deepEqual(
    first.rows.map(({ actor, address, reason }) => [actor, address, reason].join(' ')),
    ['bob 10.0.0.1 wrong', 'anna 10.0.0.2 wrong', 'anna 10.0.0.1 throttled'],
  );
  const second = await failures.list({ limit: 3, after: first.next });
  assert.deepEqual([second.rows.length, second.next], [1, undefined]);
  assert.equal((await failures.list({ limit: 10, actor: 'bob' })).rows.length, 1);
});

test('strangers fill no more than 2000 rows, and a row goes after 30 days', async () => {
  for (let at = 0; at < 2400; at += 1) {
    time += 1;
    failures.record({ ...ANNA, actor: `stranger${at}` });
    if (at % 400 === 0) await failures.flush();
  }
  await failures.flush();
  const { rows } = await failures.list({ limit: 5000 });
  assert.equal(rows.length, 2000);
  assert.equal(rows[0]?.actor, 'stranger2399');
  time += 31 * 86_400_000;
  failures.record(ANNA);
  assert.deepEqual(
    (await failures.list({ limit: 10 })).rows.map(({ actor }) => actor),
    ['anna'],
  );
});

test('an endless name is cut', async () => {
  failures.record({ ...ANNA, actor: 'x'.repeat(5000) });
  assert.equal((await failures.list({ limit: 1 })).rows[0]?.actor.length, 128);
});

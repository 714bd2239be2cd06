/** The bounded memory of what people asked for and do not hold. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '../../server/log.ts';
import { type OpenedDatabase, openDatabase } from '../../server/storage/database.ts';
import { createRefusals, type Refusals } from '../../server/token/refusals.ts';
import { quietBus } from '../support/app/bus.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';

let folder: TemporaryFolder;
let opened: OpenedDatabase;
let refusals: Refusals;
let now = 1;
const told: (readonly string[])[] = [];

before(async () => {
  folder = await temporaryFolder('refusals');
  opened = await openDatabase({ dataPath: folder.path, exclusive: true });
  const bus = quietBus();
  bus.subscribe('tokens-refused', ({ subjects }) => told.push(subjects));
  refusals = createRefusals(opened.db, { now: () => now, log: createLogger('silent'), bus });
});
after(async () => {
  await opened.close();
  await folder.remove();
});

function ask(subject: string, repository: string): void {
  const subjectKind = subject === '' ? 'anonymous' : 'user';
  const asked = ['push', 'pull'];
  refusals.record({
    subject,
    subjectKind,
    address: '10.0.0.1',
    repository,
    asked,
    missing: ['push'],
    client: 'docker',
  });
}

test('repetitions raise a number, also across writes', async () => {
  ask('alice', 'a');
  ask('alice', 'a');
  await refusals.flush();
  now = 5;
  ask('alice', 'a');
  assert.deepEqual(told, [['alice']], 'told once it is written, with each name once');
  const { rows } = await refusals.list({ subject: 'alice', limit: 10 });
  assert.equal(rows.length, 1);
  const { count, firstAt, lastAt, asked } = rows[0] ?? {};
  assert.deepEqual({ count, firstAt, lastAt, asked }, { count: 3, firstAt: 1, lastAt: 5, asked: ['pull', 'push'] });
});
test('pages go from the newest to the oldest', async () => {
  for (let index = 0; index < 5; index += 1) {
    now = 10 + index;
    ask('bob', `b${index}`);
  }
  const first = await refusals.list({ subject: 'bob', limit: 3 });
  assert.deepEqual(
    first.rows.map((row) => row.repository),
    ['b4', 'b3', 'b2'],
  );
  assert.ok(first.next);
  const second = await refusals.list({ subject: 'bob', limit: 3, after: first.next });
  assert.deepEqual([second.rows.map((row) => row.repository), second.next], [['b1', 'b0'], undefined]);
});
test('strangers cannot fill it, nor push out what is known of people', async () => {
  for (let index = 0; index < 1500; index += 1) {
    now = 100 + index;
    ask('', `x${index}`);
    if (index % 400 === 0) await refusals.flush();
  }
  const strangers = await refusals.list({ subject: '', limit: 5000 });
  assert.ok(strangers.rows.length <= 1000);
  assert.equal((await refusals.list({ subject: 'alice', limit: 10 })).rows.length, 1);
});

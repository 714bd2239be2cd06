import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Audit, type AuditQuery, type AuditRecord, createAudit } from '../../server/audit/audit.ts';
import { MIGRATIONS } from '../../server/storage/migrations/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';

/** Of another version of the product. */
const OTHER_WORD = 'users' as string as AuditRecord['action'];
let database: TestDatabase;
let audit: Audit;
let time = 0;

const written: readonly AuditRecord[] = [
  {
    actor: 'admin',
    address: '10.0.0.1',
    action: 'user.add',
    object: 'anna',
    outcome: 'ok',
    detail: { roles: ['team'] },
  },
  { actor: 'admin', address: '10.0.0.1', action: 'role.grant', object: 'anna', outcome: 'ok' },
  { actor: 'anna', address: '10.0.0.2', action: 'tag.delete', object: 'team/app:v1', outcome: 'refused' },
  { actor: 'admin', address: '10.0.0.1', action: 'user.remove', object: 'bob', outcome: 'ok' },
  { actor: '', address: '10.0.0.3', action: OTHER_WORD, object: '', outcome: 'failed' },
];

before(async () => {
  database = await openTestDatabase();
  audit = createAudit(database.db, () => time);
  for (const record of written) {
    time += 1000;
    await audit.record(record);
  }
});
after(() => database.close());

async function actions(query: Partial<AuditQuery>): Promise<string> {
  const { entries } = await audit.list({ limit: 100, ...query });
  return entries.map((entry) => entry.action).join(' ');
}

test('gives back what was recorded, the latest first', async () => {
  const { entries, next } = await audit.list({ limit: 100 });
  assert.equal(next, undefined);
  assert.deepEqual(
    entries.map(({ id: _, at: __, ...entry }) => entry),
    [...written].reverse().map((record) => ({ detail: {}, ...record })),
  );
  assert.deepEqual(
    entries.map((entry) => entry.at),
    [5000, 4000, 3000, 2000, 1000],
  );
});

const filters = [
  [{ actor: 'anna' }, 'tag.delete'],
  [{ action: 'user.' }, 'user.remove user.add'],
  [{ action: 'user.add' }, 'user.add'],
  [{ object: 'anna' }, 'role.grant user.add'],
  [{ outcome: 'refused' }, 'tag.delete'],
  [{ from: 2000, until: 4000 }, 'tag.delete role.grant'],
  [{ actor: 'admin', object: 'bob' }, 'user.remove'],
  [{ actor: "' or 1=1 --" }, ''],
] as const;
for (const [filter, expected] of filters) {
  test(`filters by ${JSON.stringify(filter)}`, async () => assert.equal(await actions(filter), expected));
}

test('pages by key: entries that arrive meanwhile shift nothing', async () => {
  const first = await audit.list({ actor: 'admin', limit: 2 });
  assert.deepEqual(
    first.entries.map((entry) => entry.action),
    ['user.remove', 'role.grant'],
  );
  await audit.record({ actor: 'admin', address: '', action: 'role.add', object: '', outcome: 'ok' });
  const second = await audit.list({ actor: 'admin', limit: 2, after: first.next });
  assert.deepEqual([second.entries.map((entry) => entry.action), second.next], [['user.add'], undefined]);
});

test('the word that the command line had for a reset is renamed, on either engine', async () => {
  const entry = { at: 1, actor: 'command line', address: '', object: 'old', outcome: 'ok', detail: '{}' };
  await database.db
    .insertInto('audit')
    .values({ ...entry, action: 'user.reset-password' })
    .execute();
  await MIGRATIONS['0020-audit-words']?.up(database.db);
  assert.equal(await actions({ object: 'old' }), 'password.reset');
  assert.equal(await actions({ object: 'bob' }), 'user.remove');
});

test('offers no way to change or remove an entry', () => {
  assert.deepEqual(Object.keys(audit).sort(), ['list', 'record']);
});

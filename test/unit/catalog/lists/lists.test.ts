import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ANONYMOUS, type Rights } from '../../../../server/access/rights.ts';
import { compileRule } from '../../../../server/access/rule.ts';
import { ensureRepository } from '../../../../server/catalog/index/tag-writes.ts';
import { createRepositoryStore } from '../../../../server/catalog/lists/repositories.ts';
import { createVisibility, EVERYTHING, isVisible } from '../../../../server/catalog/visibility/visibility.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  const { db } = database;
  await db.transaction().execute(async (trx) => {
    for (let number = 0; number < 25; number += 1) {
      const id = await ensureRepository(trx, `team/app${String(number).padStart(2, '0')}`, 1000);
      // Equal values on purpose: their order is that of the names.
      const facts = { tag_count: number % 3, size_bytes: number % 5, pull_count: number % 2 };
      const pushed = number % 4 === 0 ? null : number % 4;
      await trx
        .updateTable('repositories')
        .set({ ...facts, last_pushed_at: pushed })
        .where('id', '=', id)
        .execute();
    }
    for (const name of ['alice/own', 'bob/own', 'a_b', 'axb']) await ensureRepository(trx, name, 1000);
  });
});
after(() => database.close());

function rights(patterns: readonly string[], isAdmin = false): Rights {
  const rules = patterns.map((repository) =>
    compileRule({ repository, address: '**', canPull: true, canPush: false, canDelete: false }, 'alice'),
  );
  return { subject: { ...ANONYMOUS, kind: 'user', id: 1, name: 'alice' }, isAdmin, isAuditor: false, rules };
}

const BY_NAME = { sort: 'name', direction: 'asc', limit: 100 } as const;
const filters: readonly [string, number][] = [
  ['APP0', 10],
  ['_', 1],
  ['%', 0],
  ["' or 1=1 --", 0],
  ['\\', 0],
];
for (const [filter, total] of filters) {
  test(`the filter ${filter} finds ${total}`, async () => {
    const page = await createRepositoryStore(database.db).list(EVERYTHING, { ...BY_NAME, filter });
    assert.deepEqual([page.total, page.rows.length], [total, total]);
  });
}

test('a cursor that we did not make starts at the beginning', async () => {
  for (const after of ['x', '%%%', Buffer.from('[{},1]').toString('base64url'), 'A'.repeat(5000)]) {
    const page = await createRepositoryStore(database.db).list(EVERYTHING, { ...BY_NAME, after });
    assert.equal(page.rows[0]?.name, 'a_b', after.slice(0, 20));
  }
});

const viewers: readonly [string, Rights, number][] = [
  ['nobody', rights([]), 0],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how a pattern names the user.
  ['the owner of a folder', rights(['${user}/**']), 1],
  ['two overlapping patterns', rights(['team/app0*', 'team/app01']), 10],
  ['everything by pattern', rights(['**']), 29],
  ['an admin', rights([], true), 29],
];
for (const [who, held, total] of viewers) {
  test(`${who} sees ${total}`, async () => {
    const visibility = await createVisibility(database.db).of(held, '10.0.0.1');
    const repositories = createRepositoryStore(database.db);
    assert.equal((await repositories.list(visibility, BY_NAME)).total, total);
    assert.equal(await repositories.total(visibility), total);
  });
}

test('a hidden repository and a missing one look the same', async () => {
  const visibility = await createVisibility(database.db).of(rights(['team/*']), '10.0.0.1');
  const { find } = createRepositoryStore(database.db);
  assert.equal(await find(visibility, 'bob/own'), undefined);
  assert.equal(await find(visibility, 'no/such'), undefined);
  assert.equal((await find(visibility, 'team/app01'))?.name, 'team/app01');
});

test('a new repository is seen by those whose pattern was known before it', async () => {
  const { db } = database;
  const visibility = await createVisibility(db).of(rights(['new/**']), '10.0.0.1');
  const { list } = createRepositoryStore(db);
  assert.equal((await list(visibility, BY_NAME)).total, 0);
  await db.transaction().execute((trx) => ensureRepository(trx, 'new/born', 2000));
  assert.equal((await list(visibility, BY_NAME)).total, 1);
  const named = await db.selectFrom('repositories').select('name').where(isVisible(visibility)).execute();
  assert.deepEqual(named, [{ name: 'new/born' }]);
  await db.deleteFrom('repositories').where('name', '=', 'new/born').execute();
});

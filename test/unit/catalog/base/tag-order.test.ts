import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tagKey } from '../../../../server/catalog/base/tag-key.ts';
import { versionsFirst } from '../../../../server/catalog/base/tag-order.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
});
after(() => database?.close());

test('of the tags of one image its versions come first, the highest in front', async () => {
  const { db } = database;
  const ordered = ['20261130120000', 'v10.0', 'v4.12.1', '4.12', 'v4', 'main-c185592', 'latest', '_edge'];
  const { id } = await db
    .insertInto('repositories')
    .values({ name: 'app', first_seen_at: 1 })
    .returning('id')
    .executeTakeFirstOrThrow();
  const rest = { repository_id: id, digest: 'sha256:1', first_seen_at: 1, checked_at: 1 };
  const tags = ordered.toSorted().map((name) => ({ ...rest, name, name_key: tagKey(name) }));
  await db.insertInto('tags').values(tags).execute();
  const rows = await db.selectFrom('tags').select('name').orderBy(versionsFirst).execute();
  assert.deepEqual(
    rows.map(({ name }) => name),
    ordered,
  );
});

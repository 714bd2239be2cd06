import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSearch } from '../../server/catalog/search.ts';
import { EVERYTHING } from '../../server/catalog/visibility.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedRepository } from '../support/seed.ts';

const ROWS = 20_000;
const AT_ONCE = 1000;
let database: TestDatabase;

// More than one request looks through, and more than few enough to sort.
before(async () => {
  database = await openTestDatabase();
  const { repositoryId } = await seedRepository(database.db, 'team/app', [{ tags: ['v1'] }], 1);
  for (let start = 0; start < ROWS; start += AT_ONCE) {
    const rows = Array.from({ length: AT_ONCE }, (_, index) => ({
      repository_id: repositoryId,
      digest: `sha256:${(start + index).toString(16).padStart(64, '0')}`,
      first_seen_at: 1,
      state: 'tagged' as const,
      tag_name: `t${start + index}`,
      // Several share a moment; the oldest is the only one that was pulled.
      aged_at: 10 + Math.floor((start + index) / 7),
      pull_count: start + index === 0 ? 1 : 0,
      size_bytes: 1000,
    }));
    await database.db.insertInto('held_manifests').values(rows).execute();
  }
});
after(() => database.close());

test('reads newest first, each row once, over windows and pages', async () => {
  const search = createSearch({ db: database.db });
  const seen = new Set<string>();
  let [after, last] = [undefined as string | undefined, Number.POSITIVE_INFINITY];
  for (let page = 0; page < 60; page += 1) {
    const { images } = await search.search(EVERYTHING, '*', { limit: 100, kind: 'images', after });
    if (page === 0) assert.equal(images.total?.isExact, false);
    for (const { digest } of images.rows) {
      const at = Math.floor(Number.parseInt(digest.slice(-8), 16) / 7);
      assert.ok(at <= last && !seen.has(digest));
      seen.add(digest);
      last = at;
    }
    after = images.next;
    assert.ok(after !== undefined);
  }
  assert.equal(seen.size, 6000);
});

test('one request reads only so much, says how far it came, and the next goes on behind it', async () => {
  const search = createSearch({ db: database.db });
  let after: string | undefined;
  let searchedTo = Number.POSITIVE_INFINITY;
  for (let request = 0; request < 20; request += 1) {
    const { images } = await search.search(EVERYTHING, 'pulls:>0', { limit: 10, kind: 'images', after });
    if (images.rows.length > 0) {
      assert.ok(request > 0);
      assert.deepEqual([images.rows[0]?.tag, images.next], ['t0', undefined]);
      return;
    }
    assert.ok(images.searchedTo !== undefined && images.searchedTo < searchedTo);
    searchedTo = images.searchedTo;
    after = images.next;
  }
  assert.fail('never came to the end');
});

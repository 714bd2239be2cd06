import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Selectable } from 'kysely';
import { compileRule } from '../../server/access/rule.ts';
import { createSearch } from '../../server/catalog/search/search.ts';
import { createVisibility, EVERYTHING, type Visibility } from '../../server/catalog/visibility/visibility.ts';
import type { Schema } from '../../server/storage/schema.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { seedRepository } from '../support/data/seed.ts';

const ROWS = 20_000;
const HIDDEN_ROWS = 4000;
const AT_ONCE = 1000;
/** More than one page. */
const WANTED = 250;
const MAX_PAGES = 100;
let database: TestDatabase;
let newest: readonly Row[];

const NOW = 1_780_000_000_000;

// More than one request looks through, and more than few enough to sort.
before(async () => {
  database = await openTestDatabase();
  const { repositoryId } = await seedRepository(database.db, 'team/app', [{ tags: ['v1'] }], 1);
  await fill(repositoryId, ROWS, 0);
  const { repositoryId: hiddenId } = await seedRepository(database.db, 'secret/app', [{ tags: ['v1'] }], 1);
  await fill(hiddenId, HIDDEN_ROWS, ROWS);
  newest = await newestRows();
});

async function fill(repositoryId: number, count: number, first: number): Promise<void> {
  for (let start = 0; start < count; start += AT_ONCE) {
    const rows = Array.from({ length: AT_ONCE }, (_, index) => ({
      repository_id: repositoryId,
      digest: `sha256:${(first + start + index).toString(16).padStart(64, '0')}`,
      first_seen_at: 1,
      state: 'tagged' as const,
      kind: (start + index) % 3 === 0 ? ('helm' as const) : ('image' as const),
      tag_count: 1,
      tag_name: `t${start + index}`,
      // Several share a moment; the oldest is the only one that was pulled.
      aged_at: 10 + Math.floor((start + index) / 7),
      pull_count: first + start + index === 0 ? 1 : 0,
      size_bytes: 1000,
    }));
    await database.db.insertInto('held_manifests').values(rows).execute();
  }
}
after(() => database.close());

test('reads newest first, each row once, over windows and pages', async () => {
  const search = createSearch({ db: database.db });
  const seen = new Set<string>();
  let [after, last] = [undefined as string | undefined, Number.POSITIVE_INFINITY];
  for (let page = 0; page < 60; page += 1) {
    const { images } = await search.search(EVERYTHING, 'team/*', { limit: 100, kind: 'images', after });
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

type Row = Selectable<Schema['held_manifests']>;

const QUERIES: Readonly<Record<string, (row: Row) => boolean>> = {
  '*': () => true,
  a: () => true,
  'tag:t*5': (row) => /^t.*5$/.test(row.tag_name),
  '-tag:t*5 type:helm': (row) => row.kind === 'helm' && !/^t.*5$/.test(row.tag_name),
  'pulls:0 size:1000 repo:app': (row) => row.pull_count === 0 && row.size_bytes === 1000,
  'older:2020-01-01 t1?5': (row) => /^t1.5$/.test(row.tag_name),
  'team/*': (row) => isShown(row),
  'secret/*': (row) => !isShown(row),
};

/** Of `team/app`. */
function isShown(row: Row): boolean {
  return Number.parseInt(row.digest.slice(-12), 16) < ROWS;
}

for (const [text, passes] of Object.entries(QUERIES)) {
  test(`${text} finds the newest that pass, and only what the viewer may see`, async () => {
    for (const [visibility, rows] of [
      [await seenByTeam(), newest.filter(isShown)],
      [EVERYTHING, newest],
    ] as const) {
      const expected = rows.filter(passes).map((row) => `${isShown(row) ? 'team' : 'secret'}/app ${row.tag_name}`);
      assert.deepEqual(await findFirst(visibility, text, WANTED), expected.slice(0, WANTED));
    }
  });
}

function newestRows(): Promise<readonly Row[]> {
  const rows = database.db.selectFrom('held_manifests').selectAll().where('state', '=', 'tagged');
  return rows.orderBy('aged_at', 'desc').orderBy('id', 'desc').execute();
}

function seenByTeam(): Promise<Visibility> {
  const rule = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
  const subject = { kind: 'user' as const, id: 1, name: 'lin' };
  const rights = { subject, isAdmin: false, isAuditor: false, rules: [compileRule(rule, 'lin')] };
  return createVisibility(database.db, () => NOW).of(rights, '10.0.0.1');
}

/** Goes on until there are so many, or no more: a page may be empty and not the last. */
async function findFirst(visibility: Visibility, text: string, count: number): Promise<readonly string[]> {
  const search = createSearch({ db: database.db, now: () => NOW });
  const found: string[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { images } = await search.search(visibility, text, { limit: 100, kind: 'images', after });
    found.push(...images.rows.map((hit) => `${hit.repository} ${hit.tag}`));
    after = images.next;
    if (after === undefined || found.length >= count) return found.slice(0, count);
  }
  return assert.fail('never came to the end');
}

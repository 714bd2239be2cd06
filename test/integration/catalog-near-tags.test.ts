/** What somebody meant who asked for a tag that is not there; on both engines. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Rights } from '../../server/access/rights.ts';
import { compileRule } from '../../server/access/rule.ts';
import { createSearch } from '../../server/catalog/search/search.ts';
import { createVisibility, EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { seedRepository } from '../support/data/seed.ts';

const SIGNATURE = `sha256-${'a'.repeat(64)}.sig`;
let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  const { db } = database;
  await seedRepository(db, 'team/app', [
    { tags: ['v1', 'v1.2', 'v1.2.8', 'latest'] },
    { tags: ['v1.3.0', 'v2.0.0', 'release-2026'] },
    { tags: [SIGNATURE], kind: 'signature' },
  ]);
  await seedRepository(db, 'secret/app', [{ tags: ['v1.2.8'] }]);
  const many = Array.from({ length: 400 }, (_, index) => `build-${String(index).padStart(4, '0')}`);
  await seedRepository(db, 'team/many', [{ tags: [...many, 'nightly'] }]);
});
after(() => database?.close());

const near = (repository: string, tag: string, visibility = EVERYTHING) =>
  createSearch({ db: database.db }).near(visibility, { repository, tag }, 5);

const cases: readonly (readonly [string, string])[] = [
  ['lates', 'latest'],
  ['LATEST', 'latest'],
  ['latets', 'latest'],
  ['1.2.8', 'v1.2.8'],
  ['v1.2.9', 'v1.2.8'],
  ['v2.0', 'v2.0.0'],
  ['v9', 'v1'],
  ['release-2025', 'release-2026'],
];
for (const [typed, meant] of cases) {
  test(`${typed} may mean ${meant}`, async () => {
    const [first, ...others] = await near('team/app', typed);
    assert.equal(first, `team/app:${meant}`);
    assert.equal(others.at(-1), 'team/app', 'the repository itself is last');
  });
}

test('what is nothing like a tag leads to the repository alone', async () => {
  for (const typed of ['entirely-different', 'x', 'ubuntu'])
    assert.deepEqual(await near('team/app', typed), ['team/app']);
});

test('tags that hold signatures are not proposed', async () => {
  const found = await near('team/app', SIGNATURE.replace('.sig', '.sit'));
  assert.deepEqual(found, ['team/app']);
});

test('as many as were asked for, of a repository with many tags', async () => {
  const found = await near('team/many', 'build-9999');
  assert.ok(found.length <= 5 && found.at(-1) === 'team/many');
  assert.equal((await near('team/many', 'nihgtly'))[0], 'team/many:nightly');
  assert.equal((await near('team/many', 'build-039'))[0], 'team/many:build-0039');
});

test('nothing is said of what the viewer may not see', async () => {
  const rule = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
  const subject = { kind: 'user', id: 1, name: 'lin' } as const;
  const rights: Rights = { subject, isAdmin: false, isAuditor: false, rules: [compileRule(rule, 'lin')] };
  const seen = await createVisibility(database.db).of(rights, '192.0.2.1');
  assert.equal((await near('team/app', 'v1.2.9', seen))[0], 'team/app:v1.2.8');
  const hidden = await near('secret/app', 'v1.2.9', seen);
  assert.deepEqual(
    hidden.filter((name) => name.startsWith('secret')),
    [],
  );
});

test('a repository whose name is wrong, too, is proposed as before', async () => {
  assert.deepEqual(await near('team/apq', 'v1'), ['team/app']);
});

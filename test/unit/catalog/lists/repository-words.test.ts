/** What people say of repositories: descriptions and stars, and what the newest image says itself. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compileRule } from '../../../../server/access/rule.ts';
import { createUserStore } from '../../../../server/access/users.ts';
import { readRepositorySummary } from '../../../../server/catalog/images/repository-summary.ts';
import { createDescriptions } from '../../../../server/catalog/lists/descriptions.ts';
import { createRepositoryStore } from '../../../../server/catalog/lists/repositories.ts';
import { createStars } from '../../../../server/catalog/lists/stars.ts';
import { createVisibility, EVERYTHING, NOTHING } from '../../../../server/catalog/visibility/visibility.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import { seedRepository } from '../../../support/data/seed.ts';

let opened: TestDatabase;
let clock = 1_700_000_000_000;
const now = () => ++clock;
before(async () => {
  opened = await openTestDatabase();
});
after(() => opened?.close());

test('of two people who write over the same version the second gets a conflict', async () => {
  const { find, write } = createDescriptions({ db: opened.db, now });
  const edit = (text: string, version: number) => write({ repository: 'a/b', text, version, by: 'lin' });
  const both = await Promise.allSettled([edit('one', 0), edit('two', 0)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal((await find('a/b'))?.version, 1);
  assert.equal((await edit('three', 1)).version, 2);
  await assert.rejects(edit('four', 1), { code: 'CONFLICT' });
  assert.equal((await find('a/b'))?.text, 'three');
  assert.equal((await edit('', 2)).text, '');
  assert.equal(await find('a/none'), undefined);
});

const texts = [
  ['a\r\nb\rc\n\n', 'a\nb\nc'],
  ['é'.repeat(32_768), 'é'.repeat(32_768)],
  ['é'.repeat(32_769), 'INVALID'],
  ['a\0', 'INVALID'],
  ['\ud800', 'INVALID'],
] as const;
for (const [index, [text, expected]] of texts.entries()) {
  test(`text ${index} is kept or refused`, async () => {
    const { write } = createDescriptions({ db: opened.db, now });
    const written = write({ repository: `t/${index}`, text, version: 0, by: '' });
    if (expected === 'INVALID') await assert.rejects(written, { code: 'INVALID' });
    else assert.equal((await written).text, expected);
  });
}

test('stars show what may be pulled now, the latest first, and survive a repository pushed anew', async () => {
  const { db } = opened;
  const stars = createStars({ db, now });
  const user = await createUserStore(db).add({
    ...{ username: 'star', passwordHash: 'x', mustChangePassword: false, roleIds: [], by: 'test' },
  });
  for (const name of ['team/one', 'team/two', 'other/three']) await seedRepository(db, name, [{ tags: ['v1'] }]);
  for (const name of ['team/one', 'other/three', 'team/two', 'team/two', 'gone/x']) await stars.star(user.id, name);
  const names = async (seen = EVERYTHING, limit = 10) => (await stars.of(user.id, seen, limit)).map((row) => row.name);
  assert.deepEqual(await names(), ['team/two', 'other/three', 'team/one']);
  assert.deepEqual(await names(EVERYTHING, 1), ['team/two']);
  assert.deepEqual(await names(NOTHING), []);
  const rule = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
  const subject = { kind: 'user' as const, id: user.id, name: 'star' };
  const rights = { subject, isAdmin: false, isAuditor: false, rules: [compileRule(rule, 'star')] };
  assert.deepEqual(await names(await createVisibility(db).of(rights, '10.0.0.1')), ['team/two', 'team/one']);
  assert.equal(await stars.count('team/two'), 1);
  assert.ok(await stars.isStarred(user.id, 'gone/x'));
  await seedRepository(db, 'gone/x', [{ tags: ['v1'] }]);
  assert.ok((await names()).includes('gone/x'));
  await stars.unstar(user.id, 'team/two');
  assert.equal(await stars.count('team/two'), 0);
  await createUserStore(db).remove(user.id);
  assert.equal(await stars.count('team/one'), 0);
});

test('the newest image says what it is, an index before the images in it', async () => {
  const { db } = opened;
  const oci = (field: string, value: string) => ({ [`org.opencontainers.image.${field}`]: value });
  const annotations = oci('description', 'Of the index');
  const labels = {
    ...oci('description', 'Of the image'),
    ...oci('vendor', 'Us'),
    'org.label-schema.url': 'https://old',
  };
  for (const [name, platforms] of [
    ['say/index', ['linux/amd64', 'linux/arm64']],
    ['say/image', ['linux/amd64']],
  ] as const) {
    await seedRepository(db, name, [{ tags: ['v1'], platforms, annotations, labels }]);
    const found = await createRepositoryStore(db).find(EVERYTHING, name);
    assert.ok(found);
    const about = await readRepositorySummary(db, found);
    assert.deepEqual([about?.description, about?.vendor, about?.url], ['Of the index', 'Us', 'https://old'], name);
    assert.equal(await readRepositorySummary(db, { ...found, newestDigest: null }), undefined);
    assert.equal(await readRepositorySummary(db, { ...found, newestDigest: `sha256:${'0'.repeat(64)}` }), undefined);
  }
});

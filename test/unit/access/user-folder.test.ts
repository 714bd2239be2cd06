import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileForUser, hasUserPlaceholder, matchesGlob, parseGlob } from '../../../server/access/glob.ts';
import { isFolderName, userFolderName } from '../../../server/access/user-folder.ts';

const names = [
  ['anna', /^anna$/],
  ['anna.smith', /^anna\.smith$/],
  ['a__b', /^a__b$/],
  ['anna@example.com', /^anna-example\.com-[0-9a-f]{8}$/],
  ['a+b@x.org', /^a-b-x\.org-[0-9a-f]{8}$/],
  ['.anna-', /^anna-[0-9a-f]{8}$/],
  ['a._b', /^a-b-[0-9a-f]{8}$/],
  ['@@@', /^user-[0-9a-f]{8}$/],
] as const;
for (const [name, folder] of names) {
  test(`the folder of ${name} can be one`, () => {
    assert.match(userFolderName(name), folder);
    assert.equal(isFolderName(userFolderName(name)), true);
  });
}

test('two names that look alike when cleaned never share a folder', () => {
  const folders = ['a+b@x.org', 'a-b@x.org', 'a@b-x.org', 'a-b-x.org'].map(userFolderName);
  assert.equal(new Set(folders).size, 4);
});

const SLUG = '$'.concat('{user:slug}/**');

test('the cleaned name is filled in for the subject, and for nobody else', () => {
  const glob = compileForUser(SLUG, 'anna@example.com');
  assert.equal(matchesGlob(glob, `${userFolderName('anna@example.com')}/app`), true);
  assert.equal(matchesGlob(glob, 'anna-example.com/app'), false);
  assert.equal(matchesGlob(compileForUser(SLUG, 'anna'), 'anna/app'), true);
  assert.equal(matchesGlob(parseGlob(SLUG), 'anna/app'), false);
  assert.equal(hasUserPlaceholder(SLUG), true);
});

test('a placeholder cannot stand inside a set', () => {
  assert.throws(() => parseGlob('['.concat(SLUG.slice(0, -3), ']')), { code: 'INVALID' });
});

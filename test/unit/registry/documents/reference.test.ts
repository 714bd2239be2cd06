import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isDigest,
  isRepositoryName,
  isTag,
  parseReferencePath,
} from '../../../../server/registry/documents/reference.ts';

const HASH = 'a'.repeat(64);
const NAMES: readonly (readonly [name: string, valid: boolean])[] = [
  ['app', true],
  ['team/app', true],
  ['a/b/c/d.e_f__g--h', true],
  ['0', true],
  ['a'.repeat(255), true],
  ['a'.repeat(256), false],
  ['', false],
  ['App', false],
  ['/app', false],
  ['app/', false],
  ['a//b', false],
  ['a/../b', false],
  ['.a', false],
  ['a.', false],
  ['a..b', false],
  ['a___b', false],
  ['a%2Fb', false],
  ['a b', false],
  ['a\nb', false],
  ['team/-/app', false],
];
for (const [name, valid] of NAMES) {
  test(`${JSON.stringify(name.slice(0, 40))} is ${valid ? 'a' : 'no'} repository name`, () =>
    assert.equal(isRepositoryName(name), valid));
}

// Tried in every way this would not end before the runner gives up.
test('a name of many separators is refused', () => {
  assert.equal(isRepositoryName(`${'a-'.repeat(127)}!`), false);
});

test('tags and digests', () => {
  for (const tag of ['v1', '_x', 'A.b-c', 'a'.repeat(128)]) assert.ok(isTag(tag), tag);
  for (const tag of ['', '.x', '-x', 'a/b', 'a:b', 'a\n', 'a'.repeat(129)]) assert.ok(!isTag(tag), tag);
  for (const digest of [`sha256:${HASH}`, `sha512:${HASH}${HASH}`]) assert.ok(isDigest(digest), digest);
  for (const digest of [
    `sha256:${HASH}a`,
    `sha256:${HASH.toUpperCase()}`,
    `sha512:${HASH}`,
    `md5:${HASH}`,
    HASH,
    `sha256:${HASH}\n`,
  ]) {
    assert.ok(!isDigest(digest), digest);
  }
});

const PATHS: readonly (readonly [path: string, reference: object | undefined])[] = [
  ['team/app', { repository: 'team/app' }],
  ['team/app:v1', { repository: 'team/app', tag: 'v1' }],
  [`team/app@sha256:${HASH}`, { repository: 'team/app', digest: `sha256:${HASH}` }],
  ['team/app:', undefined],
  ['team/app@v1', undefined],
  ['team/app:v1:v2', undefined],
  [`team/app:v1@sha256:${HASH}`, undefined],
  ['../x', undefined],
  ['', undefined],
];
for (const [path, reference] of PATHS) {
  test(`reads the path ${JSON.stringify(path.slice(0, 30))}`, () =>
    assert.deepEqual(parseReferencePath(path), reference));
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutEmptyValues } from '../../../../server/web/shell/plain-address.ts';

const cases: readonly (readonly [string, string | undefined])[] = [
  ['/repositories', undefined],
  ['/repositories?filter=a', undefined],
  ['/repositories?filter=&sort=', '/repositories'],
  ['/repositories?filter=a&sort=&tags=none', '/repositories?filter=a&tags=none'],
  ['/search?q', '/search'],
  ['/search?q=a%20b&kind=', '/search?q=a+b'],
  ['/search?', '/search'],
  ['/search?q=a&q=', '/search?q=a'],
];
for (const [path, expected] of cases) {
  test(`${path} becomes ${expected ?? 'nothing else'}`, () => assert.equal(withoutEmptyValues(path), expected));
}

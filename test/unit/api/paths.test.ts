import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSegment, pathPattern, queryOf } from '../../../server/api/paths.ts';

const cases = [
  ['/repositories/{repository}', '/repositories/team/app', ['team/app']],
  ['/repositories/{repository}', '/repositories/team%2Fapp', ['team%2Fapp']],
  ['/repositories/{repository}', '/repositories/team/app/-/tags', undefined],
  ['/repositories/{repository}', '/repositories/team/app/-', undefined],
  ['/repositories/{repository}', '/repositories/', undefined],
  ['/repositories/{repository}/-/tags', '/repositories/team/app/-/tags', ['team/app']],
  ['/repositories/{repository}/-/tags', '/repositories/a-/b/-/tags', ['a-/b']],
  ['/repositories/{repository}/-/tags/{tag}', '/repositories/a/b/-/tags/v1', ['a/b', 'v1']],
  ['/repositories/{repository}/-/tags/{tag}', '/repositories/a/b/-/tags/v1/x', undefined],
  ['/repositories/{repository}/-/tags/{tag}', '/repositories/-/tags/v1', undefined],
  ['/openapi.json', '/openapiXjson', undefined],
] as const;
for (const [pattern, path, values] of cases) {
  test(`${pattern} and ${path}: ${JSON.stringify(values)}`, () => {
    assert.deepEqual(pathPattern(pattern).match(path), values);
  });
}

test('the names stand in the order of the path', () => {
  assert.deepEqual(pathPattern('/a/{repository}/-/b/{tag}').names, ['repository', 'tag']);
});

test('a path of 8 KB without an end is matched in no time worth naming', () => {
  assert.equal(
    pathPattern('/repositories/{repository}/-/tags').match(`/repositories/${'a/-'.repeat(2700)}`),
    undefined,
  );
});

test('a broken escape is the caller’s mistake', () => {
  assert.throws(() => decodeSegment('%zz'), { code: 'INVALID' });
  assert.throws(() => decodeSegment('%ff'), { code: 'INVALID' });
});

test('a repeated parameter is a list, and no name reaches a prototype', () => {
  const query = queryOf('a=1&b=2&a=3&__proto__=x');
  assert.deepEqual([query['a'], query['b']], [['1', '3'], '2']);
  assert.equal(Object.getPrototypeOf(query), null);
  assert.deepEqual(Object.keys(query), ['a', 'b', '__proto__']);
});

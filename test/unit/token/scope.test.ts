import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../server/errors.ts';
import { formatScope, MAX_SCOPES, parseScope, parseScopes } from '../../../server/token/scope.ts';

const scope = (type: string, name: string, ...actions: string[]) => ({ type, class: undefined, name, actions });

const cases = [
  ['repository:team/app:pull,push', scope('repository', 'team/app', 'pull', 'push')],
  ['repository:host:5000/app:pull', scope('repository', 'host:5000/app', 'pull')],
  ['repository(plugin):a/b:pull', { ...scope('repository', 'a/b', 'pull'), class: 'plugin' }],
  ['registry:catalog:*', scope('registry', 'catalog', '*')],
  ['repository:a:pull,pull,', scope('repository', 'a', 'pull')],
  ['repository:a:', scope('repository', 'a')],
] as const;
for (const [text, expected] of cases) test(`parses ${text}`, () => assert.deepEqual(parseScope(text), expected));

for (const text of [
  '',
  ':',
  'a',
  'a:b',
  ':a:b',
  'repository::pull',
  'Repo:a:b',
  'repository():a:b',
  'repository(a:b:c',
]) {
  test(`refuses “${text}”`, () => assert.throws(() => parseScope(text), { code: 'INVALID' }));
}
test('merges what is asked twice, in the order asked', () => {
  const merged = parseScopes(['repository:a:pull repository:b:pull', 'repository:a:push,pull']);
  assert.deepEqual(merged, [scope('repository', 'a', 'pull', 'push'), scope('repository', 'b', 'pull')]);
});
test('a class of its own is a scope of its own', () => {
  assert.equal(parseScopes(['repository:a:pull repository(plugin):a:pull']).length, 2);
});
test('counts different scopes only', () => {
  const many = Array.from({ length: 300 }, (_, index) => `repository:a${index % MAX_SCOPES}:pull`);
  assert.equal(parseScopes(many).length, MAX_SCOPES);
  assert.throws(() => parseScopes([...many, 'repository:more:pull']), { code: 'INVALID' });
});
test('refuses more than 12 KB', () => assert.throws(() => parseScopes([' '.repeat(12_289)]), { code: 'TOO_LARGE' }));
test('whatever comes in, it is scopes or one clear refusal', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (values) => {
      try {
        for (const one of parseScopes(values)) assert.deepEqual(parseScope(formatScope(one)), one);
      } catch (error) {
        assert.ok(error instanceof AppError);
      }
    }),
  );
});

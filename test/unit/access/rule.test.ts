import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANONYMOUS, allowedActions, pullPatterns, type Rights } from '../../../server/access/rights.ts';
import { compileRule, type RuleInput } from '../../../server/access/rule.ts';

type Level = 'none' | 'pull' | 'push' | 'delete';

function rule(address: string, repository: string, level: Level): RuleInput {
  return { address, repository, canPull: level === 'pull', canPush: level === 'push', canDelete: level === 'delete' };
}

function rightsWith(rules: readonly RuleInput[], name = 'anna'): Rights {
  const subject = { kind: 'user', id: 1, name } as const;
  return { subject, isAdmin: false, isAuditor: false, rules: rules.map((input) => compileRule(input, name)) };
}

const hello = [rule('*', 'hello*', 'push'), rule('*', '*hello*', 'push')];
const places = [rule('192.*', '**', 'pull'), rule('192.168.*', 'hello/**', 'push')];
const several = [
  rule('*', 'max/*', 'push'),
  rule('*', 'general/*', 'pull'),
  rule('*', '**', 'none'),
  rule('*', 'single_level', 'push'),
  rule('*', '{max,test}/*', 'push'),
];

// The predecessor's own assertions: they have to hold for rules that people bring along.
const table = [
  [hello, '127.0.0.1', 'ubuntu', []],
  [hello, '127.0.0.1', 'ubuntu/hello', []],
  [hello, '127.0.0.1', 'hello/ubuntu', []],
  [places, '127.0.0.1', 'hello/hello', []],
  [places, '192.0.0.1', 'hello', ['pull']],
  [places, '192.0.0.1', 'hello/hello', ['pull']],
  [places, '192.168.0.1', 'hello/hello', ['pull', 'push']],
  [[rule('*', 'hello*', 'push')], '127.0.0.1', 'hello', ['pull', 'push']],
  [[rule('*', 'hello*', 'push')], '127.0.0.1', 'hello-world-1', ['pull', 'push']],
  [[rule('*', 'hello*', 'push')], '127.0.0.1', 'hello.ubuntu', ['pull', 'push']],
  [several, '127.0.0.1', 'max/ubuntu', ['pull', 'push']],
  [several, '127.0.0.1', 'general/ubuntu', ['pull']],
  [several, '127.0.0.1', 'single_level', ['pull', 'push']],
  [several, '127.0.0.1', 'single', []],
  [several, '127.0.0.1', 'test/test', ['pull', 'push']],
  [[rule('*', 'max/*', 'delete')], '127.0.0.1', 'max/ubuntu', ['delete']],
  [[rule('*', 'max/*', 'delete')], '127.0.0.1', 'test/test', []],
] as const;
for (const [rules, address, repository, expected] of table) {
  const written = rules.map((line) => line.repository).join(' ');
  test(`${written} from ${address} give ${expected.join(',') || 'nothing'} on ${repository}`, () => {
    const allowed = allowedActions(rightsWith(rules), repository, address);
    assert.deepEqual([...allowed].sort(), [...expected].sort());
    const reversed = allowedActions(rightsWith([...rules].reverse()), repository, address);
    assert.deepEqual([...reversed].sort(), [...expected].sort(), 'the order of rules must not matter');
  });
}

test('an admin may do everything everywhere, without a rule', () => {
  const rights: Rights = { ...rightsWith([]), isAdmin: true, isAuditor: true };
  assert.deepEqual([...allowedActions(rights, 'any/thing', '')].sort(), ['delete', 'pull', 'push']);
  assert.equal(pullPatterns(rights, ''), 'all');
});

test('lists the patterns that give pull from this address, with the name filled in', () => {
  const own = '$'.concat('{user}/**');
  const rights = rightsWith(
    [rule('10.*', 'far/**', 'pull'), rule('*', own, 'push'), rule('*', 'x/*', 'delete')],
    'a.b+c',
  );
  assert.deepEqual(pullPatterns(rights, '192.168.0.1'), ['a.b+c/**']);
  assert.deepEqual(pullPatterns(rights, '10.1.1.1'), ['far/**', 'a.b+c/**']);
});

test('a rule for every repository hides none', () => {
  const rights = rightsWith([rule('10.*', '**', 'pull'), rule('*', 'a/*', 'pull')]);
  assert.equal(pullPatterns(rights, '10.0.0.1'), 'all');
  assert.deepEqual(pullPatterns(rights, '11.0.0.1'), ['a/*']);
});

test('without rules nothing is allowed', () => {
  const rights: Rights = { subject: ANONYMOUS, isAdmin: false, isAuditor: false, rules: [] };
  assert.equal(allowedActions(rights, 'a', '10.0.0.1').size, 0);
  assert.deepEqual(pullPatterns(rights, '10.0.0.1'), []);
});

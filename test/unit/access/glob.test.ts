import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileForUser, escapeGlob, matchesGlob, parseGlob } from '../../../server/access/glob.ts';

// What rules written for the predecessor meant; they have to keep meaning it.
const table = [
  ['repo/**', 'repo/ubuntu', true],
  ['repo/**', 'repox/ubuntu', false],
  ['repo/{ubuntu,java}', 'repo/java', true],
  ['192.168.*', '192.168.1.100', true],
  ['192.168.*', '192.160.1.1', false],
  ['192.168.???.1', '192.168.1.1', false],
  ['192.168.???.1', '192.168.100.1', true],
  ['*', 'ubuntu', true],
  ['*', 'lib/ubuntu', false],
  ['repo/**', 'repo', false],
  ['repo/*', 'repo/a', true],
  ['**ubuntu', 'ubuntu', true],
  ['repo**', 'repox', true],
  ['*hello*', 'my-hello-1', true],
  ['{a,b/c}/d', 'b/c/d', true],
  ['a}', 'a}', true],
  ['v[!0-9]', 'vx', true],
  ['a[^b]c', 'a^c', true],
  ['\\*', '*', true],
  ['a/b', 'a//b', true],
  ['*', '.hidden', true],
  ['', '', true],
  ['10.*.5', '10.1.2.5', true],
  ['10.0.[0-9].*', '10.0.5.1', true],
  ['*', 'local', true],
  ['**', 'local', true],
  ['l*', 'local', true],
  ['**', 'ubuntu', true],
  ['**', 'a/b/c', true],
  ['repo/**', 'repo/a/b', true],
  ['repo/*', 'repo/a/b', false],
  ['**ubuntu', 'a/b/ubuntu', true],
  ['repo**', 'repo/a/b', true],
  ['*hello*', 'hello/ubuntu', false],
  ['{a,}x', 'x', true],
  ['a]', 'a]', true],
  ['a[^b]c', 'axc', false],
  ['v[-a]', 'v-', true],
  ['\\*', 'x', false],
  ['UBUNTU', 'ubuntu', false],
  ['a//b', 'a/b', false],
  ['a.c', 'abc', false],
  ['', 'a', false],
  ['192.168.{1,2}.*', '192.168.2.9', true],
  ['192.168.0.0/16', '192.168.1.1', false],
  ['192.*', 'local', false],
  // Ours: what the tables leave open.
  ['a', 'a/', true],
  ['[a-]', '-', true],
  ['[!a]', '/', false],
  ['a?c', 'a/c', false],
  ['***', 'a/b', true],
  ['{a,b}{c,d}', 'bc', true],
  ['{*/x,**}/y', 'a/b/y', true],
  ['x{}y', 'xy', true],
  ['a,b', 'a,b', true],
  ['$', '$', true],
  ['a+(b|c)^$', 'a+(b|c)^$', true],
] as const;
for (const [pattern, value, expected] of table) {
  test(`${pattern || '(empty)'} ${expected ? 'matches' : 'does not match'} ${value || '(empty)'}`, () => {
    assert.equal(matchesGlob(parseGlob(pattern), value), expected);
  });
}

const malformed = ['[', '[a/b]', 'a\\', '{a', '{a,{b}}', '[]', '[!]', '[b-a]', '[a-c-e]', 'x'.repeat(256)];
malformed.push('[$', '[${', 'x[$'.concat('{user}]'));
for (const pattern of malformed) {
  test(`refuses ${pattern.slice(0, 20)}`, () => {
    assert.throws(() => parseGlob(pattern), { code: 'INVALID', field: 'repository' });
  });
}

const USER_FOLDER = '$'.concat('{user}/**');

test('stands for the own folder of the subject', () => {
  const glob = compileForUser(USER_FOLDER, 'anna');
  assert.equal(matchesGlob(glob, 'anna/app'), true);
  assert.equal(matchesGlob(glob, 'bob/app'), false);
  assert.equal(matchesGlob(parseGlob(USER_FOLDER), 'anna/app'), false);
});

for (const name of ['*', '**', '.*', '[a-z]', '{a,b}', '?', 'a/**', '\\', '$'.concat('{user}')]) {
  test(`takes the name ${name} literally`, () => {
    const glob = compileForUser(USER_FOLDER, name);
    assert.equal(matchesGlob(glob, 'a/x'), false);
    assert.equal(matchesGlob(glob, 'team/x'), false);
    assert.equal(matchesGlob(glob, `${name}/x`), true);
    // The text alone gives the same pattern again: lists are filtered by it.
    assert.equal(matchesGlob(parseGlob(glob.text), 'a/x'), false);
    assert.equal(matchesGlob(parseGlob(glob.text), `${name}/x`), true);
  });
}

test('an escaped dollar sign is no placeholder, and a hostile name stays literal behind a backslash', () => {
  const glob = compileForUser('\\'.concat(USER_FOLDER), '*');
  assert.equal(matchesGlob(glob, '$user/x'), true);
  assert.equal(matchesGlob(glob, 'anything/x'), false);
});

test('a pattern made to be slow ends, where trying every way would take years', () => {
  assert.equal(matchesGlob(parseGlob(`${'*a'.repeat(120)}b`), 'a'.repeat(2000)), false);
  assert.equal(matchesGlob(parseGlob('{a,*,**}'.repeat(31)), 'a'.repeat(255).concat('!')), true);
});

/**
 * The rules read one by one, trying every way; slow and obviously right. `then` decides about what is left of the value:
 * a choice is never glued to what follows its group, because `{*,}*` are two stars side by side and no `**`.
 */
function slowMatch(pattern: string, value: string, then: (left: string) => boolean = (left) => left === ''): boolean {
  if (pattern === '') return then(value);
  const [first = '', rest] = [pattern[0], pattern.slice(1)];
  if (first === '*') {
    const crossing = rest.startsWith('*');
    const after = crossing ? rest.slice(1) : rest;
    for (let taken = 0; taken <= value.length; taken += 1) {
      if (!crossing && value.slice(0, taken).includes('/')) return false;
      if (slowMatch(after, value.slice(taken), then)) return true;
    }
    return false;
  }
  if (first === '{') {
    const end = pattern.indexOf('}');
    const choices = pattern.slice(1, end).split(',');
    return choices.some((choice) => slowMatch(choice, value, (left) => slowMatch(pattern.slice(end + 1), left, then)));
  }
  if (value === '') return false;
  if (first === '?') return value[0] !== '/' && slowMatch(rest, value.slice(1), then);
  if (first === '[') {
    const end = pattern.indexOf(']');
    const negated = pattern[1] === '!';
    const set = pattern.slice(negated ? 2 : 1, end);
    return (
      value[0] !== '/' &&
      set.includes(value[0] ?? '') !== negated &&
      slowMatch(pattern.slice(end + 1), value.slice(1), then)
    );
  }
  return first === value[0] && slowMatch(rest, value.slice(1), then);
}

test('a star of a group and one behind it do not cross a slash together', () => {
  assert.equal(matchesGlob(parseGlob('{*,}*'), '/'), false);
  assert.equal(matchesGlob(parseGlob('{**,}*'), '/'), true);
});

test('agrees with a slow reference on any pattern and value', () => {
  const flat = fc.constantFrom('a', 'b', '/', '*', '**', '?', '[ab]', '[!a]', '[^b]', '-');
  const branches = fc.array(fc.array(flat, { maxLength: 3 }), { minLength: 1, maxLength: 3 });
  const group = branches.map((choices) => `{${choices.map((choice) => choice.join('')).join(',')}}`);
  const pattern = fc.array(fc.oneof({ weight: 4, arbitrary: flat }, group), { maxLength: 6 }).map((p) => p.join(''));
  const value = fc.array(fc.constantFrom('a', 'b', 'c', '/', '^', '-'), { maxLength: 8 }).map((characters) =>
    characters
      .join('')
      .replace(/\/+/g, '/')
      .replace(/(.)\/$/, '$1'),
  );
  fc.assert(
    fc.property(pattern, value, (text, name) => {
      // Neighbouring stars of two parts would read as another pattern.
      fc.pre(!text.includes('***'));
      assert.equal(matchesGlob(parseGlob(text), name), slowMatch(text, name), `${text} on ${name}`);
    }),
    { numRuns: 3000 },
  );
});

test('an escaped text matches itself and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (text, other) => {
      fc.pre(!/\/$|\/\//.test(text) && !/\/$|\/\//.test(other));
      const glob = parseGlob(escapeGlob(text));
      assert.equal(matchesGlob(glob, text), true);
      assert.equal(matchesGlob(glob, other), other === text);
    }),
  );
});

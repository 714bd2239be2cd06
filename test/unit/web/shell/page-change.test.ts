import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changeBetween, type PageChange } from '../../../../server/web/shell/page-change.ts';

const MARK = 'hole00ff1';

/** As `public/js/refresh.js` does it. */
function apply(text: string, { parts }: PageChange): string {
  return parts.map((part) => (typeof part === 'string' ? part : text.slice(...part))).join('');
}

function change(before: string, after: string, name = 'lin'): PageChange {
  return changeBetween({ text: before, hash: 'a' }, { text: after, hash: 'b' }, MARK).of(name);
}

const row = (name: string) => `<tr><td>${name}</td></tr>`;
const cases = [
  ['one value', '<td>1</td><td>2</td>', '<td>1</td><td>3</td>', [[0, 14], '3', [15, 20]]],
  ['nothing', 'same', 'same', [[0, 4]]],
  ['something more', 'aa', 'aaa', [[0, 2], 'a']],
  ['something less', 'aaa', 'aa', [[0, 2]]],
  ['everything', '', 'all', ['all']],
  ['all that there was', 'all', '', []],
] as const;
for (const [what, before, after, parts] of cases) {
  test(`what is told when it is ${what}`, () => {
    const found = change(before, after);
    assert.equal(apply(before, found), after);
    assert.deepEqual(found.parts, parts);
  });
}

test('rows that only moved are not sent again', () => {
  const rows = Array.from({ length: 50 }, (_, index) => row(`team/service-${index}`));
  const moved = [row('team/new'), ...rows.slice(0, 49)];
  const [before, after] = [`<table>${rows.join('')}</table>`, `<table>${moved.join('')}</table>`];
  const { of, newLength } = changeBetween({ text: before, hash: 'a' }, { text: after, hash: 'b' }, MARK);
  assert.equal(apply(before, of('')), after);
  assert.ok(newLength < 60, `${newLength} characters`);
  assert.ok(of('').parts.length < 8);
});

test('a change names the text that it applies to, and the one that it makes', () => {
  const { from, to } = change('a', 'b');
  assert.deepEqual([from, to], ['a', 'b']);
});

const part = fc.constantFrom('<td>', '<tr>', '<li>', 'x', 'y', 'é', '😀', MARK, ' ');
const page = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));

test('any text becomes any other, for every reader with his own name in it', () => {
  fc.assert(
    fc.property(page, page, fc.constantFrom('', 'a', 'a-much-longer-name-than-the-mark'), (before, after, name) => {
      const own = (text: string) => text.replaceAll(MARK, name);
      assert.equal(apply(own(before), change(before, after, name)), own(after));
    }),
  );
});

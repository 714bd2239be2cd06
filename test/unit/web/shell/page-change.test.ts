import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changeBetween, type PageChange } from '../../../../server/web/shell/page-change.ts';

const MARK = 'hole00ff1';

/** As `public/js/refresh.js` does it. */
function apply(text: string, { keep, cut, text: fresh }: PageChange): string {
  return text.slice(0, keep) + fresh + text.slice(text.length - cut);
}

function change(before: string, after: string, name = 'lin'): PageChange {
  return changeBetween({ text: before, hash: 'a' }, { text: after, hash: 'b' }, MARK)(name);
}

const cases = [
  ['<td>1</td><td>2</td>', '<td>1</td><td>3</td>', '3'],
  ['same', 'same', ''],
  ['aa', 'aaa', 'a'],
  ['aaa', 'aa', ''],
  ['', 'all', 'all'],
  ['all', '', ''],
] as const;
for (const [before, after, text] of cases) {
  test(`${JSON.stringify(before)} becomes ${JSON.stringify(after)} by ${JSON.stringify(text)}`, () => {
    const found = change(before, after);
    assert.equal(found.text, text);
    assert.equal(apply(before, found), after);
  });
}

test('it says which text it belongs to, and which it makes', () => {
  const { from, to } = change('a', 'b');
  assert.deepEqual([from, to], ['a', 'b']);
});

const part = fc.constantFrom('<td>', 'x', 'y', 'é', '😀', MARK, ' ');
const page = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));

test('any text becomes any other, for every reader with his own name in it', () => {
  fc.assert(
    fc.property(page, page, fc.constantFrom('', 'a', 'a-much-longer-name-than-the-mark'), (before, after, name) => {
      const own = (text: string) => text.replaceAll(MARK, name);
      assert.equal(apply(own(before), change(before, after, name)), own(after));
    }),
  );
});

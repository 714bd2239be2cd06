import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCursors } from '../../../server/api/cursors.ts';

const cursors = createCursors('a secret');
const place = { route: 'listTags', params: { repository: 'team/app' }, query: { sort: 'name', filter: 'v' } };

test('what was sealed opens again, whatever the size of the page and the order of the parameters', () => {
  const sealed = cursors.seal('["ä",1]', place);
  const query = { limit: '5', filter: 'v', after: sealed, sort: 'name' };
  assert.equal(cursors.open(sealed, { ...place, query }), '["ä",1]');
});

const others = [
  ['another route', { ...place, route: 'listImages' }],
  ['another repository', { ...place, params: { repository: 'team/other' } }],
  ['another order', { ...place, query: { ...place.query, sort: 'size' } }],
  ['one more filter', { ...place, query: { ...place.query, folder: 'x' } }],
] as const;
for (const [name, other] of others) {
  test(`${name}: refused`, () => {
    assert.throws(() => cursors.open(cursors.seal('x', place), other), { code: 'INVALID', field: 'after' });
  });
}

for (const text of ['', 'x', 'AAAAAAAAAAAAAAAAeA', '\u0000', '💥'.repeat(10)]) {
  test(`made up: ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => cursors.open(text, place), { code: 'INVALID' });
  });
}

test('a cursor of another installation is refused', () => {
  assert.throws(() => cursors.open(createCursors('another').seal('x', place), place), { code: 'INVALID' });
});

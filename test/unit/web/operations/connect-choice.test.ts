import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChoice, restoreChoice } from '../../../../server/web/operations/connect-choice.ts';

const pageAt = (path: string) => {
  const query = new URLSearchParams(path.split('?')[1] ?? '');
  return { path, query: (name: string) => query.get(name) ?? '' };
};

const kept = [
  ['nothing', '', undefined],
  ['what is none of ours', 'secret=shown&next=%2F%2Fevil&x', undefined],
  ['a form', 'runs=docker', '?runs=docker'],
  ['with something else beside it', 'runs=docker&secret=shown', '?runs=docker'],
  ['line breaks stay encoded', 'from=http%3A%2F%2Fa%0D%0AX', '?from=http%3A%2F%2Fa%0D%0AX'],
] as const;
for (const [name, cookie, query] of kept) {
  test(`kept before: ${name}`, () => assert.equal(restoreChoice(pageAt('/connect'), cookie, 3), query));
}

test('what is too long is not kept', () => {
  assert.equal(readChoice(pageAt(`/connect?runs=docker&folder=/${'é'.repeat(1000)}`)), '');
});

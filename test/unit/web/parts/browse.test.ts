import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSorting, platformCells, referencePath, sortedColumn } from '../../../../server/web/parts/cells.ts';
import { pushLines } from '../../../../server/web/parts/commands.ts';
import { DELETE_ROUTE, RAW_ROUTE, REFERENCE_ROUTE, referenceOf } from '../../../../server/web/parts/reference.ts';
import { mapEntries, safeLink } from '../../../../server/web/parts/secrets.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

for (const path of [
  'team/app/../x',
  'team/app%2Fx',
  'team/app:',
  'team/app@sha256:1',
  'Team/app',
  '',
  'a'.repeat(256),
]) {
  test(`refuses the reference ${path.slice(0, 20)}`, () => {
    assert.throws(() => referenceOf(path), { code: 'NOT_FOUND' });
  });
}

test('tells the page of a reference from what lies below it', () => {
  assert.equal(REFERENCE_ROUTE.exec('/repositories/team/app:v1')?.[1], 'team/app:v1');
  assert.equal(REFERENCE_ROUTE.exec('/repositories/team/app/-/activity'), null);
  assert.equal(DELETE_ROUTE.exec('/repositories/team/app:v1/-/delete')?.[1], 'team/app:v1');
  assert.deepEqual(RAW_ROUTE.exec(`/repositories/a@${DIGEST}/-/config`)?.slice(1), [`a@${DIGEST}`, 'config']);
});

test('a reference is its address', () => {
  assert.equal(referencePath('team/app:v1'), '/repositories/team/app:v1');
  assert.equal(referencePath('a?b/"c'), '/repositories/a%3Fb/%22c');
});

test('the push lines carry the name of the registry', () => {
  assert.deepEqual(pushLines('r:5000', null), [
    'docker login r:5000',
    'docker tag hello-world r:5000/hello-world',
    'docker push r:5000/hello-world',
  ]);
});

test('a label whose key holds `=` is masked by its own value', () => {
  const masked = mapEntries({ 'x=y': 'ghp_abc', 'x=token': 'hunter2', 'x=z': 'plain' }).filter((one) => one.isSecret);
  assert.deepEqual(
    masked.map(({ full }) => full),
    ['x=token', 'x=y'],
  );
});

test('only plain http and https become links', () => {
  assert.equal(safeLink('https://example.com/a'), 'https://example.com/a');
  for (const text of ['javascript:alert(1)', 'data:text/html,x', '//x', 'http://u:p@x/', 'https://x y'])
    assert.equal(safeLink(text), null, text);
});

test('an unknown order is the default one, and a second click turns it round', () => {
  assert.deepEqual(parseSorting(['pushed', 'name'], 'x', 'y'), { sort: 'pushed', direction: 'desc' });
  assert.deepEqual(parseSorting(['pushed', 'name'], 'name', ''), { sort: 'name', direction: 'asc' });
  const href = (changes: object) => JSON.stringify(changes);
  const turned = sortedColumn({ sort: 'pushed', direction: 'desc' }, 'pushed', href);
  assert.equal(turned.sorted, 'descending');
  assert.match(turned.href ?? '', /"direction":"asc"/);
});

test('platforms beyond the first few are counted', () => {
  const cells = platformCells(['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'windows/amd64', 'unknown/unknown']);
  assert.deepEqual(
    cells.shown.map(({ label }) => label),
    ['amd64', 'arm64', 'arm/v7'],
  );
  assert.deepEqual([cells.more, cells.rest], [1, 'windows/amd64']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, editsIn, letterPairs } from '../../../../server/catalog/names/name-distance.ts';

const distances: readonly (readonly [string, string, number])[] = [
  ['shop', 'shop', 0],
  ['shpo', 'shop', 1],
  ['sho', 'shop', 1],
  ['shopp', 'shop', 1],
  ['shap', 'shop', 1],
  ['ab', 'ba', 1],
  ['', 'ab', 2],
  ['kitten', 'sitting', 3],
  ['abcdef', 'uvwxyz', 4],
];
for (const [left, right, expected] of distances) {
  test(`${left || 'nothing'} is ${expected} from ${right}`, () => assert.equal(editDistance(left, right, 3), expected));
}

const names: readonly (readonly [string, string, number | undefined])[] = [
  ['api-gatway', 'platform/api-gateway', 1],
  ['gatewya', 'platform/api-gateway', 1],
  ['platfrom', 'platform/api-gateway', 1],
  ['platfrom/api-gatway', 'platform/api-gateway', 2],
  ['shp', 'web/shop', undefined],
  ['shpo', 'web/shop', 1],
  ['price', 'web/shop', undefined],
];
for (const [typed, name, expected] of names) {
  test(`${typed} and ${name}: ${expected ?? 'too many'} mistakes`, () => assert.equal(editsIn(typed, name), expected));
}

test('each pair of letters once', () => assert.deepEqual(letterPairs('abab'), ['ab', 'ba']));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tagKey } from '../../../../server/catalog/base/tag-key.ts';

const inOrder: readonly (readonly string[])[] = [
  ['1.9.0', '1.10.0'],
  ['1.0.0-rc1', '1.0.0-rc2', '1.0.0-rc10', '1.0.0', '1.0.1-rc1', '1.0.1'],
  ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0'],
  ['1', '1.2', 'v1.2', '1.2.0', 'v1.2.1', '1.3', 'v2'],
  ['0.9.9', '1.0.0-alpine', '1.0.0', '1.0.0_build'],
  ['2024-05-01', '2024-05-02', '2024-05-10', '2024-10-01', '2025-01-01'],
  ['20240501', '20240502'],
  ['build-9', 'build-10', 'build-11-x', 'built'],
  ['release-1.2.0-rc1', 'release-1.2.0', 'release-1.10.0'],
  ['9', `1${'0'.repeat(30)}`, `2${'0'.repeat(30)}`, '9'.repeat(127)],
  ['app', 'App', 'app2', 'app10', 'apple'],
  ['1.01', '1.2'],
  ['1', '001', '01', '2'],
  ['3.19', '10', 'latest', 'v'],
];

const byKey = (one: string, other: string): number => {
  const [left, right] = [tagKey(one), tagKey(other)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
};

for (const names of inOrder) {
  test(`sorts ${names.map((name) => name.slice(0, 20)).join(' < ')}`, () => {
    assert.deepEqual(names.toReversed().sort(byKey), names);
  });
}

const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
const close = fc.stringMatching(/^[vV]?[01aA]([01aA.-]|10){0,6}$/);

test('different tags have different keys, of ASCII and bounded', () => {
  fc.assert(
    fc.property(fc.oneof(tag, close), fc.oneof(tag, close), (one, other) => {
      assert.equal(tagKey(one) === tagKey(other), one === other);
      assert.match(tagKey(one), /^[\x21-\x7e]{1,1024}$/);
    }),
    { numRuns: 2000 },
  );
});

test('takes any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.match(tagKey(text), /^[\x21-\x7e]{1,1024}$/)));
});

const identifier = fc.oneof(fc.nat(200).map(String), fc.stringMatching(/^[a-c]{1,3}$/));
const version = fc.record({
  core: fc.tuple(fc.nat(120), fc.nat(12), fc.nat(1200)),
  before: fc.array(identifier, { maxLength: 3 }),
});
type Version = typeof version extends fc.Arbitrary<infer T> ? T : never;

const textOf = ({ core, before }: Version): string =>
  core.join('.') + (before.length === 0 ? '' : `-${before.join('.')}`);

/** @see https://semver.org/#spec-item-11 */
function compareVersions(one: Version, other: Version): number {
  for (const [index, part] of one.core.entries()) {
    if (part !== other.core[index]) return part - (other.core[index] ?? 0);
  }
  if (one.before.length === 0 || other.before.length === 0) return other.before.length - one.before.length;
  for (const [index, part] of one.before.entries()) {
    const against = other.before[index];
    if (against === undefined) return 1;
    const difference = compareIdentifiers(part, against);
    if (difference !== 0) return difference;
  }
  return one.before.length - other.before.length;
}

function compareIdentifiers(one: string, other: string): number {
  const [isNumber, isOtherNumber] = [/^\d/.test(one), /^\d/.test(other)];
  if (isNumber && isOtherNumber) return Number(one) - Number(other);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return one === other ? 0 : one < other ? -1 : 1;
}

test('agrees with the order of semantic versions', () => {
  fc.assert(
    fc.property(version, version, (one, other) => {
      assert.equal(Math.sign(compareVersions(one, other)), byKey(textOf(one), textOf(other)));
    }),
    { numRuns: 2000 },
  );
});

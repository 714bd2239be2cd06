import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPushPermits } from '../../../server/token/permits.ts';

test('a permit ends with its token, and the registry’s minute of leeway', () => {
  let now = 0;
  const permits = createPushPermits({ now: () => now, lifetimeSeconds: 60 });
  permits.note('alice', 'a');
  now = 119_999;
  assert.equal(permits.holds('alice', 'a'), true);
  now = 120_000;
  assert.equal(permits.holds('alice', 'a'), false);
});
test('a newer token makes it last longer, whatever is forgotten meanwhile', () => {
  let now = 0;
  const permits = createPushPermits({ now: () => now, lifetimeSeconds: 60 });
  permits.note('alice', 'a');
  permits.note('bob', 'b');
  now = 100_000;
  permits.note('alice', 'a');
  now = 150_000;
  permits.note('carol', 'c');
  assert.deepEqual([permits.holds('alice', 'a'), permits.holds('bob', 'b')], [true, false]);
});
test('names cannot run into each other', () => {
  const permits = createPushPermits({ now: () => 0, lifetimeSeconds: 60 });
  permits.note('', 'a');
  assert.deepEqual([permits.holds('', 'a'), permits.holds('a', '')], [true, false]);
});
test('memory stays bounded', () => {
  const permits = createPushPermits({ now: () => 0, lifetimeSeconds: 60 });
  for (let index = 0; index < 20_001; index += 1) permits.note('alice', `a${index}`);
  assert.deepEqual([permits.holds('alice', 'a0'), permits.holds('alice', 'a20000')], [false, true]);
});

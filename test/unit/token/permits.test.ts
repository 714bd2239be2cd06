import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPermits } from '../../../server/token/permits.ts';

test('a permit ends with its token, and the registry’s minute of leeway', () => {
  let now = 0;
  const permits = createPermits({ clock: () => now, lifetimeSeconds: 60 });
  permits.note('alice', 'a', ['pull', 'push']);
  now = 119_999;
  assert.equal(permits.holds('alice', 'a', 'push'), true);
  now = 120_000;
  assert.equal(permits.holds('alice', 'a', 'push'), false);
});
test('a newer token makes it last longer, whatever is forgotten meanwhile', () => {
  let now = 0;
  const permits = createPermits({ clock: () => now, lifetimeSeconds: 60 });
  permits.note('alice', 'a', ['pull', 'push']);
  permits.note('bob', 'b', ['pull', 'push']);
  now = 100_000;
  permits.note('alice', 'a', ['pull', 'push']);
  now = 150_000;
  permits.note('carol', 'c', ['pull', 'push']);
  assert.deepEqual([permits.holds('alice', 'a', 'push'), permits.holds('bob', 'b', 'push')], [true, false]);
});
test('names cannot run into each other', () => {
  const permits = createPermits({ clock: () => 0, lifetimeSeconds: 60 });
  permits.note('', 'a', ['pull', 'push']);
  assert.deepEqual([permits.holds('', 'a', 'push'), permits.holds('a', '', 'push')], [true, false]);
});
test('memory stays bounded', () => {
  const permits = createPermits({ clock: () => 0, lifetimeSeconds: 60 });
  for (let index = 0; index < 20_001; index += 1) permits.note('alice', `a${index}`, ['pull', 'push']);
  assert.deepEqual([permits.holds('alice', 'a0', 'push'), permits.holds('alice', 'a20000', 'push')], [false, true]);
});
test('who may only pull is no pusher, and many of them push nobody out', () => {
  const permits = createPermits({ clock: () => 0, lifetimeSeconds: 60 });
  permits.note('alice', 'a', ['pull', 'push']);
  for (let index = 0; index < 20_001; index += 1) permits.note('bob', `b${index}`, ['pull']);
  assert.deepEqual([permits.holds('bob', 'b20000', 'pull'), permits.holds('bob', 'b20000', 'push')], [true, false]);
  assert.equal(permits.holds('alice', 'a', 'push'), true);
});

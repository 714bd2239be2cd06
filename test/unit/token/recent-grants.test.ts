import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentGrants } from '../../../server/token/recent-grants.ts';

test('a permit ends with its token, and the registry’s minute of leeway', () => {
  let now = 0;
  const recentGrants = createRecentGrants({ clock: () => now, lifetimeSeconds: 60 });
  recentGrants.record('alice', 'a', ['pull', 'push']);
  now = 119_999;
  assert.equal(recentGrants.has('alice', 'a', 'push'), true);
  now = 120_000;
  assert.equal(recentGrants.has('alice', 'a', 'push'), false);
});
test('a newer token makes it last longer, whatever is forgotten meanwhile', () => {
  let now = 0;
  const recentGrants = createRecentGrants({ clock: () => now, lifetimeSeconds: 60 });
  recentGrants.record('alice', 'a', ['pull', 'push']);
  recentGrants.record('bob', 'b', ['pull', 'push']);
  now = 100_000;
  recentGrants.record('alice', 'a', ['pull', 'push']);
  now = 150_000;
  recentGrants.record('carol', 'c', ['pull', 'push']);
  assert.deepEqual([recentGrants.has('alice', 'a', 'push'), recentGrants.has('bob', 'b', 'push')], [true, false]);
});
test('names cannot run into each other', () => {
  const recentGrants = createRecentGrants({ clock: () => 0, lifetimeSeconds: 60 });
  recentGrants.record('', 'a', ['pull', 'push']);
  assert.deepEqual([recentGrants.has('', 'a', 'push'), recentGrants.has('a', '', 'push')], [true, false]);
});
test('memory stays bounded', () => {
  const recentGrants = createRecentGrants({ clock: () => 0, lifetimeSeconds: 60 });
  for (let index = 0; index < 20_001; index += 1) recentGrants.record('alice', `a${index}`, ['pull', 'push']);
  assert.deepEqual(
    [recentGrants.has('alice', 'a0', 'push'), recentGrants.has('alice', 'a20000', 'push')],
    [false, true],
  );
});
test('who may only pull is no pusher, and many of them push nobody out', () => {
  const recentGrants = createRecentGrants({ clock: () => 0, lifetimeSeconds: 60 });
  recentGrants.record('alice', 'a', ['pull', 'push']);
  for (let index = 0; index < 20_001; index += 1) recentGrants.record('bob', `b${index}`, ['pull']);
  assert.deepEqual(
    [recentGrants.has('bob', 'b20000', 'pull'), recentGrants.has('bob', 'b20000', 'push')],
    [true, false],
  );
  assert.equal(recentGrants.has('alice', 'a', 'push'), true);
});

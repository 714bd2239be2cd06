import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeThrowaway } from '../../../server/housekeeping/throwaway.ts';

test('each operation has a throw-away of its own', () => {
  assert.notEqual(makeThrowaway('a').digest, makeThrowaway('b').digest);
  assert.equal(makeThrowaway('a').digest, makeThrowaway('a').digest);
});
test('the manifest of a throwaway image names its configuration and no layer', () => {
  const { raw, config } = makeThrowaway('a');
  const manifest = JSON.parse(raw.toString());
  assert.equal(manifest.config.size, config.length);
  assert.deepEqual(manifest.layers, []);
});

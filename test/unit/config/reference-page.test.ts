import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configKeys } from '../../../server/config/keys.ts';
import { referencePage } from '../../../server/config/reference-page.ts';

test('docs/configuration.md is current (else run: node scripts/docs.mjs)', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  assert.equal(page, referencePage());
});

test('every key has a description, and a name in the environment that no other key has', () => {
  const keys = configKeys();
  for (const { path, description } of keys) assert.ok(description.length > 10, path);
  assert.equal(new Set(keys.map(({ environment }) => environment)).size, keys.length);
});

test('keys that hold secrets are marked', () => {
  const secrets = configKeys().filter(({ secret }) => secret);
  assert.deepEqual(
    secrets.map(({ path }) => path),
    ['registry.basic_auth', 'registry.password', 'notifications.secret', 'admin.password'],
  );
});

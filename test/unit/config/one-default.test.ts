import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { configKeys } from '../../../server/config/keys.ts';

const SERVER = resolve(import.meta.dirname, '..', '..', '..', 'server');
/** `auth.service` of `registry.auth.service`: the last two names, as code reads a setting. */
const SETTINGS = configKeys().map(({ path }) => path.split('.').slice(-2).join('\\??\\.'));
const SECOND_DEFAULT = new RegExp(`\\b(?:${SETTINGS.join('|')})\\s*(?:\\?\\?|\\|\\|\\s*['"\`\\d])`);

test('a setting with a second default behind it is found', () => {
  for (const line of [
    "config.server.host ?? '127.0.0.1'",
    'const service = auth.service ?? name;',
    "listen(config.server.host || '0.0.0.0')",
    'config.registry.public_name\n    ?? config.registry.name',
  ]) {
    assert.match(line, SECOND_DEFAULT);
  }
  for (const line of ['address ?? config.server.host', 'config.registry.readonly || isFull']) {
    assert.doesNotMatch(line, SECOND_DEFAULT);
  }
});

test('the configuration is resolved once: no setting has a second default behind it', () => {
  const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith(`config${sep}`))
    .map((file) => ({ file, text: readFileSync(join(SERVER, file), 'utf8') }));
  const readers = files.filter(({ text }) => /config\/config\.ts'/.test(text));
  assert.ok(readers.length > 10);
  assert.deepEqual(
    readers.filter(({ text }) => SECOND_DEFAULT.test(text)).map(({ file }) => file),
    [],
  );
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AUDIT_ACTIONS } from '../../../server/audit/actions.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** What looks alike and is a word of the audit has its text elsewhere. */
const AUDIT_WORDS: ReadonlySet<string> = new Set(AUDIT_ACTIONS);

function usedKeys(): readonly string[] {
  const keys = new Set<string>();
  for (const folder of ['access', 'accounts']) {
    const names = readdirSync(join(ROOT, 'server', folder), { recursive: true, encoding: 'utf8' });
    for (const file of names.filter((name) => name.endsWith('.ts'))) {
      const source = readFileSync(join(ROOT, 'server', folder, file), 'utf8');
      for (const [, key = ''] of source.matchAll(/'((?:pattern|rule|user|role|password)\.[a-z_]+)'/g)) {
        if (!AUDIT_WORDS.has(key)) keys.add(key);
      }
    }
  }
  return [...keys];
}

function sentence(language: string, key: string): string {
  const texts = JSON.parse(readFileSync(join(ROOT, 'locales', language, 'errors.json'), 'utf8'));
  const [group = '', name = ''] = key.split('.');
  return texts[group]?.[name] ?? '';
}

function placeholders(text: string): readonly string[] {
  return (text.match(/\{\{\w+\}\}/g) ?? []).sort();
}

test('every message has its sentence in both languages, with the same values in it', () => {
  const keys = usedKeys();
  assert.ok(keys.length > 20, `only ${keys.length} keys found`);
  for (const key of keys) {
    const [english, chinese] = [sentence('en', key), sentence('zh-CN', key)];
    assert.ok(english !== '' && chinese !== '', key);
    assert.match(chinese, /\p{Script=Han}/u, key);
    assert.deepEqual(placeholders(chinese), placeholders(english), key);
  }
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { AUDIT_ACTIONS } from '../../../../server/audit/actions.ts';
import { auditLabel, detailText } from '../../../../server/web/accounts/audit.ts';
import { createLanguages } from '../../../../server/web/shell/i18n.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');
const languages = createLanguages(join(ROOT, 'locales'));

for (const locale of ['en', 'zh-CN'] as const) {
  test(`each action of the audit has a text of its own in ${locale}`, () => {
    const t = languages.translator(locale);
    const texts = AUDIT_ACTIONS.map((action) => auditLabel(action, t));
    assert.deepEqual(
      texts.filter((text, index) => text === AUDIT_ACTIONS[index] || text.includes('audit.')),
      [],
    );
    assert.equal(new Set(texts).size, AUDIT_ACTIONS.length);
  });
}

test('what an entry tells beside its action is said in words', () => {
  const t = languages.translator('en');
  assert.equal(detailText({ version: 3, bytes: 120 }, t), 'version 3 · 120 bytes');
  assert.equal(
    detailText({ sampled: 20, missing: 19, later: 'x' }, t),
    'images checked: 20 · images missing: 19 · later: x',
  );
});

test('an action of another version is shown as it was written', () => {
  assert.equal(auditLabel('robot.add', languages.translator('en')), 'robot.add');
  assert.equal(auditLabel('constructor', languages.translator('en')), 'constructor');
});

const SERVER = join(ROOT, 'server');
const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(SERVER, file), 'utf8') }));

test('no page, API resource or command writes the audit: their use cases do', () => {
  const doors = files.filter(({ file }) => /^(web|api|app)[\\/]|^admin\.ts$/.test(file));
  assert.ok(doors.length > 100);
  assert.deepEqual(
    doors.filter(({ text }) => /\baudit\.record\b|'record'>/.test(text)).map(({ file }) => file),
    [],
  );
});

test('every action is recorded by a use case', () => {
  const recording = files.filter(({ text }) => /\baudit\.record\(/.test(text));
  for (const action of AUDIT_ACTIONS) {
    assert.ok(
      recording.some(({ text }) => text.includes(`'${action}'`)),
      `${action} is recorded nowhere`,
    );
  }
});

import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { AUDIT_ACTIONS } from '../../../../server/audit/actions.ts';
import { auditLabel } from '../../../../server/web/accounts/audit.ts';
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

test('an action of another version is shown as it was written', () => {
  assert.equal(auditLabel('robot.add', languages.translator('en')), 'robot.add');
  assert.equal(auditLabel('constructor', languages.translator('en')), 'constructor');
});

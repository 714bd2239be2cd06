import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../../../../server/errors.ts';
import { formLines, readRules } from '../../../../server/web/accounts/rules-form.ts';
import { fieldErrors, formValues, listOf, parseForm } from '../../../../server/web/shell/form.ts';
import { createLanguages } from '../../../../server/web/shell/i18n.ts';

const languages = createLanguages(join(fileURLToPath(import.meta.url), '..', '..', '..', '..', '..', 'locales'));
const t = languages.translator('en');
const schema = z.strictObject({ name: z.string().min(1, 'form.required') });

test('drops the form token and names that reach a prototype', () => {
  const values = formValues(JSON.parse('{"_csrf":"x","__proto__":"y","constructor":"z","name":"a"}'));
  assert.deepEqual({ ...values }, { name: 'a' });
});

test('says what is wrong with a field in the language of the reader', () => {
  const form = parseForm(schema, formValues({ name: '' }), languages.translator('zh-CN'), languages);
  assert.deepEqual(form, { ok: false, errors: { name: '此项必填。' } });
});

test('refuses fields that the form does not have', () => {
  assert.equal(parseForm(schema, formValues({ name: 'a', isAdmin: 'true' }), t, languages).ok, false);
});

test('refuses a repeated field', () => {
  assert.equal(parseForm(schema, formValues({ name: ['a', 'b'] }), t, languages).ok, false);
});

test('puts an expected failure to its field and passes on everything else', () => {
  const error = new AppError('INVALID', 'No.', { key: 'form.not_equal', field: 'repeated' });
  assert.deepEqual(fieldErrors(error, t, languages), { repeated: 'The two passwords do not match.' });
  assert.throws(() => fieldErrors(new AppError('NOT_FOUND', 'Gone.'), t, languages), { code: 'NOT_FOUND' });
  assert.throws(() => fieldErrors(new TypeError('bug'), t, languages), TypeError);
});

test('reads one, several or no ticks', () => {
  assert.deepEqual([listOf(undefined), listOf('1'), listOf(['1', '2'])], [[], ['1'], ['1', '2']]);
});

test('keeps the ticks of a rule with its line', () => {
  const rules = readRules({
    'repository.0': '',
    'pull.0': 'on',
    'repository.1': 'team/**',
    'address.1': '',
    'push.1': 'on',
  });
  assert.deepEqual(rules, [{ repository: 'team/**', address: '*', canPull: false, canPush: true, canDelete: false }]);
  assert.equal(formLines(rules, ['bad'])[0]?.error, 'bad');
});

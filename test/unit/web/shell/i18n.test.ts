import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLanguages, type Languages } from '../../../../server/web/shell/i18n.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../support/process/tmp.ts';

const EN = {
  plain: 'Plain <text>',
  hello: '{{name}}, hello {{ name }} from {{place}}',
  rows_one: '{{count}} row in {{place}}',
  rows_other: '{{count}} rows in {{place}}',
  nested: '$t(plain) by {{name}}',
  only: 'English only for {{name}}',
};
const ZH = {
  plain: '文本',
  hello: '你好 {{name}} {{ name }} {{place}}',
  rows_other: '{{place}} 有 {{count}} 行',
  nested: '$t(plain) {{name}}',
};

let folder: TemporaryFolder;
let languages: Languages;
before(async () => {
  folder = await temporaryFolder('locales');
  for (const [locale, texts] of Object.entries({ en: EN, 'zh-CN': ZH })) {
    await mkdir(join(folder.path, locale));
    for (const name of ['shell', 'other']) {
      await writeFile(join(folder.path, locale, `${name}.json`), JSON.stringify({ ...texts, deep: texts }));
    }
  }
  languages = createLanguages(folder.path);
});
after(() => folder.remove());

const NAME = { name: '<i>{{place}}</i>', place: 'here' };
const cases = [
  ['en', 'plain', undefined, 'Plain <text>'],
  ['en', 'other:deep.plain', undefined, 'Plain <text>'],
  ['zh-CN', 'other:plain', {}, '文本'],
  ['en', 'hello', NAME, '<i>{{place}}</i>, hello <i>{{place}}</i> from here'],
  ['zh-CN', 'other:deep.hello', NAME, '你好 <i>{{place}}</i> <i>{{place}}</i> here'],
  ['en', 'rows', { count: 1, place: 'x' }, '1 row in x'],
  ['en', 'other:deep.rows', { count: 0, place: 'x' }, '0 rows in x'],
  ['zh-CN', 'rows', { count: 1, place: 'x' }, 'x 有 1 行'],
  ['en', 'nested', { name: 'lin' }, 'Plain <text> by lin'],
  ['zh-CN', 'only', { name: 'lin' }, 'English only for lin'],
  ['en', 'hello', { name: 'lin' }, 'lin, hello lin from '],
  ['en', 'missing.key', undefined, 'missing.key'],
  ['en', 'missing.key', { count: 2 }, 'missing.key'],
] as const;
for (const [locale, key, params, text] of cases) {
  test(`${key} with ${JSON.stringify(params)} reads ${text} (${locale})`, () => {
    const t = languages.translator(locale);
    assert.equal(t(key, params), text);
    assert.equal(t(key, params), text);
  });
}

test('a language is a folder, and is called what its speakers call it', () => {
  const named = languages.all.map(({ locale, name }) => `${locale} ${name}`);
  assert.deepEqual(named, ['en English', 'zh-CN 简体中文']);
  assert.equal(languages.isKnown('zh-CN'), true);
  for (const text of ['fr', '', undefined, '../en', 'EN']) assert.equal(languages.isKnown(text), false);
});

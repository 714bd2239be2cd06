import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = join(fileURLToPath(import.meta.url), '..', '..', '..', '..', '..');
const PLURAL = /_(zero|one|two|few|many|other)$/;

type Tree = { readonly [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as const] : flatten(value, `${prefix}${key}.`),
  );
}

function texts(locale: string): ReadonlyMap<string, string> {
  const folder = join(ROOT, 'locales', locale);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(
    files.flatMap((name) => {
      const tree = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Tree;
      return flatten(tree).map(([key, text]) => [`${name.slice(0, -5)}:${key}`, text] as const);
    }),
  );
}

function sources(folder: string, endings: readonly string[]): string {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const wanted = names.filter((name) => endings.some((end) => name.endsWith(end)));
  return wanted.map((name) => readFileSync(join(ROOT, folder, name), 'utf8')).join('\n');
}

const en = texts('en');
const others = readdirSync(join(ROOT, 'locales')).filter((name) => name !== 'en');
const isPlural = (key: string, all: ReadonlySet<string>) => PLURAL.test(key) && all.has(key.replace(PLURAL, '_other'));
/** Without the endings of plurals; `too_many` is no plural, because there is no `too_other`. */
function bare(keys: Iterable<string>): readonly string[] {
  const all = new Set(keys);
  return [...new Set([...all].map((key) => (isPlural(key, all) ? key.replace(PLURAL, '') : key)))].sort();
}
const placeholders = (text: string) => [...new Set([...text.matchAll(/{{\s*(\w+)/g)].map(([, name]) => name))].sort();
const code = `${sources('server', ['.ts'])}\n${sources('views', ['.ejs'])}`;
const namespaces = [...new Set([...en.keys()].map((key) => key.split(':')[0]))].join('|');
const written = new Set(
  [...code.matchAll(new RegExp(`['"\`]((?:${namespaces}):[\\w.-]+)['"\`]`, 'g'))].map(([, key]) => key ?? ''),
);
/** Of `AppError`s and form schemas, whose keys are all in the namespace `errors`. */
const quoted = new Set([...code.matchAll(/'([a-zA-Z_]+(?:\.[a-zA-Z_]+)*)'/g)].map(([, key]) => `errors:${key}`));

test('there is more than one language', () => assert.ok(others.includes('zh-CN')));

for (const locale of ['en', ...others]) {
  const own = texts(locale);

  test(`${locale} has the same keys as English`, () => assert.deepEqual(bare(own.keys()), bare(en.keys())));

  test(`${locale} has no empty text`, () => {
    for (const [key, text] of own) assert.notEqual(text.trim(), '', key);
  });

  test(`${locale} says the same values as English`, () => {
    for (const [key, text] of own) {
      const english = en.get(key) ?? en.get(key.replace(PLURAL, '_other'));
      assert.ok(english !== undefined, key);
      assert.deepEqual(placeholders(text), placeholders(english), key);
    }
  });

  test(`${locale} has the plurals that its grammar knows, and no others`, () => {
    const forms = [...new Intl.PluralRules(locale).resolvedOptions().pluralCategories].sort();
    const all = new Set(own.keys());
    const counted = bare([...all].filter((key) => isPlural(key, all)));
    assert.ok(counted.length > 0);
    for (const key of counted) {
      const has = [...all].filter((one) => one.replace(PLURAL, '') === key && one !== key);
      assert.deepEqual(has.map((one) => one.slice(key.length + 1)).sort(), forms, key);
    }
  });
}

test('every key that is used exists', () => {
  const known = new Set(bare(en.keys()));
  const errorKeys = [...code.matchAll(/\bkey: '([\w.-]+)'/g)].map(([, key]) => `errors:${key}`);
  assert.deepEqual([...written, ...errorKeys].filter((key) => !known.has(key)).sort(), []);
});

test('every key that exists is used', () => {
  const unused = bare(en.keys()).filter((key) => !written.has(key) && !quoted.has(key));
  assert.deepEqual(unused, []);
});

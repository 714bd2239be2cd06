import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The part of the wording standard that a machine can hold: riddles that were mended do not come back. */
const LOCALES = join(fileURLToPath(import.meta.url), '..', '..', '..', '..', '..', 'locales');

type Tree = { readonly [key: string]: string | Tree };

function flatten(tree: Tree, prefix: string): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as const] : flatten(value, `${prefix}${key}.`),
  );
}

function textsOf(locale: string): readonly (readonly [string, string])[] {
  return readdirSync(join(LOCALES, locale)).flatMap((name) =>
    flatten(JSON.parse(readFileSync(join(LOCALES, locale, name), 'utf8')) as Tree, `${name.slice(0, -5)}:`),
  );
}

/** What is typed into the command bar keeps older words, so that they still find the command. */
const isTyped = (key: string) => /^search:(verb|words)\./.test(key);
const english = textsOf('en').filter(([key]) => !isTyped(key));
const chinese = textsOf('zh-CN').filter(([key]) => !isTyped(key));

function violations(texts: typeof english, rule: RegExp): readonly string[] {
  return texts.filter(([, text]) => rule.test(text)).map(([key, text]) => `${key}: ${text}`);
}

const ENGLISH_RIDDLES = [
  /\bread (everything )?again\b|\bfull reading\b|reading the registry/i,
  /\bonly here\b|says about itself|as if nothing was shared|summed up|on the whole of/i,
  /\bmay somebody\b|\b(you|who) may\b|\bthe right “|missing right/i,
  /what (goes|stays|works)\b|lies in the trash|inner manifest|speaks? (about|plain)/i,
  /the same again|, please$|^go on$|have noted it|everybody out|\bstands? in\b/i,
  /add up\b|fits\b|\bword for word|left out\b|we (began|know|make)\b/i,
  /row before|this map|fold navigation|as the system|deserves a look|by the clock/i,
  /this did not work|our fault|shows itself|goes on by itself|there is no such/i,
];
for (const riddle of ENGLISH_RIDDLES) {
  test(`no English text matches ${riddle}`, () => assert.deepEqual(violations(english, riddle), []));
}

test('English speaks of "Registry Web" or "this server", not of us', () =>
  assert.deepEqual(violations(english, /(?<!{)\b(we|us|our|ours)\b/i), []));

test('English has no title case: only names begin with a capital inside a sentence', () => {
  const NAMES =
    /^(Registry|Web|Docker|Desktop|Engine|Settings|Apply|Windows|Kubernetes|Helm|Markdown|Compose|JavaScript|Basic|Deployment|Sigstore|Notation|Ctrl|Enter|Esc|Retry|Open|Link|Allow|Date|Space|Java|Postgre|Dockerfile)/;
  const ended = /[.:?!…·“(=/]\s*$/;
  const found = english.filter(([, text]) =>
    [...text.matchAll(/(?<=[a-z,] )[A-Z][a-z]+\w*/g)].some(
      ({ 0: word, index }) => !NAMES.test(word) && !ended.test(text.slice(0, index)),
    ),
  );
  assert.deepEqual(found, []);
});

test('Chinese says 您', () => assert.deepEqual(violations(chinese, /你/), []));

test('Chinese speaks of 本服务 or Registry Web, not of us', () => assert.deepEqual(violations(chinese, /我们/), []));

test('Chinese has full-width punctuation', () => {
  const halfWidth = /\p{Script=Han}[,:;!?()]|[,:;!?()]\p{Script=Han}/u;
  assert.deepEqual(violations(chinese, halfWidth), []);
});

test('Chinese uses one word for one thing', () => {
  for (const word of [
    /仅此处/,
    /重新读取|正在读取|读取 Registry/,
    /留意/,
    /一并签名/,
    /逻辑大小/,
    /镜像站/,
    /注册表/,
  ]) {
    assert.deepEqual(violations(chinese, word), []);
  }
});

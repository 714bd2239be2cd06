/** Ages that count on in an open page are in the words that the server began with. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createFormat } from '../../../../server/web/shell/format.ts';

type WordsFor = (pastMs: number, language: string) => string | undefined;
const file = join(import.meta.dirname, '..', '..', '..', '..', 'public', 'js', 'ages.js');
const { wordsFor }: { wordsFor: WordsFor } = await import(pathToFileURL(file).href);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AGES = [
  0,
  MINUTE - 1,
  MINUTE,
  3 * MINUTE,
  HOUR,
  7 * HOUR,
  DAY,
  3 * DAY,
  40 * DAY,
  90 * DAY,
  400 * DAY,
  900 * DAY,
];

for (const locale of ['en', 'zh-CN'] as const) {
  test(`${locale}: the page says what the server says`, () => {
    const now = Date.UTC(2026, 10, 20);
    const format = createFormat(locale, () => now, 'just now');
    for (const age of AGES) assert.equal(wordsFor(age, locale) ?? 'just now', format.relative(now - age), `${age} ms`);
  });
}

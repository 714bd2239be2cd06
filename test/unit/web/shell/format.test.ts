import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFormat } from '../../../../server/web/shell/format.ts';
import { preferredLocale } from '../../../../server/web/shell/i18n.ts';
import { initials, personTone } from '../../../../server/web/shell/person.ts';

const now = Date.UTC(2026, 10, 20, 12);
const en = createFormat('en', () => now, 'just now');
const zh = createFormat('zh-CN', () => now, '刚刚');

const sizes = [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [412_000, '412 kB'],
  [1_900_000_000, '1.9 GB'],
  [99_960_000, '100 MB'],
  [999_700, '1 MB'],
] as const;
for (const [bytes, text] of sizes) test(`${bytes} bytes read ${text}`, () => assert.equal(en.bytes(bytes), text));

const changes = [
  [1_900_000_000, '+1.9 GB'],
  [-412_000, '−412 kB'],
  [0, '±0 B'],
] as const;
for (const [bytes, text] of changes) {
  test(`a change of ${bytes} bytes reads ${text}`, () => assert.equal(en.signedBytes(bytes), text));
}

const ages = [
  [10_000, 'just now', '刚刚'],
  [4 * 60_000, '4 min ago', '4 分钟前'],
  [7 * 3_600_000, '7h ago', '7 小时前'],
  [26 * 3_600_000, 'yesterday', '昨天'],
  [9 * 86_400_000, '9 days ago', '9 天前'],
] as const;
for (const [age, english, chinese] of ages) {
  test(`an age of ${age} ms reads ${english}`, () => {
    assert.equal(en.relative(now - age), english);
    assert.equal(zh.relative(now - age), chinese);
  });
}

for (const ms of [0, 59_999, now, now + 61_001, Date.UTC(2000, 1, 29, 23, 59, 59)]) {
  test(`${ms} to the second`, () => assert.equal(en.isoSeconds(ms), en.iso(ms).replace(/\.\d+Z$/, 'Z')));
}

test('the zone stands after the time in every language', () => {
  const ms = Date.UTC(2026, 11, 1, 3);
  const zone = /(\d\d:\d\d:\d\d) (?:UTC|GMT|[A-Z])\S*$/;
  assert.match(en.dateTime(ms), zone);
  assert.match(zh.dateTime(ms), /^2026年\d+月\d+日 \d\d:\d\d:\d\d \S+$/);
});

const languages = [
  [undefined, 'en'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
  ['zh-TW', 'zh-CN'],
  ['en-GB,zh;q=0.5', 'en'],
  ['fr, zh;q=0.2', 'zh-CN'],
  ['zh;q=0', 'en'],
] as const;
for (const [header, locale] of languages) {
  test(`${header} asks for ${locale}`, () => assert.equal(preferredLocale(header, ['en', 'zh-CN']), locale));
}

test('a person is drawn the same every time', () => {
  assert.equal(personTone('wei'), personTone('wei'));
  assert.equal(initials('wei'), 'WE');
  assert.equal(initials('wei.chen'), 'WC');
  assert.equal(initials('...'), '?');
});

const spans = [
  [12, '12 ms', '12 毫秒'],
  [3240, '3.2 sec', '3.2 秒'],
  [5 * 60_000, '5 min', '5 分钟'],
  [3 * 3_600_000, '3 hr', '3 小时'],
] as const;
for (const [ms, english, chinese] of spans) {
  test(`${ms} ms last ${english}`, () => assert.deepEqual([en.duration(ms), zh.duration(ms)], [english, chinese]));
}

test('figures are written as the language writes them', () => {
  const de = createFormat('de', () => now, '');
  assert.deepEqual(
    [de.bytes(1_900_000_000), de.number(10_284), de.percent(0.126), en.percent(0.126)],
    ['1,9 GB', '10.284', '13\u00a0%', '13%'],
  );
});

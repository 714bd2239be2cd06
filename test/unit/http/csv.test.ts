import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvLine } from '../../../server/http/csv.ts';

const cells = [
  ['v1.2.3', 'v1.2.3'],
  ['2026-12-01T00:14:08.416Z', '2026-12-01T00:14:08.416Z'],
  ['team/app', 'team/app'],
  [`sha256:${'a'.repeat(64)}`, `sha256:${'a'.repeat(64)}`],
  ['', ''],
  [null, ''],
  [undefined, ''],
  [0, '0'],
  [-5, '-5'],
  [true, 'true'],
  ['a,b', '"a,b"'],
  ['a;b', '"a;b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['李', '"李"'],
  ['=1+1', `"'=1+1"`],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['\n=1', `"'\n=1"`],
  ['＝1', `"'＝1"`],
  ['＠SUM(A1)', `"'＠SUM(A1)"`],
  ['a=1', '"a=1"'],
] as const;
for (const [cell, text] of cells) {
  test(`${JSON.stringify(cell)} is ${text}`, () => assert.equal(csvLine([cell]), `${text}\r\n`));
}

test('cells stand side by side', () => assert.equal(csvLine(['a', 1, null, '=x']), `a,1,,"'=x"\r\n`));

test('no text of a stranger begins like a formula, whatever it is', () => {
  const starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
  for (const start of starts) {
    for (const rest of ['', '1', '"', ',', `${start}${start}`, '\0']) {
      assert.match(csvLine([`${start}${rest}`]), /^"'/);
    }
  }
});

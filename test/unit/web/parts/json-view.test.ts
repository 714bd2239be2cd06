import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonView } from '../../../../server/web/parts/json-view.ts';

const textOf = (raw: string, most?: number) =>
  jsonView(raw, most)
    .tokens.map((token) => token.text)
    .join('');

test('what is shown is the same JSON, indented', () => {
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (value) => {
      const raw = JSON.stringify(value);
      assert.deepEqual(JSON.parse(textOf(raw)), JSON.parse(raw));
      assert.equal(textOf(raw), JSON.stringify(value, null, 2));
    }),
    { numRuns: 300 },
  );
});

test('numbers too large for us, double keys and escapes stay as they were written', () => {
  const raw = '{"a":12345678901234567890123,"a":"\\u003c\\/x"}';
  assert.equal(textOf(raw), '{\n  "a": 12345678901234567890123,\n  "a": "\\u003c\\/x"\n}');
});

const hostile: readonly (readonly [string, string])[] = [
  ['lists without an end', '['.repeat(1e6)],
  ['closing marks alone', `{${']'.repeat(1e6)}`],
  ['an open string', `{"${'a'.repeat(4e6)}`],
  ['backslashes', `{"a":"${'\\'.repeat(1e6)}`],
  ['a word of megabytes', `[${'x'.repeat(4e6)}]`],
  ['blanks', `{${' '.repeat(1e6)}}`],
];
for (const [name, raw] of hostile) {
  test(`ends with ${name}`, () => {
    const { tokens } = jsonView(raw, 10_000);
    assert.ok(tokens.reduce((sum, token) => sum + token.text.length, 0) < 25_000);
  });
}

test('text that is no JSON stays as it is, cut where it is long', () => {
  assert.equal(textOf('<html>'), '<html>');
  assert.deepEqual([textOf('x'.repeat(100), 10).length, jsonView('x'.repeat(100), 10).isCut], [10, true]);
});

test('secrets in a configuration are set apart', () => {
  const raw = JSON.stringify({
    Env: ['DB_PASSWORD=hunter2', 'A=b'],
    Labels: { api_token: 'abc' },
    x: 'RUN TOKEN=t1 make',
  });
  const secrets = jsonView(raw).tokens.filter((token) => token.kind === 'secret');
  assert.deepEqual(
    secrets.map((token) => token.text),
    ['hunter2', '"abc"', 't1'],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  environmentCell,
  maskedAssignment,
  maskedRecord,
  maskedText,
  secretParts,
} from '../../../../server/catalog/base/secrets.ts';
import { quickly } from '../../../support/process/quickly.ts';

// A label's key may hold `=`; the value begins after the whole key.
const labels = [
  ['api_token', 'hunter2', '•••'],
  ['note', 'ghp_abc', '•••'],
  ['x=y', 'ghp_abc', '•••'],
  ['x=token', 'hunter2', '•••'],
  ['source', 'https://lin:pw@example.com/', '•••'],
  ['x=y', 'plain', 'plain'],
  ['x', 'token=y', 'token=y'],
  ['api_token', '', ''],
] as const;
for (const [key, value, shown] of labels) {
  test(`the label ${key} with ${value || 'nothing'} is shown as ${shown || 'nothing'}`, () =>
    assert.deepEqual(maskedRecord({ [key]: value }), { [key]: shown }));
}

test('an assignment keeps its name', () => {
  assert.equal(maskedAssignment('API_TOKEN=a=b'), 'API_TOKEN=•••');
  assert.equal(maskedAssignment('NODE_ENV=production'), 'NODE_ENV=production');
});

const commands: readonly (readonly [string, string])[] = [
  ['DB_PASSWORD=hunter2', 'DB_PASSWORD=•••'],
  ['NPM_TOKEN="a b" npm ci', 'NPM_TOKEN=••• npm ci'],
  ['TOKEN=$TOKEN make', 'TOKEN=$TOKEN make'],
  ['URL=https://u:p@host/x', 'URL=•••'],
  ['apt-get install -y curl', 'apt-get install -y curl'],
  ['A=1 SECRET=x B=2', 'A=1 SECRET=••• B=2'],
];
for (const [text, expected] of commands) test(`masks ${text}`, () => assert.equal(maskedText(text), expected));

test('nothing of a text is lost', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(
        secretParts(text)
          .map((part) => part.text)
          .join(''),
        text,
      );
    }),
  );
});

for (const text of ['a.'.repeat(200_000), 'a="'.repeat(100_000), 'PASSWORD='.repeat(50_000)]) {
  test(`a text made to be slow is searched as fast as others: ${text.slice(0, 9)}…`, () => {
    const parts = quickly(() => secretParts(text));
    assert.ok(parts.map((part) => part.text).join('') === text);
    assert.equal(
      parts.some((part) => part.isSecret),
      text.startsWith('PASSWORD'),
    );
  });
}

const environment = [
  ['DB_PASSWORD=x', true],
  ['GITHUB_TOKEN=x', true],
  ['URL=postgres://u:p@h/db', true],
  ['NODE_ENV=production', false],
  ['DB_PASSWORD=', false],
] as const;
for (const [line, isSecret] of environment) {
  test(`${isSecret ? 'masks' : 'shows'} ${line}`, () => assert.equal(environmentCell(line).isSecret, isSecret));
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChallenge } from '../../../../server/registry/client/challenge.ts';
import { quickly } from '../../../support/process/quickly.ts';

const NOTHING = { realm: undefined, service: undefined, scope: undefined, error: undefined };
const CASES: readonly (readonly [header: string, challenge: object | undefined])[] = [
  [
    'Bearer realm="https://a.example/api/auth",service="registry:5000",scope="repository:a:pull,push repository:b:pull",error="insufficient_scope"',
    {
      scheme: 'bearer',
      realm: 'https://a.example/api/auth',
      service: 'registry:5000',
      scope: 'repository:a:pull,push repository:b:pull',
      error: 'insufficient_scope',
    },
  ],
  ['bearer service=x, realm="a\\"b"', { ...NOTHING, scheme: 'bearer', realm: 'a"b', service: 'x' }],
  ['Basic realm="Registry"', { ...NOTHING, scheme: 'basic', realm: 'Registry' }],
  ['Negotiate', { ...NOTHING, scheme: 'negotiate' }],
  ['', undefined],
  ['"', undefined],
];
for (const [header, challenge] of CASES) {
  test(`reads ${JSON.stringify(header.slice(0, 40))}`, () => assert.deepEqual(parseChallenge(header), challenge));
}

test('no header is no challenge', () => assert.equal(parseChallenge(null), undefined));

test('only the first kilobytes of a header are read', () => {
  const long = 'a="b",'.repeat(1_000_000);
  const read = (header: string) => quickly(() => parseChallenge(header));
  assert.deepEqual(read(`Bearer realm="early",${long}`), { ...NOTHING, scheme: 'bearer', realm: 'early' });
  assert.deepEqual(read(`Bearer ${long}realm="late"`), { ...NOTHING, scheme: 'bearer' });
  assert.deepEqual(read(`Bearer realm="${'\\"'.repeat(2_000_000)}`), { ...NOTHING, scheme: 'bearer' });
});

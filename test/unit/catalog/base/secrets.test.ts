import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskedAssignment, maskedRecord } from '../../../../server/catalog/base/secrets.ts';

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

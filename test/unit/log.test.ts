import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../server/log.ts';

function lineOf(fields: object, message = 'event'): Record<string, unknown> {
  const lines: string[] = [];
  createLogger('info', { write: (line) => lines.push(line) }).info(fields, message);
  assert.equal(lines.length, 1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

test('secrets are hidden, also one level down, whatever their case', () => {
  const line = lineOf({ user: 'alice', Password: 'p', headers: { Authorization: 'Basic x', host: 'h' }, token: 't' });
  assert.equal(line['user'], 'alice');
  assert.deepEqual(line['headers'], { Authorization: '[redacted]', host: 'h' });
  assert.deepEqual([line['Password'], line['token']], ['[redacted]', '[redacted]']);
});

test('hostile text stays one line and is cut', () => {
  const line = lineOf({ agent: `a\n{"level":"error"}\u001b[31m${'x'.repeat(5000)}` });
  assert.equal((line['agent'] as string).length, 1025);
});

test('an error keeps its message and stack', () => {
  const line = lineOf({ error: new TypeError('broken') });
  assert.equal((line['error'] as { message: string }).message, 'broken');
});

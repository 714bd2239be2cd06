import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../server/errors.ts';
import { toHttpError } from '../../../server/http/http-error.ts';

test('an expected failure keeps its text and gets its status', () => {
  const error = toHttpError(new AppError('TOO_MANY', 'Wait a moment', { retryAfterSeconds: 7 }));
  assert.deepEqual(error, { status: 429, code: 'TOO_MANY', message: 'Wait a moment', retryAfterSeconds: 7 });
});

test('what a body parser blames on the client stays a client error', () => {
  const error = toHttpError(Object.assign(new Error('request entity too large'), { status: 413 }));
  assert.deepEqual([error.status, error.code], [413, 'INVALID']);
});

test('a full or locked database is a retry, not a bug', () => {
  const statuses = ['SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_READONLY'].map(
    (code) => toHttpError(Object.assign(new Error('x'), { code })).status,
  );
  assert.deepEqual(statuses, [503, 503, 503]);
});

for (const thrown of [
  new TypeError('secret detail'),
  'secret detail',
  undefined,
  Object.assign(new Error('x'), { status: 503 }),
]) {
  test(`the text of an unexpected ${String(thrown)} stays inside`, () => {
    assert.deepEqual([toHttpError(thrown).status, toHttpError(thrown).message], [500, 'Something went wrong']);
  });
}

import assert from 'node:assert/strict';

// Hundreds of thousands of characters take tens of milliseconds, and minutes when the rest is searched from each of them.
const MAX_MS = 5000;

/** For texts made to be slow. @returns what `read` returns. @throws when that took longer than any good reader needs. */
export function quickly<Result>(read: () => Result): Result {
  const start = performance.now();
  const result = read();
  const tookMs = performance.now() - start;
  assert.ok(tookMs < MAX_MS, `took ${Math.round(tookMs)} ms`);
  return result;
}

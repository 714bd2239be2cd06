/** The wait that other tests rely on fails when it has to, and says what it saw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/process/eventually.ts';

const SHORT = { timeoutMs: 40, pauseMs: 5 };

test('the awaited value is returned as soon as it is there', async () => {
  let reads = 0;
  const read = () => {
    reads += 1;
    return reads;
  };
  assert.equal(await eventually('the third', read, { until: (count) => count === 3, pauseMs: 1 }), 3);
  assert.equal(await eventually('any', read), 4, 'without a condition any truthy value will do');
});

test('an error means "not yet"', async () => {
  let reads = 0;
  const read = async () => {
    reads += 1;
    if (reads < 3) throw new Error('not up');
    return 'up';
  };
  assert.equal(await eventually('it is up', read, { pauseMs: 1 }), 'up');
});

test('when the time is over, what was awaited, the last value and the last error are told', async () => {
  let reads = 0;
  const read = () => {
    reads += 1;
    if (reads === 2) throw new Error('it stumbled');
    return { names: ['v1'] };
  };
  await assert.rejects(eventually('both tags', read, { ...SHORT, until: () => false }), (error: Error) => {
    assert.match(error.message, /^Not within 40 ms: both tags\nlast value: \{ names: \[ 'v1' \] \}\nlast error: /);
    assert.match(error.message, /it stumbled/);
    return true;
  });
});

test('a read that never ends is not waited for', async () => {
  const read = () => new Promise<boolean>(() => undefined);
  await assert.rejects(eventually('an answer', read, SHORT), /no value was read/);
});

test('long values are cut', async () => {
  await assert.rejects(
    eventually('the end', () => 'x'.repeat(100_000), { ...SHORT, until: (text) => text.includes('y') }),
    (error: Error) => error.message.length < 3000 && /100000 characters/.test(error.message),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPace } from '../../../../server/catalog/sync/pace.ts';

const clockAt = (start = 0) => {
  let at = start;
  return {
    now: () => at,
    pass(ms: number): void {
      at += ms;
    },
  };
};

function rounds(pace: ReturnType<typeof createPace>, count: number, latencyMs: number): void {
  for (let round = 0; round < count; round += 1) {
    const requests = pace.limit();
    for (let index = 0; index < requests; index += 1) pace.succeeded('head', latencyMs);
  }
}

test('the limit rises by one per round while answers come as fast as before, up to the maximum', () => {
  const pace = createPace({ clock: clockAt().now });
  const limits = [pace.limit()];
  for (let round = 0; round < 5; round += 1) {
    rounds(pace, 1, 20);
    limits.push(pace.limit());
  }
  assert.deepEqual(limits, [8, 9, 10, 11, 12, 13]);
  rounds(pace, 100, 20);
  assert.equal(pace.limit(), 32);
});

test('answers that come slower hold it, much slower ones lower it', () => {
  const pace = createPace({ clock: clockAt().now });
  rounds(pace, 4, 20);
  const before = pace.limit();
  rounds(pace, 10, 70);
  assert.ok(Math.abs(pace.limit() - before) <= 2, `${before} → ${pace.limit()}`);
  rounds(pace, 20, 500);
  assert.ok(pace.limit() < before);
});

test('a registry that became slower for good is not held to what it once could', () => {
  const pace = createPace({ clock: clockAt().now });
  rounds(pace, 10, 5);
  rounds(pace, 400, 300);
  assert.equal(pace.limit(), 32);
});

test('what nobody made use of does not rise', () => {
  const pace = createPace({ clock: clockAt().now });
  for (let index = 0; index < 100; index += 1) pace.succeeded('tags', 20, false);
  assert.equal(pace.limit(), 8);
});

test('each kind of question has its own floor', () => {
  const pace = createPace({ clock: clockAt().now });
  for (let index = 0; index < 400; index += 1)
    pace.succeeded(index % 2 === 0 ? 'tags' : 'head', index % 2 === 0 ? 400 : 2);
  assert.ok(pace.limit() > 8);
});

test('a failure halves it, but what was under way together fails as one', () => {
  const clock = clockAt(1000);
  const pace = createPace({ clock: clock.now, start: 32 });
  clock.pass(10);
  for (let index = 0; index < 32; index += 1) pace.failed(1000);
  assert.equal(pace.limit(), 16);
  assert.equal(pace.failuresInRow(), 32);
  const begun = clock.now();
  clock.pass(10);
  pace.failed(begun);
  assert.equal(pace.limit(), 8);
  for (let index = 0; index < 10; index += 1) {
    clock.pass(10);
    pace.failed(clock.now());
  }
  assert.equal(pace.limit(), 2);
  pace.succeeded('head', 5);
  assert.equal(pace.failuresInRow(), 0);
});

test('Retry-After is kept, within reason', () => {
  const clock = clockAt();
  const pace = createPace({ clock: clock.now });
  assert.equal(pace.pauseMs(), 0);
  pace.failed(0, 2000);
  assert.equal(pace.pauseMs(), 2000);
  pace.failed(0, 500);
  clock.pass(1500);
  assert.equal(pace.pauseMs(), 500);
  clock.pass(5000);
  assert.equal(pace.pauseMs(), 0);
  pace.failed(0, 86_400_000);
  assert.equal(pace.pauseMs(), 5 * 60_000);
});

test('whatever happens, it stays between the least and the most', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('ok' as const), ms: fc.double({ min: 0, max: 60_000, noNaN: true }) }),
    fc.record({ kind: fc.constant('failed' as const), ms: fc.nat(100_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
      const clock = clockAt();
      const pace = createPace({ clock: clock.now, min: 2, max: 32 });
      for (const { kind, ms } of steps) {
        clock.pass(1);
        if (kind === 'ok') pace.succeeded('head', ms);
        else pace.failed(clock.now(), ms);
        assert.ok(pace.limit() >= 2 && pace.limit() <= 32 && Number.isInteger(pace.limit()));
        assert.ok(pace.pauseMs() >= 0);
      }
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGracePeriod, MISSING_GRACE_MS } from '../../../../server/catalog/sync/grace-period.ts';
import { createMeter, remainingMs } from '../../../../server/catalog/sync/meter.ts';
import { createOutageTracker } from '../../../../server/catalog/sync/outage-tracker.ts';

function clockAt(start = 1000) {
  let at = start;
  return {
    now: () => at,
    pass(ms: number): void {
      at += ms;
    },
  };
}

test('what is missing twice, minutes apart, is gone; what was there in between starts over', () => {
  const clock = clockAt();
  const patience = createGracePeriod(clock.now);
  assert.equal(patience.isOver('a'), false);
  clock.pass(MISSING_GRACE_MS - 1);
  assert.equal(patience.isOver('a'), false);
  clock.pass(1);
  assert.equal(patience.isOver('a'), true);
  patience.clear('a');
  assert.equal(patience.isOver('a'), false);
  assert.equal(patience.isOver('b'), false);
});

const absences = [
  ['a blip', 2000, false],
  ['a restart of a minute', 60_000, true],
  ['a day', 86_400_000, true],
] as const;
for (const [what, ms, isLong] of absences) {
  test(`after ${what} ${isLong ? 'everything is read again' : 'the queued events are enough'}`, () => {
    const clock = clockAt();
    const gap = createOutageTracker(clock.now);
    gap.markDown();
    clock.pass(ms);
    gap.markDown();
    assert.equal(gap.markUp(), isLong);
    assert.equal(gap.markUp(), false);
  });
}

test('nothing is known of the rate at once, and then the last half minute counts', () => {
  const clock = clockAt();
  const meter = createMeter(clock.now, { repositories: 100, tags: 0 });
  assert.deepEqual(meter.rates({ repositories: 100, tags: 0 }), { repositoriesPerSecond: null, tagsPerSecond: null });
  let repositories = 100;
  for (let second = 0; second < 60; second += 1) {
    clock.pass(1000);
    repositories += 10;
    meter.note({ repositories, tags: repositories * 2 });
  }
  assert.equal(meter.rates({ repositories, tags: repositories * 2 }).repositoriesPerSecond, 10);
  for (let second = 0; second < 60; second += 1) {
    clock.pass(1000);
    repositories += 2;
    meter.note({ repositories, tags: 0 });
  }
  assert.equal(meter.rates({ repositories, tags: 0 }).repositoriesPerSecond, 2);
  assert.equal(meter.elapsedMs(), 120_000);
});

test('a crawl that stands still has no remaining time, one that is done has none left', () => {
  assert.equal(remainingMs(100, 0), null);
  assert.equal(remainingMs(100, null), null);
  assert.equal(remainingMs(null, 5), null);
  assert.equal(remainingMs(100, 5), 20_000);
  assert.equal(remainingMs(-3, 5), 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSilence } from '../../../server/notifications/silence.ts';
import { quietBus } from '../../support/app/bus.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function start(lastReceivedAt: number | undefined) {
  const stored = { lastReceivedAt };
  const state = { now: 10 * DAY, clock: 0, changes: 0 };
  const bus = quietBus();
  bus.subscribe('index-state-changed', () => {
    state.changes += 1;
  });
  const silence = createSilence({
    arrivals: async () => stored,
    now: () => state.now,
    clock: () => state.clock,
    bus,
  });
  return { silence, state, stored };
}

const cases = [
  ['none ever', undefined, true, true],
  ['none for a day', DAY + 1, true, true],
  ['none for some minutes', 11 * MINUTE, true, false],
  ['one a moment ago', MINUTE, false, false],
] as const;
for (const [name, ago, isQuiet, isSilent] of cases) {
  test(`${name}: ${isSilent ? 'events do not come' : isQuiet ? 'worth a look' : 'events come'}`, async () => {
    const { silence, state, stored } = start(undefined);
    if (ago !== undefined) stored.lastReceivedAt = state.now - ago;
    assert.deepEqual([silence.isQuiet(), silence.isSilent()], [false, false], 'nothing is claimed before it is known');
    await silence.check();
    assert.deepEqual([silence.isQuiet(), silence.isSilent()], [isQuiet, isSilent]);
    assert.equal(state.changes, isSilent ? 1 : 0);
  });
}

test('the first event ends it at once, and pages hear of it once', async () => {
  const { silence, state } = start(undefined);
  await silence.check();
  silence.recordEvent();
  silence.recordEvent();
  assert.deepEqual([silence.isQuiet(), silence.isSilent(), state.changes], [false, false, 2]);
});

test('what another process received counts, and a day that jumps does not', async () => {
  const { silence, state, stored } = start(10 * DAY - MINUTE);
  await silence.check();
  state.now += 3 * DAY;
  await silence.check();
  assert.equal(silence.isSilent(), false);
  state.clock += DAY + 1;
  await silence.check();
  assert.equal(silence.isSilent(), true);
  stored.lastReceivedAt = state.now;
  await silence.check();
  assert.deepEqual([silence.isQuiet(), silence.isSilent()], [false, false]);
});

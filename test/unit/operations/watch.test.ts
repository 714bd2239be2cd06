import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../../server/log.ts';
import { createStatusWatch } from '../../../server/operations/watch.ts';
import { quietBus } from '../../support/app/bus.ts';
import { statusFacts } from '../../support/data/operations-facts.ts';
import { eventually } from '../../support/process/eventually.ts';

test('when the registry comes back failed checks run again at once, and pages are told that they succeed', async () => {
  const bus = quietBus();
  const facts = statusFacts();
  const state = { reachable: false, told: 0, runs: 0 };
  const watch = createStatusWatch({
    load: async () => ({ ...facts, registry: { ...facts.registry, reachable: state.reachable } }),
    run: async () => {
      state.runs += 1;
      await watch.refresh();
    },
    ...{ bus, log: createLogger('silent'), restMs: 5 },
  });
  bus.subscribe('index-state-changed', () => {
    state.told += 1;
  });
  await watch.refresh();
  assert.ok(watch.failedCount() > 0);
  await eventually('the look that its own message led to', () => state.runs, { until: (runs) => runs === 1 });
  state.reachable = true;
  bus.publish({ kind: 'index-state-changed' });
  await eventually('it is good', watch.failedCount, { until: (count) => count === 0 });
  await eventually('the last look', () => state.runs, { until: (runs) => runs === 3 });
  assert.equal(state.told, 3, 'the failure, the return, and that it is good');
  bus.publish({ kind: 'audited', action: 'session.begin' });
  await watch.refresh();
  bus.publish({ kind: 'index-state-changed' });
  await eventually('the look after this message', () => state.runs, { until: (runs) => runs >= 4 });
  assert.equal(state.runs, 4, 'the message before it led to none');
});

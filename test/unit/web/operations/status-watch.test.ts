import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../../../server/log.ts';
import { createStatusWatch } from '../../../../server/web/operations/status-watch.ts';
import { quietBus } from '../../../support/app/bus.ts';
import { eventually } from '../../../support/app/walk.ts';
import { statusFacts } from '../../../support/data/browse-facts.ts';

test('when the registry comes back what failed is tried again at once, and pages hear that it is good', async () => {
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
  await eventually('the look that its own message led to', async () => state.runs === 1);
  state.reachable = true;
  bus.tell({ kind: 'index-state-changed' });
  await eventually('it is good', async () => watch.failedCount() === 0);
  await eventually('the last look', async () => state.runs === 3);
  assert.equal(state.told, 3, 'the failure, the return, and that it is good');
  bus.tell({ kind: 'audited', action: 'session.begin' });
  assert.equal(state.runs, 3);
});

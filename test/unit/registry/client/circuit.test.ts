import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../server/errors.ts';
import { createLogger } from '../../../../server/log.ts';
import { createCircuit } from '../../../../server/registry/client/circuit.ts';

const away = new AppError('UPSTREAM', 'away');

test('after five failures calls fail at once, and one tries again every three seconds', () => {
  let at = -10_000;
  const circuit = createCircuit({ log: createLogger('silent'), clock: () => at });
  for (let failures = 0; failures < 5; failures += 1) {
    circuit.enter();
    circuit.failed(away);
  }
  assert.throws(() => circuit.enter(), away);
  at += 3000;
  circuit.enter();
  assert.throws(() => circuit.enter(), away, 'one at a time');
  circuit.succeeded();
  circuit.enter();
});

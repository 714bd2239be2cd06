import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ping } from '../../../../server/registry/client/client.ts';
import { createMonitor } from '../../../../server/registry/client/monitor.ts';

const PING: Ping = {
  status: 200,
  apiVersion: 'registry/2.0',
  challenge: undefined,
  demandsToken: false,
  accepted: true,
  server: undefined,
  line: undefined,
  clockDifferenceMs: 0,
};

test('a change of health is told once, and the last answer is remembered', async () => {
  let up = true;
  let clock = 1000;
  const changes: boolean[] = [];
  const asked: (string | undefined)[] = [];
  const monitor = createMonitor({
    client: {
      ping: async (given = {}) => {
        asked.push(given.token);
        if (!up) throw new Error('connection refused');
        return PING;
      },
    },
    token: async () => 'token',
    now: () => clock,
    onChange: ({ reachable }) => changes.push(reachable),
  });
  await monitor.start();
  await monitor.check();
  up = false;
  clock = 2000;
  await monitor.check();
  await monitor.check();
  monitor.stop();
  assert.deepEqual(changes, [true, false]);
  assert.deepEqual([monitor.latest()?.reachable, monitor.latest()?.error], [false, 'connection refused']);
  assert.equal(monitor.lastAnswerAt(), 1000);
  // The regular question carries a token, the one of the status page none.
  assert.deepEqual(asked, ['token', undefined, undefined, undefined]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app/app.ts';
import { eventually } from '../support/process/eventually.ts';

const STRAY = "process.on('SIGUSR2', () => void Promise.reject(new Error('a stray one')))";

test('a rejected promise that nobody waits for is logged, and the process goes on', async (t) => {
  const preload = `data:text/javascript,${encodeURIComponent(STRAY)}`;
  const app = await startApp({
    config: { registry: { url: 'http://127.0.0.1:9' } },
    command: ['--import', 'tsx', '--import', preload, 'server/main.ts'],
  });
  t.after(app.stop);
  // Only then the start is over.
  await eventually('it is ready', async () => (await fetch(`${app.url}/readyz`)).ok);
  await eventually('the registry was asked', app.logs, { until: (logs) => logs.includes('registry not reachable') });
  process.kill(app.pid, 'SIGUSR2');
  await eventually('the log has it', app.logs, { until: (logs) => logs.includes('a stray one') });
  assert.equal((await fetch(`${app.url}/healthz`)).status, 200);
  assert.match(app.logs(), /"level":"error"[^\n]*a stray one/);
});

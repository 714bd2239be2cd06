/** The wall clock of the running process is set: nothing waits for the jump to pass, and nobody else gets the blame. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { ADMIN_PASSWORD, type RunningApp, startApp, startManaged } from '../support/app/app.ts';
import { movableClock } from '../support/app/skewed-app.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePort } from '../support/process/ports.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const cleanups: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

interface Facts {
  readonly registry: { readonly reachable: boolean | null };
  readonly details: { readonly crawlError: string | null };
  readonly index: { readonly isComplete: boolean };
}

async function factsOf({ url }: RunningApp): Promise<Facts> {
  const authorization = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
  const response = await fetch(`${url}/api/v1/status`, { headers: { authorization } });
  assert.equal(response.status, 200);
  return (await response.json()) as Facts;
}

/** Both ways, from a clock that is wrong at the start to the right one: real registries have no other. */
for (const [name, aheadMs] of [
  ['back by an hour', HOUR_MS],
  ['forward by five weeks', -5 * WEEK_MS],
] as const) {
  test(`clock set ${name}: tokens and certificates of the old time are made anew`, { skip }, async () => {
    const clock = await movableClock(aheadMs);
    cleanups.push(clock.remove);
    const { app } = await startManaged(clock.options);
    cleanups.push(() => app.stop());
    const page = () => factsOf(app);
    await eventually('the registry refuses what we made at the wrong time', page, {
      until: ({ details }) => details.crawlError !== null,
    });
    await clock.set(app, 0);
    await eventually('the index is complete', page, { until: ({ index }) => index.isComplete });
    assert.equal((await factsOf(app)).details.crawlError, null);
    assert.doesNotMatch(app.logs(), /unhandled/);
  });
}

test('clock set back while the registry is away: it is found when it is back, not after the jump', async () => {
  const clock = await movableClock();
  const port = await freePort();
  const app = await startApp({ ...clock.options, config: { registry: { url: `http://127.0.0.1:${port}` } } });
  cleanups.push(clock.remove, () => app.stop());
  const page = () => factsOf(app);
  await eventually('it is known to be away', page, { until: ({ registry }) => registry.reachable === false });
  // Failures enough for the circuit to open.
  await eventually('calls fail at once', app.logs, { until: (logs) => /crawl ended|not read/.test(logs) });
  await clock.set(app, -HOUR_MS);
  const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end('{}'));
  server.listen(port, '127.0.0.1');
  cleanups.push(async () => server.close());
  await eventually('it is found', page, { until: ({ registry }) => registry.reachable === true });
});

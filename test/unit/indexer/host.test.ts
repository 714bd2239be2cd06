/** A thread is kept running: what it is asked while it is away, and what becomes of the questions that it took along. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createHost } from '../../../server/indexer/host.ts';
import { createLogger } from '../../../server/log.ts';
import { startThread } from '../../../server/thread.ts';
import type { AskedCalls, AskingCalls } from '../../support/process/asked-thread.ts';

const THREAD = new URL('../../support/process/asked-thread.ts', import.meta.url);

async function start(t: TestContext, { failsFirst = false } = {}) {
  const seen = { started: 0, prepared: 0, died: 0 };
  const own: AskingCalls = { spell: async (word) => [...word].join(' ') };
  const host = createHost<AskedCalls>({
    start: () => {
      seen.started += 1;
      return startThread(THREAD, {});
    },
    own,
    async prepare({ remote }) {
      await remote.double(1);
      seen.prepared += 1;
      if (failsFirst && seen.prepared === 1) throw new Error('not yet');
    },
    onDied: () => {
      seen.died += 1;
    },
    log: createLogger('silent'),
    firstPauseMs: 10,
  });
  t.after(() => host.stop((remote) => remote.stop()));
  await host.begin();
  return { host, seen };
}

test('asks and is asked', async (t) => {
  const { host } = await start(t);
  assert.deepEqual([await host.remote.double(4), await host.remote.askBack('abc')], [8, 'a b c']);
});

test('who waits for a thread that dies is told so, who asks next gets the next one', async (t) => {
  const { host, seen } = await start(t);
  const waiting = host.remote.wait();
  const gone = assert.rejects(waiting, { code: 'UNAVAILABLE', key: 'indexRestarting' });
  host.notify('die');
  await gone;
  assert.equal(await host.remote.double(5), 10);
  assert.deepEqual(seen, { started: 2, prepared: 2, died: 1 });
});

test('a thread that cannot start is tried again', async (t) => {
  const { host, seen } = await start(t, { failsFirst: true });
  assert.equal(await host.remote.double(6), 12);
  assert.deepEqual(seen, { started: 2, prepared: 2, died: 1 });
});

test('a thread that was asked to stop is not started again, and calls to it fail', async (t) => {
  const { host, seen } = await start(t);
  await host.stop((remote) => remote.stop());
  await assert.rejects(host.remote.double(1), { code: 'UNAVAILABLE' });
  assert.deepEqual(seen, { started: 1, prepared: 1, died: 1 });
});

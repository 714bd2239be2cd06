import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createGate } from '../../../../server/catalog/sync/gate.ts';
import { createPace } from '../../../../server/catalog/sync/pace.ts';
import type { RegistryReader } from '../../../../server/catalog/sync/refresh.ts';
import { AppError } from '../../../../server/errors.ts';
import { eventually } from '../../../support/process/eventually.ts';
import { unreachable } from '../../../support/registry/unreachable.ts';

/** A registry whose answers the test gives; the name of the repository tells the requests apart. */
function startGate(most = 2, retryDelaysMs: readonly number[] = []) {
  const open = new Map<string, { answer: () => void; fail: (error: Error) => void }>();
  const begun: string[] = [];
  const client = {
    tags: (repository: string) => {
      begun.push(repository);
      return new Promise<readonly string[]>((resolve, reject) => {
        open.set(repository, { answer: () => resolve([repository]), fail: reject });
      });
    },
  } as unknown as RegistryReader;
  const clock = () => performance.now();
  const pace = createPace({ clock, min: most, max: most, start: most });
  const gate = createGate({ client, pace, clock, retryDelaysMs });
  const [now, crawl] = [gate.reader('now'), gate.reader('crawl')];
  const asked = (repository: string, times: number) =>
    eventually(`${repository} is asked for`, () => begun.filter((name) => name === repository).length, {
      until: (count) => count >= times,
      pauseMs: 1,
    });
  return { gate, pace, begun, open, now, crawl, asked };
}

test('a crawl gets as many at once as the pace allows; what somebody waits for comes on top', async () => {
  const { begun, open, now, crawl } = startGate(2);
  const all = [crawl.tags('a'), crawl.tags('b'), crawl.tags('c'), now.tags('urgent')];
  await tick();
  assert.deepEqual(begun, ['a', 'b', 'urgent']);
  open.get('a')?.answer();
  await tick();
  assert.deepEqual(begun, ['a', 'b', 'urgent']);
  open.get('urgent')?.answer();
  await tick();
  assert.deepEqual(begun, ['a', 'b', 'urgent', 'c']);
  for (const name of ['b', 'c']) open.get(name)?.answer();
  assert.deepEqual(await Promise.all(all), [['a'], ['b'], ['c'], ['urgent']]);
});

test('urgent requests have an end too, and go before the crawl when they had to wait', async () => {
  const { begun, open, now, crawl } = startGate(2);
  const all = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7'].map((name) => now.tags(name));
  all.push(crawl.tags('patient'));
  await tick();
  assert.equal(begun.length, 6);
  for (const name of ['u1', 'u2', 'u3', 'u4', 'u5']) open.get(name)?.answer();
  await tick();
  assert.deepEqual(begun.slice(6), ['u7']);
  open.get('u6')?.answer();
  await tick();
  assert.deepEqual(begun.slice(7), ['patient']);
  for (const name of ['u7', 'patient']) open.get(name)?.answer();
  await Promise.all(all);
});

test('a crawl asks again after an outage, somebody who waits is told at once', async () => {
  const { open, now, crawl, asked } = startGate(2, [1, 1]);
  const urgent = assert.rejects(now.tags('urgent'), { key: 'registryUnreachable' });
  await tick();
  open.get('urgent')?.fail(unreachable());
  await urgent;
  const patient = crawl.tags('patient');
  for (let tries = 1; tries <= 2; tries += 1) {
    await asked('patient', tries);
    open.get('patient')?.fail(unreachable());
  }
  await asked('patient', 3);
  open.get('patient')?.answer();
  assert.deepEqual(await patient, ['patient']);
});

test('a clear refusal is not asked for again and slows nothing down', async () => {
  const { begun, open, pace, crawl } = startGate(4, [1, 1]);
  const answer = assert.rejects(crawl.tags('broken'), { key: 'registryJson' });
  await tick();
  open.get('broken')?.fail(new AppError('UPSTREAM', 'no JSON', { key: 'registryJson' }));
  await answer;
  assert.deepEqual([begun.length, pace.failuresInRow()], [1, 0]);
});

test('in the quiet time that the registry asked for, only urgent requests go', async () => {
  const { begun, open, pace, now, crawl, asked } = startGate(2);
  pace.failed(performance.now(), 40);
  const patient = crawl.tags('patient');
  const urgent = now.tags('urgent');
  await tick();
  assert.deepEqual(begun, ['urgent']);
  open.get('urgent')?.answer();
  await urgent;
  assert.deepEqual(begun, ['urgent']);
  await asked('patient', 1);
  assert.equal(pace.pauseMs(), 0);
  open.get('patient')?.answer();
  await patient;
});

test('at the end what waits is refused', async () => {
  const { gate, open, crawl } = startGate(2);
  const running = [crawl.tags('a'), crawl.tags('b')];
  const waiting = assert.rejects(crawl.tags('c'), { key: 'stopping' });
  await tick();
  gate.close();
  await waiting;
  await assert.rejects(crawl.tags('d'), { key: 'stopping' });
  for (const name of ['a', 'b']) open.get(name)?.answer();
  assert.equal((await Promise.all(running)).length, 2);
});

test('a 500 for one digest neither slows the crawl down nor is asked for again', async () => {
  const failure = new AppError('UPSTREAM', 'broken', { key: 'registryStatus', params: { status: 500 } });
  let asked = 0;
  const fail = () => {
    asked += 1;
    return Promise.reject(failure);
  };
  const client = { getManifest: fail, tags: fail } as unknown as RegistryReader;
  const clock = () => performance.now();
  const pace = createPace({ clock, start: 8 });
  const gate = createGate({ client, pace, clock, retryDelaysMs: [0] });
  await assert.rejects(gate.reader('crawl').getManifest('app', `sha256:${'a'.repeat(64)}`));
  assert.deepEqual([asked, pace.limit(), pace.failuresInRow()], [1, 8, 0]);
  await assert.rejects(gate.reader('now').tags('app'));
  assert.deepEqual([asked, pace.limit()], [2, 4], 'a list that fails is another matter');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFairQueue, type QueuePlace } from '../../../server/accounts/fair-queue.ts';

function openQueue(options: { maxWaiting?: number; maxWaitMs?: number; maxRunning?: number } = {}) {
  const queue = createFairQueue({
    ...{ maxRunning: 1, maxSlowRunning: 1, maxWaiting: 100, maxWaitMs: 60_000, ...options },
    refusal: () => new Error('busy'),
  });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (name: string, place: Partial<QueuePlace> = {}) =>
    queue.run({ network: 'a', lane: name, urgency: 'normal', ...place }, () => {
      started.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  async function endAll(count: number): Promise<readonly string[]> {
    for (let at = 0; at < count; at += 1) {
      await new Promise(setImmediate);
      ends.get(started[at] ?? '')?.();
    }
    return started;
  }
  return { add, endAll, started, end: (name: string) => ends.get(name)?.() };
}

test('networks take turns, and the lanes of a network take turns', async () => {
  const { add, endAll } = openQueue();
  const jobs = [add('running')];
  for (const name of ['a1', 'a2', 'a3']) jobs.push(add(name, { network: 'a', lane: 'anna' }));
  jobs.push(add('b1', { network: 'a', lane: 'bob' }), add('c1', { network: 'c' }));
  assert.deepEqual(await endAll(6), ['running', 'a1', 'c1', 'b1', 'a2', 'a3']);
  await Promise.all(jobs);
});

test('who is known to be right goes first, and slow ones come through among many', async () => {
  const { add, endAll } = openQueue();
  const jobs = [add('running'), add('slow', { urgency: 'slow' })];
  for (let at = 0; at < 8; at += 1) jobs.push(add(`n${at}`));
  jobs.push(add('first', { urgency: 'first' }));
  const order = await endAll(11);
  assert.equal(order[1], 'first');
  assert.ok(order.indexOf('slow') < 6, order.join(' '));
  await Promise.all(jobs);
});

test('slow ones never take all workers', async () => {
  const { add, end, started } = openQueue({ maxRunning: 2 });
  const jobs = [add('slow1', { urgency: 'slow' }), add('slow2', { urgency: 'slow' }), add('normal')];
  await new Promise(setImmediate);
  assert.deepEqual(started, ['slow1', 'normal']);
  end('normal');
  await jobs[2];
  assert.deepEqual(started, ['slow1', 'normal']);
  end('slow1');
  await jobs[0];
  await new Promise(setImmediate);
  end('slow2');
  await jobs[1];
  assert.deepEqual(started, ['slow1', 'normal', 'slow2']);
});

test('when too many wait, the crowd loses a place and nobody else', async () => {
  const { add, endAll } = openQueue({ maxWaiting: 5 });
  const crowd = [add('running'), ...Array.from({ length: 5 }, (_, at) => add(`crowd${at}`, { lane: 'mallory' }))];
  const other = add('anna', { network: 'b' });
  await assert.rejects(crowd[5] as Promise<void>, /busy/);
  assert.deepEqual(await endAll(6), ['running', 'crowd0', 'anna', 'crowd1', 'crowd2', 'crowd3']);
  await Promise.all([other, ...crowd.slice(0, 5)]);
});

test('who waits too long is refused, and the place is free again', async () => {
  const { add, end, started } = openQueue({ maxWaitMs: 1 });
  const running = add('running');
  await assert.rejects(add('late'), /busy/);
  end('running');
  await running;
  const next = add('next');
  await new Promise(setImmediate);
  assert.deepEqual(started, ['running', 'next']);
  end('next');
  await next;
});

test('a task that fails gives its place back', async () => {
  const queue = createFairQueue({
    ...{ maxRunning: 1, maxSlowRunning: 1, maxWaiting: 1, maxWaitMs: 60_000 },
    refusal: () => new Error('busy'),
  });
  const place = { network: 'a', lane: 'a', urgency: 'slow' } as const;
  await assert.rejects(
    queue.run(place, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await queue.run(place, async () => 'fine'), 'fine');
});

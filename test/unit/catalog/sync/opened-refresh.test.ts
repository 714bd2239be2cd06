import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenedRefresh } from '../../../../server/catalog/sync/opened-refresh.ts';
import { createLogger } from '../../../../server/log.ts';
import { quietBus } from '../../../support/app/bus.ts';

function start(durationMs = 0) {
  const time = { now: 0 };
  const looked: string[] = [];
  const ends: (() => void)[] = [];
  const looks = createOpenedRefresh({
    look: async (repository) => {
      looked.push(repository);
      time.now += durationMs;
      if (repository.startsWith('slow/')) await new Promise<void>((resolve) => ends.push(resolve));
    },
    isQuiet: () => true,
    bus: quietBus(),
    clock: () => time.now,
    log: createLogger('silent'),
  });
  return { looks, time, looked, ends };
}

test('a repository that takes long is looked at that much more seldom', async () => {
  const { looks, time, looked } = start(30_000);
  await looks.opened('many/tags');
  time.now += 15_000;
  await looks.opened('many/tags');
  assert.equal(looked.length, 1);
  time.now += 600_000;
  await looks.opened('many/tags');
  assert.equal(looked.length, 2);
});

test('a few are looked at side by side; what finds no place is found at the next look', async () => {
  const { looks, looked, ends } = start();
  const running = ['a', 'b', 'c', 'd'].map((name) => looks.opened(`slow/${name}`));
  await looks.opened('other');
  assert.deepEqual(looked, ['slow/a', 'slow/b', 'slow/c', 'slow/d']);
  for (const end of ends) end();
  await Promise.all(running);
  await looks.opened('other');
  assert.equal(looked.at(-1), 'other');
});

test('nothing begins once it is closed, and what runs may end', async () => {
  const { looks, looked, ends } = start();
  void looks.opened('slow/a');
  const closed = looks.close();
  await looks.opened('b');
  ends[0]?.();
  await closed;
  assert.deepEqual(looked, ['slow/a']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createScheduler, type Job } from '../../../server/jobs/scheduler.ts';
import { createLogger } from '../../../server/log.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
// A quarter past an hour, wherever this runs.
const START = Date.parse('2026-03-01T10:15:00Z');

function start(jobs: readonly (Partial<Job> & { name: string })[]) {
  const runs: string[] = [];
  const time = { at: START, clock: 0 };
  const scheduler = createScheduler({ now: () => time.at, clock: () => time.clock, log: createLogger('silent') });
  for (const job of jobs) {
    scheduler.add({
      ...{ schedule: '0 * * * *', lane: job.name, run: async () => void runs.push(job.name) },
      ...job,
    });
  }
  const state = (name: string) => scheduler.states().find((found) => found.name === name);
  /** The clock of the machine goes to `at`; then the scheduler looks. */
  async function look(at: number): Promise<void> {
    time.at = at;
    scheduler.tick();
    await tick();
  }
  return { scheduler, runs, time, look, state };
}

test('a job runs when its time has come, once', async () => {
  const { runs, look, state } = start([{ name: 'hourly' }]);
  assert.equal(state('hourly')?.nextAt, START + 45 * MINUTE);
  await look(START + 44 * MINUTE);
  assert.deepEqual(runs, []);
  await look(START + 45 * MINUTE);
  await look(START + 45 * MINUTE + 1000);
  assert.deepEqual(runs, ['hourly']);
  assert.equal(state('hourly')?.nextAt, START + 105 * MINUTE);
  await look(START + 105 * MINUTE);
  assert.equal(runs.length, 2);
});

test('a clock that jumps a week ahead makes a job late once', async () => {
  const { runs, look, state } = start([{ name: 'hourly' }]);
  await look(START + 7 * 24 * HOUR);
  await look(START + 7 * 24 * HOUR + 1000);
  assert.deepEqual(runs, ['hourly']);
  assert.equal(state('hourly')?.nextAt, START + 7 * 24 * HOUR + 45 * MINUTE);
});

test('a clock that is set back a year makes no job wait for a year', async () => {
  const { runs, look, state } = start([{ name: 'hourly' }]);
  const back = START - 365 * 24 * HOUR;
  await look(back);
  assert.deepEqual(runs, []);
  assert.equal(state('hourly')?.nextAt, back + 45 * MINUTE);
  await look(back + 45 * MINUTE);
  assert.deepEqual(runs, ['hourly']);
});

test('back and forth around its time a job does not run over and over', async () => {
  const { runs, look } = start([{ name: 'hourly' }]);
  const due = START + 45 * MINUTE;
  await look(due);
  await look(due - 1000);
  assert.deepEqual(runs, ['hourly']);
  await look(due);
  assert.equal(runs.length, 2, 'the hour came a second time');
});

test('a job that still runs is not started again', async () => {
  let end = (): void => undefined;
  let begun = 0;
  const run = () => {
    begun += 1;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  const { look, state, scheduler } = start([{ name: 'long', run }]);
  await look(START + HOUR);
  assert.equal(state('long')?.isRunning, true);
  await look(START + 3 * HOUR);
  void scheduler.run('long');
  await tick();
  assert.equal(begun, 1);
  end();
  await tick();
  assert.equal(state('long')?.isRunning, false);
  await look(START + 5 * HOUR);
  assert.equal(begun, 2);
  end();
});

test('jobs of one lane take turns, those of another do not wait', async () => {
  const ends: (() => void)[] = [];
  const order: string[] = [];
  const slow = (name: string) => () => {
    order.push(name);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const { look } = start([
    { name: 'one', lane: 'index', run: slow('one') },
    { name: 'two', lane: 'index', run: slow('two') },
    { name: 'other', lane: 'registry', run: slow('other') },
  ]);
  await look(START + HOUR);
  assert.deepEqual(order, ['one', 'other']);
  ends[0]?.();
  await tick();
  assert.deepEqual(order, ['one', 'other', 'two']);
  for (const end of ends) end();
});

test('a failure is told, and the next run clears it', async () => {
  let isBroken = true;
  const { look, state, time } = start([
    {
      name: 'job',
      run: async () => {
        time.clock += 1500;
        if (isBroken) throw new Error('no space left');
      },
    },
  ]);
  await look(START + HOUR);
  assert.equal(state('job')?.lastError, 'no space left');
  assert.equal(state('job')?.lastDurationMs, 1500);
  assert.equal(state('job')?.lastStartedAt, START + HOUR);
  isBroken = false;
  await look(START + 2 * HOUR);
  assert.equal(state('job')?.lastError, null);
});

test('without a schedule a job runs only when somebody asks', async () => {
  const { look, runs, state, scheduler } = start([{ name: 'quiet', schedule: null }]);
  await look(START + 1000 * HOUR);
  assert.deepEqual([runs, state('quiet')?.nextAt], [[], null]);
  await scheduler.run('quiet');
  assert.deepEqual(runs, ['quiet']);
});

test('after the end nothing begins', async () => {
  const { look, runs, scheduler } = start([{ name: 'hourly' }]);
  await scheduler.stop();
  await look(START + HOUR);
  assert.deepEqual(runs, []);
});

const DAY = 24 * HOUR;
const DAILY = { name: 'daily', schedule: '30 4 * * *', isCaughtUp: true };

/** A process that knows when the job ran last. */
async function startAfter(lastStartedAt: number | null, job: Partial<Job> & { name: string }) {
  const runs: string[] = [];
  const kept = lastStartedAt === null ? [] : [{ name: job.name, lastStartedAt, lastDurationMs: 5, lastError: null }];
  const saved: (number | null)[] = [];
  const scheduler = createScheduler({
    ...{ now: () => START, clock: () => 0, log: createLogger('silent') },
    runs: { all: async () => kept, save: async (state) => void saved.push(state.lastStartedAt) },
  });
  scheduler.add({ schedule: null, lane: 'one', run: async () => void runs.push(job.name), ...job });
  await scheduler.restore();
  scheduler.tick();
  await tick();
  await scheduler.stop();
  return { runs, saved, state: scheduler.states()[0] };
}

const caughtUp: readonly (readonly [string, number | null, Partial<Job>, boolean])[] = [
  ['it never ran', null, {}, true],
  ['its time passed while nobody ran', START - 2 * DAY, {}, true],
  ['it ran lately', START - 60_000, {}, false],
  ['it ran at a time that is still to come', START + 400 * DAY, {}, true],
  ['it can wait for its next time', START - 2 * DAY, { isCaughtUp: false }, false],
];
for (const [what, last, job, isRun] of caughtUp) {
  test(`after a start a job ${isRun ? 'runs' : 'does not run'} at once: ${what}`, async () => {
    const { runs, saved } = await startAfter(last, { ...DAILY, ...job });
    assert.deepEqual([runs, saved], isRun ? [['daily'], [START]] : [[], []]);
  });
}

test('the last run of an earlier process is told', async () => {
  const { state } = await startAfter(START - 60_000, DAILY);
  assert.deepEqual([state?.lastStartedAt, state?.lastDurationMs], [START - 60_000, 5]);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createIndexSide } from '../../server/app/indexer.ts';
import { createLogger } from '../../server/log.ts';
import { quietBus } from '../support/app/bus.ts';
import { openClient } from '../support/app/catalog.ts';
import { openTestDatabase } from '../support/data/database.ts';
import { eventually } from '../support/process/eventually.ts';
import { startFakeRegistry } from '../support/registry/fake-registry.ts';
import { createHostileRegistry } from '../support/registry/hostile-registry.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DEADLINES = { headersMs: 1000, bodyMs: 1000 };

async function startSide(t: TestContext, crawl_schedule: string | null = '0 * * * *') {
  const registry = createHostileRegistry();
  for (const name of ['a', 'b', 'c']) registry.repositories.set(`team/${name}`, {});
  const server = await startFakeRegistry(t, registry.listener);
  const client = openClient(server.url, { read: DEADLINES, work: DEADLINES });
  const { db, close } = await openTestDatabase();
  // A quarter past an hour, wherever this runs.
  const time = { now: Date.parse('2026-03-01T10:15:00Z'), clock: 0 };
  const told: boolean[] = [];
  const silence = { isSilent: false };
  const bus = quietBus();
  const counts = { catalogReads: 0 };
  const side = createIndexSide({
    ...{ config: { catalog: { crawl_schedule } }, db, client, now: () => time.now, clock: () => time.clock },
    ...{ log: createLogger('silent'), retryDelaysMs: [20, 40] },
    silence: { check: async () => undefined, isSilent: () => silence.isSilent },
    bus,
  });
  bus.subscribe('index-state-changed', () => told.push(side.crawlState().isComplete));
  bus.subscribe('catalog-read', () => {
    counts.catalogReads += 1;
  });
  t.after(async () => {
    await side.stop();
    client.close();
    await close();
  });
  const reasons = async () => {
    const rows = await db.selectFrom('crawls').select('reason').orderBy('id').execute();
    return rows.map((row) => row.reason);
  };
  async function ended(count: number): Promise<void> {
    const state = async () => ({ crawlCount: (await reasons()).length, isCrawling: side.indexer.isCrawling() });
    const until = (now: Awaited<ReturnType<typeof state>>) => now.crawlCount >= count && !now.isCrawling;
    await eventually(`${count} crawls have ended`, state, { until, pauseMs: 5 });
  }
  return { side, time, registry, server, reasons, ended, client, told, silence, counts };
}

test('at start everything is read, and /status can tell when it is again', async (t) => {
  const { side, reasons, ended, told } = await startSide(t);
  await side.watch();
  assert.equal(side.crawlState().isComplete, false);
  assert.deepEqual(told, []);
  side.start();
  await ended(1);
  assert.deepEqual(await reasons(), ['start']);
  await side.watch();
  assert.equal(side.crawlState().isComplete, true);
  assert.equal(told.at(-1), true, 'open pages hear of it');
  assert.equal(side.crawlState().crawl?.repositoriesDone, 3);
  const names = side.jobs.states().map((job) => job.name);
  assert.deepEqual(names, ['crawl', 'retry', 'hold', 'vanished', 'verify', 'discover', 'visibility']);
  for (const job of side.jobs.states()) assert.notEqual(job.nextAt, null, job.name);
});

test('after a long absence of the registry everything is read again, after a blip not', async (t) => {
  const { side, time, reasons, ended } = await startSide(t);
  side.setReachable(true);
  side.setReachable(false);
  time.clock += 5000;
  side.setReachable(true);
  await side.indexer.crawl('schedule');
  assert.deepEqual(await reasons(), ['schedule'], 'no crawl before this one');
  side.setReachable(false);
  time.clock += 2 * MINUTE;
  side.setReachable(true);
  await ended(2);
  assert.deepEqual(await reasons(), ['schedule', 'gap']);
});

test('a wall clock that jumps makes neither a gap nor hides one', async (t) => {
  const { side, time, reasons, ended } = await startSide(t);
  side.setReachable(false);
  time.now += 24 * HOUR;
  side.setReachable(true);
  await side.indexer.crawl('schedule');
  assert.deepEqual(await reasons(), ['schedule'], 'no crawl before this one');
  side.setReachable(false);
  time.now -= 48 * HOUR;
  time.clock += 2 * MINUTE;
  side.setReachable(true);
  await ended(2);
  assert.deepEqual(await reasons(), ['schedule', 'gap']);
});

test('by the clock everything is read again; off means off', async (t) => {
  const { side, time, reasons, ended } = await startSide(t);
  side.jobs.tick();
  // Of the same lane: what the tick began would have ended before.
  await side.jobs.run('retry');
  assert.deepEqual(await reasons(), []);
  time.now += HOUR;
  side.jobs.tick();
  await ended(1);
  assert.deepEqual(await reasons(), ['schedule']);
  const off = await startSide(t, null);
  off.time.now += 30 * 24 * HOUR;
  off.side.jobs.tick();
  await off.side.jobs.run('retry');
  assert.deepEqual(await off.reasons(), []);
});

test('a crawl that the registry interrupted goes on as soon as it is back, however short that was', async (t) => {
  const { side, registry, server, ended, client } = await startSide(t);
  for (let index = 0; index < 60; index += 1) registry.repositories.set(`more/r${index}`, {});
  let isAway = false;
  registry.before = (request, response) => {
    if (request.url?.startsWith('/v2/more/r30/')) isAway = true;
    if (isAway) response.socket?.destroy();
    return isAway;
  };
  side.start();
  await ended(1);
  assert.equal(side.indexer.isInterrupted(), true);
  registry.before = undefined;
  const read = server.requests.filter((request) => request.url?.includes('/tags/list')).length;
  assert.ok(read > 0);
  // As the monitor does: only an answer makes it reachable.
  await eventually('the registry answers', client.ping);
  side.setReachable(true);
  await ended(1);
  assert.equal(side.indexer.isInterrupted(), false);
  assert.equal((await side.indexer.progress())?.repositoriesDone, 63);
  assert.equal((await side.indexer.progress())?.reason, 'start');
});

test('where no events come the catalog is read every minute, and lists can tell when', async (t) => {
  const { side, time, registry, ended, silence, counts } = await startSide(t);
  side.start();
  await ended(1);
  registry.repositories.set('team/new', {});
  await side.jobs.run('discover');
  assert.deepEqual([counts.catalogReads, side.listedAt()], [0, undefined], 'events come');
  silence.isSilent = true;
  await side.watch();
  assert.equal(side.listedAt(), time.now, 'the crawl read it');
  time.now += MINUTE;
  await side.jobs.run('discover');
  assert.deepEqual([counts.catalogReads, side.listedAt()], [1, time.now]);
});

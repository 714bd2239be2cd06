/** The thread that writes the index, with the real registry: it dies at any moment, and nothing is lost. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createIndexHost } from '../../server/app/index-host.ts';
import { createBus } from '../../server/bus/bus.ts';
import type { Message } from '../../server/bus/message.ts';
import { createLogger } from '../../server/log.ts';
import { createIntake } from '../../server/notifications/intake.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { configOf } from '../support/app/config.ts';
import { eventually } from '../support/process/eventually.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { pushImage } from '../support/registry/content.ts';
import { anEnvelope, anEvent, EVENTS_V2 } from '../support/registry/events.ts';
import { registrySkip, startRegistry } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
const NO_ATTRIBUTION = { isPermitted: false, isOwnDigest: false, deletedBy: undefined, restoredBy: undefined };

async function start(t: TestContext) {
  const registry = await startRegistry({ version: '3.1.1' });
  const folder = await temporaryFolder('indexer');
  const opened = await openDatabase({ dataPath: folder.path, exclusive: true });
  const log = createLogger('silent');
  const bus = createBus(log);
  const heard: Message[] = [];
  const lines: string[] = [];
  bus.subscribe(['repository-changed', 'events-kept'], (message) => heard.push(message));
  const index = createIndexHost({
    ...{ config: configOf({ registry: { url: registry.url } }), opened, storageFolder: null, bus, log, now: Date.now },
    writeLog: (line) => lines.push(line),
    mint: async () => undefined,
    reportTokenRefused: async () => undefined,
    attribute: async (events) => events.map(() => NO_ATTRIBUTION),
    handlePush: async () => undefined,
    recordExternalDeletions: async () => undefined,
    onInstance: () => undefined,
    isReachable: () => true,
    firstPauseMs: 20,
  });
  const storedByThread: number[] = [];
  const intake = createIntake({
    ...{ db: opened.db, now: Date.now },
    async storeLarge(rows) {
      await index.remote.storeEnvelopes(rows);
      storedByThread.push(rows.length);
    },
    onStored: (stored) => index.notify('handleStored', stored),
    onOdd: (odd) => index.notify('handleUnreadable', odd),
  });
  t.after(async () => {
    await index.stop();
    await opened.close();
    await registry.stop();
    await folder.remove();
  });
  const tags = async (repository: string) => {
    const { db } = opened;
    const rows = await db
      .selectFrom('tags')
      .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
      .select(['tags.name', 'pushed_by'])
      .where('repositories.name', '=', repository)
      .orderBy('tags.name')
      .execute();
    return rows.map((row) => `${row.name} ${row.pushed_by}`);
  };
  const report = (tag: string, digest: string) =>
    intake.record({
      ...{ mediaType: EVENTS_V2, source: '127.0.0.1', verified: true },
      body: Buffer.from(anEnvelope(anEvent({ repository: 'team/app', tag, digest, actor: 'ann' }))),
    });
  return { registry, opened, index, intake, storedByThread, heard, lines, tags, report };
}

test('what is there is read, what is reported is applied, and everybody here hears of it', { skip }, async (t) => {
  const { registry, index, heard, lines, tags, report } = await start(t);
  await pushImage(registry.url, 'team/app', 'v1');
  await index.begin();
  await index.start();
  await eventually('the crawl is told', index.crawlState, { until: ({ isComplete }) => isComplete });
  assert.deepEqual(await tags('team/app'), ['v1 null']);
  const { digest } = await pushImage(registry.url, 'team/app', 'v2');
  await report('v2', digest);
  await eventually('the push is there', () => tags('team/app'), { until: (names) => names.includes('v2 ann') });
  assert.ok(heard.some((message) => message.kind === 'repository-changed' && message.repository === 'team/app'));
  assert.ok(heard.some((message) => message.kind === 'events-kept'));
  assert.ok(lines.some((line) => (JSON.parse(line) as { msg: string }).msg === 'crawl ended'));
  assert.ok(index.jobStates().some(({ name }) => name === 'crawl'));
});

test('a thread that dies is started again, and applies what came meanwhile', { skip }, async (t) => {
  const { registry, index, tags, report } = await start(t);
  await pushImage(registry.url, 'team/app', 'v1');
  await index.begin();
  await index.start();
  await eventually('the crawl is told', index.crawlState, { until: ({ isComplete }) => isComplete });
  const { digest } = await pushImage(registry.url, 'team/app', 'v2');
  await index.thread()?.terminate();
  await report('v2', digest);
  assert.deepEqual(await tags('team/app'), ['v1 null']);
  await eventually('the push is there', () => tags('team/app'), { until: (names) => names.includes('v2 ann') });
  await pushImage(registry.url, 'team/other', 'v1');
  await index.remote.refreshRepository('team/other');
  assert.deepEqual(await tags('team/other'), ['v1 null']);
});

test('a thread ended anywhere in its work leaves a complete index, and the write lock free', { skip }, async (t) => {
  const { registry, opened, index, tags } = await start(t);
  const expected: string[] = [];
  for (let number = 10; number < 40; number++) {
    await pushImage(registry.url, `many/r${number}`, 'v1');
    expected.push(`many/r${number}`);
  }
  await index.begin();
  await index.start();
  const answers = () =>
    index.remote.progress().then(
      () => true,
      () => false,
    );
  for (const pauseMs of [5, 30, 80, 10, 50]) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await index.thread()?.terminate();
    // Whoever writes here waits for nobody who is gone.
    await opened.db
      .insertInto('settings')
      .values({ key: `after ${pauseMs}`, value: '' })
      .execute();
    await eventually('the next one answers', answers);
  }
  await eventually('all is read', index.crawlState, { until: ({ isComplete }) => isComplete });
  const rows = await opened.db.selectFrom('repositories').select('name').orderBy('name').execute();
  assert.deepEqual(
    rows.map(({ name }) => name),
    expected,
  );
  for (const name of expected) assert.deepEqual(await tags(name), ['v1 null']);
});

test('a large envelope is stored by the thread, and by the main thread while that is away', { skip }, async (t) => {
  const { registry, index, opened, intake, storedByThread, tags } = await start(t);
  const { digest } = await pushImage(registry.url, 'team/app', 'v1');
  await index.begin();
  await index.start();
  const note = 'x'.repeat(600 * 1024);
  const large = (actor: string) =>
    Buffer.from(anEnvelope({ ...anEvent({ repository: 'team/app', tag: 'v1', digest, actor }), note }));
  const envelope = { mediaType: EVENTS_V2, source: '127.0.0.1', verified: true };
  const counted = async () => {
    const { db } = opened;
    const row = await db.selectFrom('envelopes').select(db.fn.countAll<number>().as('count')).executeTakeFirst();
    return Number(row?.count);
  };
  await intake.record({ ...envelope, body: large('ann') });
  assert.deepEqual([await counted(), storedByThread], [1, [1]]);
  await eventually('the push is there', async () => (await tags('team/app')).includes('v1 ann'));
  await index.thread()?.terminate();
  await intake.record({ ...envelope, body: large('bob') });
  assert.equal(await counted(), 2);
  await eventually('the second push is there', async () => (await tags('team/app')).includes('v1 bob'));
});

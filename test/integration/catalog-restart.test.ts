/** What a start asks the registry for, and how tags that moved without an event are found all the same. */

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { type TestContext, test } from 'node:test';
import { createIndexSide, type IndexSide } from '../../server/app/indexer.ts';
import { createCrawlJournal } from '../../server/catalog/sync/crawl-journal.ts';
import { createLogger } from '../../server/log.ts';
import { quietBus } from '../support/app/bus.ts';
import { openClient } from '../support/app/catalog.ts';
import { openTestDatabase } from '../support/data/database.ts';
import { eventually } from '../support/process/eventually.ts';
import { startFakeRegistry } from '../support/registry/fake-registry.ts';
import {
  type Answering,
  createHostileRegistry,
  json,
  manifestOf,
  send,
  sendManifest,
} from '../support/registry/hostile-registry.ts';

const HOUR = 3600_000;
const MINUTE = 60_000;
// With fewer, the sample of known images is more than a twentieth.
const REPOSITORIES = 600;

async function startPair(t: TestContext, count: number) {
  const registry = createHostileRegistry();
  for (let index = 0; index < count; index += 1) registry.repositories.set(`team/r${index}`, {});
  const server = await startFakeRegistry(t, registry.listener);
  const client = openClient(server.url);
  const { db, close } = await openTestDatabase();
  const time = { now: Date.parse('2026-03-01T10:15:00Z'), clock: 0 };
  const silence = { isSilent: false };
  const sides: IndexSide[] = [];
  t.after(async () => {
    for (const side of sides) await side.stop();
    client.close();
    await close();
  });

  /** As a process that begins. @returns when its first crawl has ended. */
  async function start(): Promise<IndexSide> {
    const before = await crawls();
    const side = createIndexSide({
      ...{ config: { catalog: { crawl_schedule: null } }, db, client, now: () => time.now, clock: () => time.clock },
      ...{ bus: quietBus(), log: createLogger('silent'), retryDelaysMs: [20, 40] },
      silence: { check: async () => undefined, isSilent: () => silence.isSilent },
    });
    sides.push(side);
    side.start();
    await eventually('the crawl', async () => (await crawls()) > before && !side.indexer.isCrawling());
    return side;
  }

  async function restart(): Promise<IndexSide> {
    await sides.pop()?.stop();
    return start();
  }

  const crawls = async () => (await db.selectFrom('crawls').select('id').execute()).length;
  const digestOf = async (repository: string) => {
    const rows = await db
      .selectFrom('tags')
      .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
      .select('digest')
      .where('repositories.name', '=', repository)
      .execute();
    return rows[0]?.digest;
  };
  const broken = async () => db.selectFrom('repositories').select('name').where('error', 'is not', null).execute();
  const asked = (from: number) => server.requests.slice(from).map(kindOf);
  return { registry, server, time, silence, start, restart, digestOf, broken, asked };
}

function kindOf({ method, url = '' }: IncomingMessage): string {
  if (url.startsWith('/v2/_catalog')) return 'catalog';
  if (url.includes('/tags/list')) return 'tags';
  return url === '/v2/' ? 'ping' : `${method} ${url.includes('/manifests/') ? 'manifest' : 'blob'}`;
}

/** The only tag there points to another image from now on. */
function move({ registry }: { registry: ReturnType<typeof createHostileRegistry> }, repository: string): void {
  const moved = manifestOf(`${repository} moved`);
  const answer: Answering = (request, response) => {
    if (request.url?.includes('/blobs/')) response.writeHead(404).end();
    else sendManifest(response, moved, request.method === 'HEAD');
  };
  registry.repositories.set(repository, { head: answer, manifest: answer });
}

test('a start with nothing changed asks for the catalog and the lists of tags', async (t) => {
  const pair = await startPair(t, REPOSITORIES);
  await pair.start();
  const before = pair.server.requests.length;
  await pair.restart();
  const asked = pair.asked(before);
  assert.equal(asked.filter((kind) => kind === 'tags').length, REPOSITORIES);
  const pages = asked.filter((kind) => kind === 'catalog').length;
  const rest = asked.filter((kind) => kind !== 'catalog' && kind !== 'ping');
  assert.ok(rest.length <= 1.05 * REPOSITORIES, `${rest.length} requests beside ${pages} pages of the catalog`);
});

test('a start reads what is new, and what could not be read before', async (t) => {
  const pair = await startPair(t, 5);
  const refuse: Answering = (_request, response) => response.writeHead(400).end();
  pair.registry.repositories.set('team/r3', { head: refuse });
  await pair.start();
  assert.equal(await pair.digestOf('team/r3'), undefined);
  pair.registry.repositories.set('team/r3', {});
  pair.registry.repositories.set('team/new', {});
  await pair.restart();
  assert.notEqual(await pair.digestOf('team/new'), undefined);
  assert.notEqual(await pair.digestOf('team/r3'), undefined);
});

test('where no events come a start asks for every tag', async (t) => {
  const pair = await startPair(t, 5);
  await pair.start();
  const before = await pair.digestOf('team/r2');
  move(pair, 'team/r2');
  await pair.restart();
  assert.equal(await pair.digestOf('team/r2'), before, 'events tell what moved');
  pair.silence.isSilent = true;
  await pair.restart();
  assert.notEqual(await pair.digestOf('team/r2'), before);
});

test('a tag that moved without an event is found within a day, whatever restarts come between', async (t) => {
  const pair = await startPair(t, 30);
  let side = await pair.start();
  const before = await pair.digestOf('team/r17');
  move(pair, 'team/r17');
  const asked = pair.server.requests.length;
  let hours = 0;
  for (; hours < 24 && (await pair.digestOf('team/r17')) === before; hours += 1) {
    pair.time.now += HOUR;
    pair.time.clock += HOUR;
    if (hours % 5 === 4) side = await pair.restart();
    await side.jobs.run('verify');
  }
  assert.notEqual(await pair.digestOf('team/r17'), before);
  assert.ok(hours > 1, 'not all at once');
  const heads = pair.asked(asked).filter((kind) => kind === 'HEAD manifest').length;
  assert.ok(heads < 30 + 5 * 20, `${heads}: none twice, beside the samples of the restarts`);
});

test('a tag that went without an event leaves by the same way', async (t) => {
  const pair = await startPair(t, 3);
  const side = await pair.start();
  const error = JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] });
  const gone: Answering = (_request, response) => send(response, error, 'application/json', 404);
  const none: Answering = (_request, response) => json(response, { name: 'team/r1', tags: [] });
  pair.registry.repositories.set('team/r1', { head: gone, manifest: gone, tags: none });
  for (let minutes = 0; minutes < 48 * 60 && (await pair.digestOf('team/r1')) !== undefined; minutes += 30) {
    pair.time.now += 30 * MINUTE;
    pair.time.clock += 30 * MINUTE;
    await side.jobs.run('verify');
  }
  assert.equal(await pair.digestOf('team/r1'), undefined);
});

test('one tag that cannot be read keeps no other from its turn', async (t) => {
  const pair = await startPair(t, 4);
  const side = await pair.start();
  const broken: Answering = (_request, response) => response.writeHead(404).end();
  pair.registry.repositories.set('team/r0', { head: broken });
  const before = await pair.digestOf('team/r3');
  move(pair, 'team/r3');
  for (let hours = 0; hours < 24; hours += 1) {
    pair.time.now += HOUR;
    pair.time.clock += HOUR;
    await side.jobs.run('verify');
  }
  assert.notEqual(await pair.digestOf('team/r3'), before);
  assert.notEqual(await pair.digestOf('team/r0'), undefined, 'listed, so it stays');
});

test('while the registry is away no repository looks broken for it, and afterwards the verification goes on', async (t) => {
  const pair = await startPair(t, 40);
  const side = await pair.start();
  const before = await pair.digestOf('team/r39');
  async function verifyFor(hours: number): Promise<void> {
    for (let hour = 0; hour < hours; hour += 1) {
      pair.time.now += HOUR;
      pair.time.clock += HOUR;
      await side.jobs.run('verify');
    }
  }
  pair.registry.before = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };
  await verifyFor(5);
  assert.deepEqual(await pair.broken(), []);
  pair.registry.before = undefined;
  move(pair, 'team/r39');
  await verifyFor(24);
  assert.notEqual(await pair.digestOf('team/r39'), before);
  assert.deepEqual(await pair.broken(), []);
});

test('after a gap in the events every tag is asked for at once', async (t) => {
  const pair = await startPair(t, 40);
  const side = await pair.start();
  const before = await pair.digestOf('team/r33');
  move(pair, 'team/r33');
  side.setReachable(false);
  pair.time.clock += 2 * MINUTE;
  side.setReachable(true);
  await eventually('the moved tag is read', () => pair.digestOf('team/r33'), { until: (digest) => digest !== before });
});

const DEPTHS = [
  // interrupted, then asked for, what it becomes
  [true, false, 'same'],
  [true, true, 'same'],
  [false, false, 'same'],
  [false, true, 'new'],
] as const;
for (const [before, asked, becomes] of DEPTHS) {
  test(`an interrupted crawl of ${kind(before)} goes on as the ${becomes} one when ${kind(asked)} is wanted`, async (t) => {
    const { db, close } = await openTestDatabase();
    t.after(close);
    const journal = createCrawlJournal(db, () => 1);
    const interrupted = await journal.openOrBegin('gap', before);
    const row = await journal.openOrBegin('start', asked);
    assert.equal(row.isFull, before || asked);
    assert.equal(row.id === interrupted.id ? 'same' : 'new', becomes);
  });
}

test('an interrupted crawl of everything that is too old to go on is begun anew as one of everything', async (t) => {
  const { db, close } = await openTestDatabase();
  t.after(close);
  const interrupted = await createCrawlJournal(db, () => 0).openOrBegin('gap', true);
  const row = await createCrawlJournal(db, () => 25 * HOUR).openOrBegin('start', false);
  assert.notEqual(row.id, interrupted.id);
  assert.equal(row.isFull, true);
});

function kind(isFull: boolean): string {
  return isFull ? 'everything' : 'the lists';
}

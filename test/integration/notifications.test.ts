import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { COMMAND_LINE } from '../../server/access/actor.ts';
import { createAudit } from '../../server/audit/audit.ts';
import { isVisibleName } from '../../server/catalog/visibility/visibility.ts';
import { createEventStore } from '../../server/notifications/events.ts';
import { createQuarantine } from '../../server/notifications/quarantine.ts';
import { SECRET, type Stack, start } from '../support/app/receiver-stack.ts';
import { eventually } from '../support/process/eventually.ts';
import { pushImage } from '../support/registry/content.ts';
import { anEnvelope, anEvent, EVENTS_V1, EVENTS_V2 } from '../support/registry/events.ts';
import { registrySkip, startRegistry } from '../support/registry/registry.ts';

const MIB = 1024 * 1024;
const everything = { all: true } as const;

describe('with a secret', () => {
  let stack: Stack;
  before(async () => {
    stack = await start(SECRET);
  });
  after(() => stack.close());
  const rows = () => stack.opened.db.selectFrom('envelopes').selectAll().orderBy('id').execute();

  const refused = [undefined, '', 'wrong', SECRET.slice(0, -1), `${SECRET}x`, `Basic ${SECRET}`, 'x'.repeat(8000)];
  for (const value of refused) {
    test(`401 for Authorization ${value?.slice(0, 40)}, and nothing is stored`, async () => {
      const before = (await rows()).length;
      const answer = await stack.send(anEnvelope(anEvent()), value === undefined ? {} : { Authorization: value });
      assert.equal(answer.status, 401);
      assert.equal((await rows()).length, before);
      assert.ok(stack.endpoint.refusals().count > 0);
    });
  }
  for (const value of [SECRET, `Bearer ${SECRET}`, `bearer ${SECRET}`]) {
    test(`taken with Authorization ${value}, and verified`, async () => {
      assert.equal((await stack.send(anEnvelope(anEvent()), { Authorization: value })).status, 204);
      assert.equal((await rows()).at(-1)?.verified, 1);
    });
  }
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
    test(`405 for ${method}`, async () => {
      const answer = await fetch(stack.url, { method });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.get('allow'), 'POST');
    });
  }
  test('the body of a stranger is not read', async () => {
    const big = Buffer.alloc(20 * MIB);
    const answer = await stack.send(big).catch(() => undefined);
    assert.ok(answer === undefined || answer.status === 401);
  });
});

describe('without a secret', () => {
  let stack: Stack;
  before(async () => {
    stack = await start(null);
  });
  after(() => stack.close());
  const eventOf = (id: string) =>
    stack.opened.db.selectFrom('events').selectAll().where('event_id', '=', id).executeTakeFirst();
  const envelopes = () => stack.opened.db.selectFrom('envelopes').selectAll().orderBy('id').execute();

  for (const type of [EVENTS_V1, EVENTS_V2, 'application/json', 'application/json; charset=utf-8', 'text/plain']) {
    test(`takes ${type}`, async () => {
      const id = `type ${type}`;
      assert.equal((await stack.send(anEnvelope(anEvent({ id })), { 'Content-Type': type })).status, 204);
      await stack.untilApplied();
      assert.equal((await eventOf(id))?.verified, 0);
    });
  }

  test('the same event in fifty parallel posts is one row and fifty times 2xx', async () => {
    const body = anEnvelope(anEvent({ id: 'fifty' }));
    const answers = await Promise.all(Array.from({ length: 50 }, () => stack.send(body)));
    assert.ok(answers.every((answer) => answer.status === 204));
    await stack.untilApplied();
    const same = await stack.opened.db.selectFrom('events').selectAll().where('event_id', '=', 'fifty').execute();
    assert.equal(same.length, 1);
  });

  const oddBodies: readonly (readonly [string, string | Buffer])[] = [
    ['not JSON', 'nonsense'],
    ['empty', ''],
    ['an unknown shape', '{"hello":1}'],
    ['binary', Buffer.from([0, 255, 254, 1])],
    ['deep', '['.repeat(100_000)],
  ];
  for (const [name, body] of oddBodies) {
    test(`2xx for content that is ${name}; it is quarantined`, async () => {
      assert.equal((await stack.send(body)).status, 204);
      await stack.untilApplied();
      const last = (await envelopes()).at(-1);
      assert.equal(last?.state, 'quarantined');
      assert.deepEqual(last?.body, Buffer.from(body));
    });
  }

  test('an envelope of 3 MB is read', async () => {
    const event = { ...anEvent({ id: 'big' }), padding: 'x'.repeat(3 * MIB) };
    assert.equal((await stack.send(anEnvelope(event))).status, 204);
    await stack.untilApplied();
    assert.ok(await eventOf('big'));
  });
  test('beyond 8 MB the beginning is quarantined, as a refusal would block the queue for ever', async () => {
    assert.equal((await stack.send(Buffer.alloc(9 * MIB, 0x20))).status, 204);
    const last = (await envelopes()).at(-1);
    assert.equal(last?.state, 'quarantined');
    assert.match(last?.error ?? '', /too large/);
    assert.equal(last?.size_bytes, 64 * 1024);
  });
  test('what no registry sends is refused before it is read', async () => {
    const answer = await stack.send(Buffer.alloc(33 * MIB)).catch(() => undefined);
    assert.ok(answer === undefined || answer.status === 413);
  });
  test('gzip is read', async () => {
    const body = gzipSync(anEnvelope(anEvent({ id: 'zipped' })));
    assert.equal((await stack.send(body, { 'Content-Encoding': 'gzip' })).status, 204);
    await stack.untilApplied();
    assert.ok(await eventOf('zipped'));
  });
  test('a gzip bomb is quarantined, small', async () => {
    assert.equal((await stack.send(gzipSync(Buffer.alloc(200 * MIB)), { 'Content-Encoding': 'gzip' })).status, 204);
    assert.match((await envelopes()).at(-1)?.error ?? '', /inflated/);
  });

  test('a pusher is named as confirmed only with a push token of ours', async () => {
    await stack.send(
      anEnvelope(anEvent({ id: 'claimed', actor: 'boss' }), anEvent({ id: 'known', actor: 'permitted' })),
    );
    await stack.untilApplied();
    assert.equal((await eventOf('claimed'))?.actor_confirmed, 0);
    assert.equal((await eventOf('known'))?.actor_confirmed, 1);
  });
  test('our own reads and throw-away manifests are shown nowhere, and the index is not told', async () => {
    const told = stack.applied.length;
    const own = { action: 'pull', actor: '', method: 'GET', userAgent: 'registry-web/1.0', repository: 'own/noise' };
    await stack.send(
      anEnvelope(anEvent(own), anEvent({ digest: `sha256:${'f'.repeat(64)}`, repository: 'own/noise' })),
    );
    await stack.untilApplied();
    const { rows } = await createEventStore(stack.opened.db, isVisibleName).list({
      visible: everything,
      inRepository: 'own/noise',
    });
    assert.deepEqual(rows, []);
    assert.equal(stack.applied.length, told);
  });
  test('what we put back for somebody is a restore in their name, a push of others stays a push', async () => {
    const digest = `sha256:${'e'.repeat(64)}`;
    const push = { repository: 'put/back', tag: 'v1', digest };
    const ours = { ...push, actor: '', userAgent: 'registry-web/0.2.0' };
    const sent = [anEvent(ours), anEvent({ ...push, actor: 'ci' }), anEvent({ ...ours, tag: 'v2' })];
    await stack.send(anEnvelope(...sent));
    await stack.untilApplied();
    const { rows } = await createEventStore(stack.opened.db, isVisibleName).list({
      visible: { all: true },
      inRepository: 'put/back',
    });
    assert.deepEqual(rows.map((row) => [row.action, row.tag, row.actor, row.actorConfirmed]).sort(), [
      ['push', 'v1', 'ci', false],
      ['push', 'v2', '', false],
      ['restore', 'v1', 'lin', true],
    ]);
  });

  test('a pull of containerd is one row, under its tag', async () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const child = `sha256:${'2'.repeat(64)}`;
    const pull = { action: 'pull', repository: 'pulled/app', actor: 'ann' };
    await stack.send(
      anEnvelope(
        anEvent({ ...pull, method: 'HEAD', tag: 'v1', digest }),
        anEvent({ ...pull, method: 'GET', digest }),
        anEvent({ ...pull, method: 'GET', digest: child }),
      ),
    );
    await stack.untilApplied();
    const { rows } = await createEventStore(stack.opened.db, isVisibleName).list({
      visible: everything,
      inRepository: 'pulled/app',
    });
    assert.deepEqual(
      rows.map((row) => [row.tag, row.digest]),
      [['v1', digest]],
    );
  });
});

test('a failed write is 503, and the next one is taken', async () => {
  const stack = await start(null);
  await stack.opened.db.schema.alterTable('envelopes').renameTo('elsewhere').execute();
  const failed = await stack.send(anEnvelope(anEvent()));
  assert.equal(failed.status, 503);
  assert.equal(failed.headers.get('retry-after'), '1');
  await stack.opened.db.schema
    .alterTable('elsewhere' as 'envelopes')
    .renameTo('envelopes')
    .execute();
  assert.equal((await stack.send(anEnvelope(anEvent()))).status, 204);
  await stack.close();
});

test('an event that the index could not take is told again', async () => {
  let failures = 2;
  const seen: number[] = [];
  const stack = await start(null, {
    onEvent: async (event) => {
      if (failures-- > 0) throw new Error('registry is down');
      seen.push(event.id);
      return event;
    },
  });
  await stack.send(anEnvelope(anEvent({ tag: 'a' }), anEvent({ tag: 'b' })));
  await stack.untilApplied();
  assert.deepEqual(seen, [1, 2]);
  await stack.close();
});

test('a new instance of the registry is told once; strangers cannot make it often', async () => {
  const stack = await start(SECRET);
  const headers = { Authorization: SECRET };
  await stack.send(anEnvelope(anEvent({ instanceId: 'one' }), anEvent({ instanceId: 'one' })), headers);
  await stack.send(anEnvelope(anEvent({ instanceId: 'two' })), headers);
  await stack.untilApplied();
  assert.deepEqual(stack.instances, ['one', 'two']);
  await stack.close();
  const open = await start(null);
  for (let index = 0; index < 20; index += 1) await open.send(anEnvelope(anEvent({ instanceId: `made up ${index}` })));
  await open.untilApplied();
  assert.equal(open.instances.length, 1);
  await open.close();
});

describe('what is set aside starts a look', () => {
  const named = (...names: string[]) =>
    `{"events":[7,${names.map((repository) => JSON.stringify(anEvent({ repository, action: '' }))).join()}]}`;
  const cases: readonly (readonly [string, string | Buffer, readonly string[]])[] = [
    ['at the repositories that it names', named('team/app', 'team/web', 'team/app'), ['team/app', 'team/web']],
    ['at everything where it names none', '{"events":[{"action":"push"}]}', ['']],
    ['at everything where it names too many', named(...Array.from({ length: 60 }, (_, n) => `team/r${n}`)), ['']],
    ['at everything where its end was cut off', Buffer.alloc(9 * MIB, 0x20), ['']],
    ['at what stands in broken JSON', anEnvelope(anEvent({ repository: 'half/app' })).slice(0, -20), ['half/app']],
  ];
  for (const [name, body, expected] of cases) {
    test(name, async () => {
      const stack = await start(SECRET);
      assert.equal((await stack.send(body, { Authorization: SECRET })).status, 204);
      await stack.untilApplied();
      await eventually('a look', () => stack.looks, { until: ({ length }) => length >= expected.length });
      assert.deepEqual(stack.looks, expected);
      await stack.close();
    });
  }
  test('once where anybody may send it', async () => {
    const stack = await start(null);
    for (let index = 0; index < 5; index += 1) await stack.send('nonsense');
    await stack.send(named('team/app'));
    await stack.send(named('team/app'));
    await stack.untilApplied();
    await eventually('a look', () => stack.looks, { until: (looks) => looks.includes('team/app') });
    assert.deepEqual(stack.looks, ['', 'team/app']);
    await stack.close();
  });
});

test('all of ten thousand events are read, and told to the index', async () => {
  const stack = await start(SECRET);
  const sent = Array.from({ length: 10_000 }, (_, index) => {
    const event = anEvent({ id: `many ${index}`, repository: `team/r${index % 50}` });
    return { ...event, request: undefined, source: undefined };
  });
  const body = JSON.stringify({ events: sent });
  assert.ok(body.length < 8 * MIB);
  assert.equal((await stack.send(body, { Authorization: SECRET })).status, 204);
  await eventually('all are applied', () => stack.applied.length, { until: (count) => count === sent.length });
  const [envelope] = await stack.opened.db.selectFrom('envelopes').select(['state', 'event_count']).execute();
  assert.deepEqual(envelope, { state: 'parsed', event_count: 10_000 });
  await stack.close();
});

describe('bodies that do not end', () => {
  const budget = { maxBytes: 1024 * 1024, maxBytesPerAddress: 512 * 1024 };
  const head = `POST /api/notification HTTP/1.1\r\nHost: a\r\nContent-Type: ${EVENTS_V2}\r\nContent-Length: ${8 * MIB}\r\n\r\n`;
  const part = Buffer.alloc(64 * 1024, 0x20);

  interface Holder {
    readonly socket: Socket;
    readonly answer: () => string;
  }

  async function hold(stack: Stack, localAddress: string): Promise<Holder> {
    const { port } = new URL(stack.url);
    let answer = '';
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress });
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.write(head);
    await new Promise<void>((resolve) => socket.write(part, () => resolve()));
    return { socket, answer: () => answer };
  }

  async function holdMany(stack: Stack, addresses: readonly string[]): Promise<readonly Holder[]> {
    return Promise.all(addresses.map((address) => hold(stack, address)));
  }
  const refused = (holders: readonly Holder[]) => holders.filter(({ answer }) => answer() !== '');

  test('of one address hold no more than its part, and others get in', async () => {
    const stack = await start(null, {}, budget);
    const holders = await holdMany(stack, Array<string>(60).fill('127.0.0.2'));
    await eventually('the rest is refused', () => refused(holders).length, { until: (count) => count >= 52 });
    for (const { answer } of refused(holders)) {
      assert.match(answer(), /^HTTP\/1\.1 503 /);
      assert.match(answer(), /\r\nRetry-After: 1\r\n/);
    }
    assert.ok(stack.endpoint.heldBytes() > 0);
    assert.ok(stack.endpoint.heldBytes() <= budget.maxBytesPerAddress);
    assert.equal((await stack.send(anEnvelope(anEvent()))).status, 204);
    for (const { socket } of holders) socket.destroy();
    await eventually('nothing is held', stack.endpoint.heldBytes, { until: (bytes) => bytes === 0 });
    await stack.close();
  });

  test('of many addresses hold no more than all may, and what was refused is taken later', async () => {
    const stack = await start(null, {}, budget);
    const holders = await holdMany(
      stack,
      Array.from({ length: 60 }, (_, index) => `127.0.0.${2 + (index % 6)}`),
    );
    await eventually('the rest is refused', () => refused(holders).length, { until: (count) => count >= 44 });
    assert.ok(stack.endpoint.heldBytes() <= budget.maxBytes);
    const event = { ...anEvent({ id: 'later' }), padding: 'x'.repeat(200_000) };
    assert.equal((await stack.send(anEnvelope(event))).status, 503);
    for (const { socket } of holders) socket.destroy();
    await eventually('nothing is held', stack.endpoint.heldBytes, { until: (bytes) => bytes === 0 });
    assert.equal((await stack.send(anEnvelope(event))).status, 204);
    await stack.close();
  });

  test('count what a small one unpacks to', async () => {
    const stack = await start(null, {}, budget);
    const headers = { 'Content-Encoding': 'gzip' };
    assert.equal((await stack.send(gzipSync(Buffer.alloc(4 * MIB)), headers)).status, 503);
    assert.equal(stack.endpoint.heldBytes(), 0);
    await stack.close();
  });
});

describe('the list of events', () => {
  let stack: Stack;
  before(async () => {
    stack = await start(null);
    const { db } = stack.opened;
    for (const repository of ['team/app', 'team/web', 'secret/app']) {
      for (let index = 0; index < 5; index += 1) {
        const timestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString();
        await stack.send(anEnvelope(anEvent({ repository, tag: `v${index}`, timestamp, actor: `user${index}` })));
      }
      await db.insertInto('repositories').values({ name: repository, first_seen_at: 1 }).execute();
    }
    await db.insertInto('visibilities').values({ id: 2, patterns: '1', last_used_at: 0 }).execute();
    const named = db.selectFrom('repositories').select('id').where('name', 'like', 'team/%');
    for (const { id } of await named.execute()) {
      await db.insertInto('visible_repositories').values({ visibility_id: 2, repository_id: id }).execute();
    }
    await stack.untilApplied();
  });
  after(() => stack.close());
  const list = (filter: object) =>
    createEventStore(stack.opened.db, isVisibleName).list({ visible: everything, ...filter });
  const repositories = async (filter: object) => [...new Set((await list(filter)).rows.map((row) => row.repository))];

  test('shows what the viewer may pull', async () => {
    assert.deepEqual((await repositories({})).sort(), ['secret/app', 'team/app', 'team/web']);
    assert.deepEqual((await repositories({ visible: { all: false, id: 2 } })).sort(), ['team/app', 'team/web']);
    assert.deepEqual(await repositories({ visible: { all: false, id: 0 } }), []);
  });
  test('filters by part of a name, glob, user and action', async () => {
    assert.deepEqual(await repositories({ repository: 'web' }), ['team/web']);
    assert.deepEqual((await repositories({ repository: 'team/*' })).sort(), ['team/app', 'team/web']);
    assert.deepEqual(await repositories({ repository: '%' }), []);
    assert.equal((await list({ user: 'user3' })).rows.length, 3);
    assert.equal((await list({ action: 'delete' })).rows.length, 0);
  });
  test('pages by key, newest first, each event once', async () => {
    const seen: number[] = [];
    let after: string | undefined;
    do {
      const page = await list({ after, limit: 4 });
      seen.push(...page.rows.map((row) => row.id));
      after = page.next;
    } while (after !== undefined);
    assert.equal(seen.length, 15);
    assert.equal(new Set(seen).size, 15);
  });
  test('tells how events arrive', async () => {
    const arrivals = await createEventStore(stack.opened.db, isVisibleName).arrivals();
    assert.ok(arrivals.lastReceivedAt);
    assert.equal(arrivals.lastVerifiedAt, undefined);
    assert.equal(arrivals.quarantined, 0);
  });
});

for (const version of ['2.8.2', '3.1.1'] as const) {
  test(`registry ${version}: a push arrives within a second`, { skip: await registrySkip(version) }, async () => {
    const stack = await start(SECRET);
    const notifications = { url: stack.url, headers: { Authorization: [`Bearer ${SECRET}`] } };
    const registry = await startRegistry({ version, notifications });
    try {
      const image = await pushImage(registry.url, 'team/real', 'v1');
      await eventually('the push', () => stack.applied, {
        until: (events) => events.some((event) => event.digest === image.digest && event.tag === 'v1'),
        timeoutMs: 1000,
      });
    } finally {
      await registry.stop();
      await stack.close();
    }
  });
}

test('what is set aside can be read and dismissed once, and that is in the audit', async () => {
  const stack = await start(SECRET);
  const audit = createAudit(stack.opened.db);
  const aside = createQuarantine(stack.opened.db, audit);
  const half = anEnvelope(anEvent({ id: 'read' }), anEvent()).slice(0, -10);
  for (const body of ['first \u001b[31m', half, anEnvelope(anEvent())])
    await stack.send(body, { Authorization: SECRET });
  await stack.untilApplied();
  const page = await aside.list({ limit: 1 });
  const [row] = page.rows;
  assert.equal(row?.eventCount, 1);
  assert.match(row?.reason ?? '', /not JSON/);
  assert.equal(row?.source, '127.0.0.1');
  const rest = await aside.list({ limit: 1, before: page.next });
  assert.deepEqual([rest.rows[0]?.text, rest.next], ['first \u{fffd}[31m', undefined]);
  const who = { ...COMMAND_LINE, name: 'ann', address: '192.0.2.1' };
  await aside.dismiss(who, row?.id ?? 0);
  await assert.rejects(aside.dismiss(who, row?.id ?? 0), { code: 'NOT_FOUND' });
  assert.equal((await aside.list({ limit: 10 })).rows.length, 1);
  const { entries } = await audit.list({ limit: 10 });
  assert.deepEqual(
    entries.map(({ action, actor, outcome }) => [action, actor, outcome]),
    [['event.dismiss', 'ann', 'ok']],
  );
  await stack.close();
});

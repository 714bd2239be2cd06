/** A registry whose clock runs ahead, or says nothing sensible, does not put its events above all that come after them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isVisibleName } from '../../server/catalog/visibility/visibility.ts';
import { createEventStore } from '../../server/notifications/events.ts';
import { SECRET, type Stack, start } from '../support/app/receiver-stack.ts';
import { insertEvents } from '../support/data/event-rows.ts';
import { anEnvelope, anEvent } from '../support/registry/events.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
let now = NOW;
let stack: Stack;
before(async () => {
  stack = await start(SECRET, { now: () => now });
});
after(() => stack?.close());

const iso = (ms: number) => new Date(ms).toISOString();
const everything = { all: true } as const;
const list = (filter: object = {}) =>
  createEventStore(stack.opened.db, isVisibleName).list({ visible: everything, ...filter });

async function send(tag: string, timestamp: string, repository = 'team/app'): Promise<void> {
  const answer = await stack.send(anEnvelope(anEvent({ tag, timestamp, repository })), { Authorization: SECRET });
  assert.equal(answer.status, 204);
  await stack.untilApplied();
}

const cases = [
  ['an hour ago', iso(NOW - HOUR_MS), NOW - HOUR_MS],
  ['now', iso(NOW), NOW],
  ['a millisecond ahead', iso(NOW + 1), NOW],
  ['an hour ahead', iso(NOW + HOUR_MS), NOW],
  ['the end of all calendars', '9999-12-31T23:59:59Z', NOW],
  ['ahead in another zone', '2026-03-01T23:00:00+02:00', NOW],
  ['of another zone, but past', '2026-03-01T13:00:00+02:00', NOW - HOUR_MS],
  ['before all clocks', '0001-01-01T00:00:00Z', NOW],
  ['no time', 'soon', NOW],
] as const;
for (const [name, timestamp, at] of cases) {
  test(`the time of an event: ${name}`, async () => {
    now = NOW;
    const repository = `times/${name.replace(/\W+/g, '-')}`;
    await send('v1', timestamp, repository);
    const [event] = (await list({ inRepository: repository })).rows;
    assert.deepEqual([event?.at, event?.receivedAt], [at, NOW]);
  });
}

test('what comes later stands above what came from the future', async () => {
  now = NOW;
  await send('ahead', iso(NOW + 30 * 24 * HOUR_MS), 'order/app');
  now = NOW + 1000;
  await send('next', iso(NOW + 1000), 'order/app');
  const { rows } = await list({ inRepository: 'order/app' });
  assert.deepEqual(
    rows.map(({ tag }) => tag),
    ['next', 'ahead'],
  );
});

test('what an earlier version stored ahead of its time is shown as of when it came, and pages leave out nothing', async () => {
  await insertEvents(stack.opened.db, [
    { at: NOW + HOUR_MS, received_at: NOW, tag: 'ahead', repository: 'earlier/app' },
    { at: NOW - HOUR_MS, received_at: NOW, tag: 'past', repository: 'earlier/app' },
  ]);
  const filter = { inRepository: 'earlier/app', limit: 1 };
  const first = await list(filter);
  const second = await list({ ...filter, after: first.next });
  assert.deepEqual(
    [...first.rows, ...second.rows].map(({ tag, at }) => [tag, at]),
    [
      ['ahead', NOW],
      ['past', NOW - HOUR_MS],
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPortions } from '../../../server/notifications/envelope.ts';
import { anEnvelope, anEvent } from '../../support/registry/events.ts';

function parse(body: string | Buffer) {
  const portions = [...readPortions(Buffer.from(body), 1000)];
  return { events: portions.flatMap(({ events }) => events), error: portions.at(-1)?.error, portions };
}

const only = (event: unknown) => parse(anEnvelope(event)).events[0];

test('reads an event as the registry sends it', () => {
  const event = only(anEvent({ id: 'x', tag: 'v1', timestamp: '2026-01-02T03:04:05.678901234Z' }));
  assert.equal(event?.eventId, 'x');
  assert.equal(event?.at, Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  assert.equal(event?.repository, 'team/app');
  assert.equal(event?.tag, 'v1');
  assert.equal(event?.actor, 'ann');
  assert.equal(event?.ofManifest, true);
});

const addresses = [
  ['192.0.2.7:43210', '192.0.2.7'],
  ['192.0.2.7', '192.0.2.7'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['[::ffff:192.0.2.7]:80', '192.0.2.7'],
  ['', ''],
] as const;
for (const [sent, address] of addresses) {
  test(`reads the address ${sent}`, () => assert.equal(only(anEvent({ address: sent }))?.address, address));
}

test('an event without actor is anonymous', () => assert.equal(only(anEvent({ actor: '' }))?.actor, ''));
test('an unknown action is kept', () => assert.equal(only(anEvent({ action: 'sign' }))?.action, 'sign'));
test('an unreadable time becomes the time of arrival', () => {
  assert.equal(only(anEvent({ timestamp: 'yesterday' }))?.at, 1000);
});
test('a missing id becomes the same hash on every retry', () => {
  const { id: _, ...nameless } = anEvent();
  const first = only(nameless)?.eventId;
  assert.match(first ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.equal(only(nameless)?.eventId, first);
});

const blobs = [
  { mediaType: 'application/octet-stream' },
  { mediaType: '', url: 'http://registry/v2/team/app/blobs/sha256:1' },
  { mediaType: '', url: 'http://registry/v2/team/manifests/app/blobs/sha256:1' },
  { action: 'mount' },
] as const;
for (const options of blobs) {
  test(`is no manifest: ${JSON.stringify(options)}`, () => assert.equal(only(anEvent(options))?.ofManifest, false));
}

const manifestUrls = [
  'http://registry/v2/team/blobs/app/manifests/sha256:1',
  'http://registry/v2/blobs/blobs/manifests/sha256:1',
  `http://registry/v2/${'a/'.repeat(120)}blobs/app/manifests/sha256:1`,
];
for (const url of manifestUrls) {
  test(`is a manifest: ${url.slice(0, 60)}`, () => assert.equal(only(anEvent({ url }))?.ofManifest, true));
}
test('a delete of a tag names neither type nor digest', () => {
  const event = only({
    id: 'd',
    action: 'delete',
    target: { repository: 'team/app', tag: 'v1', mediaType: '', digest: '' },
  });
  assert.deepEqual([event?.ofManifest, event?.tag, event?.digest], [true, 'v1', null]);
});
test('a delete of a repository names only that', () => {
  const event = only({ id: 'd', action: 'delete', target: { repository: 'team/app' } });
  assert.deepEqual([event?.repository, event?.tag, event?.digest], ['team/app', null, null]);
});

const odd: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /not JSON/],
  ['half an envelope', '{"events":[{"id":"x"', /not JSON/],
  ['a list that never ends', '{"events":[', /not JSON/],
  ['a text that never ends', '{"events":["', /not JSON/],
  ['a list of that name further down', '{"a":{"events":[]}}', /no list of events/],
  ['depth within an event', `{"events":[${'['.repeat(100)}`, /deep/],
  ['half a million keys in an event', `{"events":[{${'"a":1,'.repeat(500_000)}"b":1}]}`, /too many/],
  ['HTML', '<html>', /not JSON/],
  ['a list', '[]', /no list of events/],
  ['null', 'null', /no list of events/],
  ['events that are no list', '{"events":{}}', /no list of events/],
  ['an event that is a number', '{"events":[7]}', /no object/],
  ['no action', anEnvelope(anEvent({ action: '' })), /without action/],
  ['a path as repository', anEnvelope(anEvent({ repository: '../etc' })), /repository name/],
  ['depth', '['.repeat(1_000_000), /deep/],
  ['half a million keys', `{${'"a":1,'.repeat(500_000)}"b":1}`, /too many/],
];
for (const [name, body, reason] of odd) {
  test(`keeps aside: ${name}`, () => {
    const { events, error } = parse(body);
    assert.equal(events.length, 0);
    assert.match(error ?? '', reason);
  });
}

test('what is good beside something odd is read', () => {
  const { events, error } = parse(anEnvelope(anEvent(), 'odd', anEvent()));
  assert.equal(events.length, 2);
  assert.ok(error);
});
test('hostile names lose control characters and length', () => {
  const event = only(anEvent({ actor: `a\u0000\u001b[31m\r\nb\ud800${'x'.repeat(5000)}` }));
  assert.equal(event?.actor.startsWith('a[31mbx'), true);
  assert.ok((event?.actor.length ?? 0) <= 256);
});
test('keys of prototypes change nothing', () => {
  parse('{"__proto__":{"events":[]},"events":[{"__proto__":{"action":"push"},"constructor":{"prototype":{"x":1}}}]}');
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

for (const count of [0, 1, 199, 200, 201, 501, 10_000]) {
  test(`reads all of ${count} events, some at a time`, () => {
    const sent = Array.from({ length: count }, (_, index) => anEvent({ id: `e${index}` }));
    const { events, error, portions } = parse(anEnvelope(...sent));
    assert.equal(error, undefined);
    assert.deepEqual(
      events.map(({ eventId }) => eventId),
      sent.map(({ id }) => id),
    );
    assert.ok(portions.every((portion) => portion.events.length <= 200));
    assert.deepEqual(
      portions.map(({ isLast }) => isLast),
      portions.map((_, index) => index === portions.length - 1),
    );
  });
}
test('brackets, commas and quotes within texts part nothing', () => {
  const actor = '],[{"events":[\\"}, ,';
  assert.equal(only(anEvent({ actor }))?.actor, actor);
});
test('what stands before a missing end is read', () => {
  const { events, error } = parse(anEnvelope(anEvent(), anEvent()).slice(0, -10));
  assert.equal(events.length, 1);
  assert.match(error ?? '', /not JSON/);
});

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { isLoopback } from '../../../server/config/host-name.ts';
import { canonicalAddress, createOriginOf } from '../../../server/http/client-address.ts';

function request(peer: string, headers: Record<string, string> = {}, encrypted = false): IncomingMessage {
  return { socket: { remoteAddress: peer, encrypted }, headers } as unknown as IncomingMessage;
}

const canonical = [
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[2001:DB8::1]', '2001:db8::1'],
  ['192.168.1.4', '192.168.1.4'],
] as const;
for (const [given, wanted] of canonical) {
  test(`${given} is ${wanted}`, () => assert.equal(canonicalAddress(given), wanted));
}

test('loopback is 127.0.0.0/8 and ::1', () => {
  assert.deepEqual(['127.0.0.1', '127.9.9.9', '::1', '10.0.0.1', '::2'].map(isLoopback), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('forwarding headers of an untrusted peer have no effect', () => {
  const origin = createOriginOf([])(
    request('203.0.113.9', {
      host: 'ui.example',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
    }),
  );
  assert.deepEqual(origin, { address: '203.0.113.9', secure: false, host: 'ui.example' });
});

const chains = [
  ['10.0.0.2', '198.51.100.4', '198.51.100.4'],
  ['10.0.0.2', '1.2.3.4, 198.51.100.4', '198.51.100.4'],
  ['10.0.0.2', '1.2.3.4, 198.51.100.4, 10.0.0.3', '198.51.100.4'],
  ['10.0.0.2', '198.51.100.4:5123', '198.51.100.4'],
  ['10.0.0.2', '[2001:db8::5]:443', '2001:db8::5'],
  ['::ffff:10.0.0.2', '2001:db8::5', '2001:db8::5'],
  ['10.0.0.2', '1.2.3.4, nonsense', '10.0.0.2'],
  ['10.0.0.2', '', '10.0.0.2'],
  ['10.0.0.2', '10.0.0.3, 10.0.0.4', '10.0.0.3'],
  ['192.0.2.1', '1.2.3.4', '192.0.2.1'],
] as const;
for (const [peer, list, wanted] of chains) {
  test(`peer ${peer} forwarding "${list}" is the client ${wanted}`, () => {
    const originOf = createOriginOf(['10.0.0.0/8', '2001:db8:ffff::/48']);
    assert.equal(originOf(request(peer, { 'x-forwarded-for': list })).address, wanted);
  });
}

test('a trusted proxy says scheme and host; the last one counts', () => {
  const headers = {
    host: 'inner:8090',
    'x-forwarded-proto': 'http, https',
    'x-forwarded-host': 'a.example, b.example',
  };
  const origin = createOriginOf(['10.0.0.2'])(request('10.0.0.2', headers));
  assert.deepEqual([origin.secure, origin.host], [true, 'b.example']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesAddress, parseAddressPattern } from '../../../server/access/address.ts';

const table = [
  ['*', '10.0.0.1', true],
  ['**', '2001:db8::1', true],
  ['10.0.0.5', '10.0.0.5', true],
  ['10.0.0.5', '10.0.0.50', false],
  ['10.0.0.0/8', '10.255.1.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.9.9.9/8', '10.1.1.1', true],
  ['192.168.*', '192.168.1.100', true],
  ['192.168.*', '192.160.1.1', false],
  ['192.*', '127.0.0.1', false],
  ['192.168.{1,2}.*', '192.168.2.9', true],
  ['10.0.[0-9].*', '10.0.5.1', true],
  ['2001:DB8::/32', '2001:db8:1::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['2001:db8::/32', '10.0.0.1', false],
  ['0.0.0.0/0', '::1', false],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['2001:db8:0:0::1', '2001:db8::1', true],
  ['2001:DB8::*', '2001:db8:0:0:0:0:0:7', true],
  ['::ffff:10.0.0.0/104', '10.3.4.5', true],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
  ['*', '', true],
  ['10.0.0.0/8', 'unknown', false],
] as const;
for (const [pattern, address, expected] of table) {
  test(`${pattern} ${expected ? 'holds' : 'does not hold'} ${address || '(none)'}`, () => {
    assert.equal(matchesAddress(parseAddressPattern(pattern), address), expected);
  });
}

const malformed = [
  '',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '2001:db8::/129',
  '10.*/8',
  'localhost',
  '10.0.0',
  '[',
  '*{',
];
malformed.push('::ffff:10.0.0.0/90', '10.0.0.0/-1');
for (const pattern of malformed) {
  test(`refuses ${pattern || '(empty)'}`, () => {
    assert.throws(() => parseAddressPattern(pattern), { code: 'INVALID', field: 'address' });
  });
}

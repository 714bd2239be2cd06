import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExpiringMap } from '../../../server/accounts/expiring-map.ts';
import { createThrottle, networkOf, type Throttle } from '../../../server/accounts/throttle.ts';
import { monotonic } from '../../../server/clock.ts';

const networks = [
  ['10.1.2.3', '10.1.2.0/24'],
  ['10.1.2.250', '10.1.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
] as const;
for (const [address, network] of networks) {
  test(`${address} belongs to ${network}`, () => assert.equal(networkOf(address), network));
}

async function guess(throttle: Throttle, account: string, address: string, times: number): Promise<number> {
  let allowed = 0;
  for (let count = 0; count < times; count += 1) {
    if ((await throttle.take(account, address)).allowed) allowed += 1;
  }
  return allowed;
}

test('allows ten guesses a minute per account and network', async () => {
  const throttle = createThrottle(monotonic);
  assert.equal(await guess(throttle, 'anna', '10.0.0.1', 15), 10);
  const turn = await throttle.take('anna', '10.0.0.77');
  assert.equal(turn.allowed, false);
  assert.ok(!turn.allowed && turn.retryAfterSeconds >= 1 && turn.retryAfterSeconds <= 60);
});

test('does not lock out the same account elsewhere, nor another account here', async () => {
  const throttle = createThrottle(monotonic);
  await guess(throttle, 'anna', '10.0.0.1', 20);
  assert.equal((await throttle.take('anna', '10.0.1.1')).allowed, true);
  assert.equal((await throttle.take('bob', '10.0.0.1')).allowed, true);
});

test('an address that signed in before keeps its own count', async () => {
  const throttle = createThrottle(monotonic);
  throttle.succeeded('anna', '10.0.0.9');
  await guess(throttle, 'anna', '10.0.0.1', 20);
  assert.equal((await throttle.take('anna', '10.0.0.9')).allowed, true);
  assert.equal(await guess(throttle, 'anna', '10.0.0.9', 20), 9);
});

test('one network cannot try one password on very many accounts', async () => {
  const throttle = createThrottle(monotonic);
  let allowed = 0;
  for (let account = 0; account < 150; account += 1) {
    if ((await throttle.take(`user${account}`, '10.0.0.1')).allowed) allowed += 1;
  }
  assert.equal(allowed, 100);
  assert.equal((await throttle.take('anna', '10.0.1.1')).allowed, true);
});

test('a refused guess uses up nothing, a refunded one neither', async () => {
  const throttle = createThrottle(monotonic);
  for (let count = 0; count < 30; count += 1) {
    const turn = await throttle.take('anna', '10.0.0.1');
    assert.equal(turn.allowed, true);
    if (turn.allowed) await turn.refund();
  }
});

test('remembered values end with their time, and when there are too many', () => {
  let time = 1000;
  const map = createExpiringMap<number>({ lifetimeMs: 60, most: 2, clock: () => time });
  map.set('a', 1);
  assert.equal(map.get('a'), 1);
  time = 1060;
  assert.equal(map.get('a'), undefined);
  for (const key of ['c', 'd', 'e']) map.set(key, 3);
  assert.deepEqual([map.get('c'), map.get('d'), map.get('e'), map.size()], [undefined, 3, 3, 2]);
  map.removeWhere((value) => value === 3);
  assert.equal(map.size(), 0);
});

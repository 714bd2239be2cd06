import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createThrottle, networkOf, type Throttle, type ThrottleResult } from '../../../server/accounts/throttle.ts';

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

let time = 0;
beforeEach(() => {
  time = 0;
});

interface Guesses {
  readonly account?: string;
  readonly address?: string;
  readonly isKnownAddress?: boolean;
  readonly times: number;
}

/** How many of so many guesses are tried at once; the others are left as they are. */
async function guess(throttle: Throttle, { times, ...options }: Guesses): Promise<number> {
  const turns: ThrottleResult[] = [];
  for (let count = 0; count < times; count += 1) {
    turns.push(await throttle.take({ account: 'anna', address: '10.0.0.1', isKnownAddress: false, ...options }));
  }
  return turns.filter((turn) => turn.allowed && !turn.isSlow).length;
}

test('ten guesses a minute per account and network are tried at once', async () => {
  const throttle = createThrottle(() => time);
  assert.equal(await guess(throttle, { times: 15 }), 10);
  const turn = await throttle.take({ account: 'anna', address: '10.0.0.77', isKnownAddress: false });
  assert.ok(turn.allowed && turn.isSlow);
  assert.ok(turn.retryAfterSeconds >= 1 && turn.retryAfterSeconds <= 60);
});

test('what exceeds the limit is tried one after the other, and after a hundred in an hour still further apart', async () => {
  const throttle = createThrottle(() => time);
  const waits: number[] = [];
  for (let count = 0; count < 103; count += 1) {
    const turn = await throttle.take({ account: 'anna', address: '10.0.0.1', isKnownAddress: false });
    assert.ok(turn.allowed);
    waits.push(turn.waitMs);
    time += turn.waitMs;
  }
  assert.deepEqual(waits.slice(9, 14), [0, 0, 250, 250, 250]);
  assert.deepEqual(waits.slice(-3), [250, 2000, 2000]);
});

test('no more wait for their turn than a client waits for its answer', async () => {
  const throttle = createThrottle(() => time);
  await guess(throttle, { times: 10 });
  const turns = await Promise.all(
    Array.from({ length: 80 }, () => throttle.take({ account: 'anna', address: '10.0.0.1', isKnownAddress: false })),
  );
  const waiting = turns.flatMap((turn) => (turn.allowed ? [turn.waitMs] : []));
  assert.ok(Math.max(...waiting) <= 10_000);
  assert.ok(waiting.length >= 40 && waiting.length < 60, String(waiting.length));
  // A neighbour of the same network does not stand behind them.
  const neighbour = await throttle.take({ account: 'anna', address: '10.0.0.77', isKnownAddress: false });
  assert.ok(neighbour.allowed && neighbour.waitMs === 0);
});

test('does not slow down the same account elsewhere, nor another account here', async () => {
  const throttle = createThrottle(() => time);
  await guess(throttle, { times: 20 });
  assert.equal(await guess(throttle, { address: '10.0.1.1', times: 1 }), 1);
  assert.equal(await guess(throttle, { account: 'bob', times: 1 }), 1);
});

test('an address that signed in before keeps its own count', async () => {
  const throttle = createThrottle(() => time);
  await guess(throttle, { times: 20 });
  assert.equal(await guess(throttle, { address: '10.0.0.9', isKnownAddress: true, times: 20 }), 10);
});

test('one network cannot try one password on very many accounts at once', async () => {
  const throttle = createThrottle(() => time);
  const all = Array.from({ length: 150 }, (_, at) => guess(throttle, { account: `user${at}`, times: 1 }));
  const atOnce = (await Promise.all(all)).reduce((sum, count) => sum + count, 0);
  assert.equal(atOnce, 100);
  const newcomer = await throttle.take({ account: 'newcomer', address: '10.0.0.1', isKnownAddress: false });
  assert.ok(newcomer.allowed && newcomer.waitMs === 0);
  assert.equal(await guess(throttle, { address: '10.0.1.1', times: 1 }), 1);
});

test('a refunded guess uses up nothing', async () => {
  const throttle = createThrottle(() => time);
  for (let count = 0; count < 30; count += 1) {
    const turn = await throttle.take({ account: 'anna', address: '10.0.0.1', isKnownAddress: false });
    assert.ok(turn.allowed && !turn.isSlow);
    await turn.refund();
  }
});

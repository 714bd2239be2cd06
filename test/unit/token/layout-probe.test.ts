import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeyPair } from 'jose';
import { createLogger } from '../../../server/log.ts';
import type { Layout, SigningKey } from '../../../server/token/keys.ts';
import { createLayoutProbe, type TokenHeader, type Trial } from '../../../server/token/layout-probe.ts';
import { quietBus } from '../../support/app/bus.ts';

const { privateKey } = await generateKeyPair('ES256');
const key = (layout: Layout): SigningKey => {
  const x5c = layout.endsWith('x5c') ? ['x'] : undefined;
  return { layout, algorithm: 'ES256', privateKey, kid: layout, x5c, notAfter: undefined };
};
const ALL = (['leaf-x5c', 'certificate-x5c', 'kid-rfc7638', 'kid-libtrust'] as const).map(key);
const LONE = ALL.slice(2);

function probeWith(
  keys: readonly SigningKey[],
  answer: (layout: string) => Trial,
  header: TokenHeader = 'auto',
  bus = quietBus(),
) {
  return createLayoutProbe({
    signingKeys: () => keys,
    header,
    mintWith: async ({ layout }) => layout,
    tryToken: async (token) => answer(token),
    now: () => 0,
    clock: () => 0,
    log: createLogger('silent'),
    bus,
  });
}

test('before anything was tried: x5c with a certificate, else what 2.x reads', () => {
  assert.equal(probeWith(ALL, () => 'refused').status().layout, 'leaf-x5c');
  assert.equal(probeWith(LONE, () => 'refused').status().layout, 'kid-libtrust');
});
for (const { layout } of ALL) {
  test(`keeps ${layout} when that is what the registry takes`, async () => {
    const probe = probeWith(ALL, (tried) => (tried === layout ? 'accepted' : 'refused'));
    const status = await probe.probe();
    probe.close();
    assert.deepEqual(
      [status.layout, status.state, status.tried.length],
      [layout, 'accepted', ALL.findIndex((one) => one.layout === layout) + 1],
    );
  });
}
test('a registry that does not answer changes nothing', async () => {
  let answer: Trial = 'accepted';
  const probe = probeWith(LONE, (tried) => (answer === 'accepted' && tried === 'kid-libtrust' ? 'refused' : answer));
  await probe.probe();
  answer = 'unreachable';
  const status = await probe.probe();
  probe.close();
  assert.deepEqual([status.layout, status.state, status.tried.length], ['kid-rfc7638', 'unreachable', 1]);
});
test('a configured header is the only one tried', async () => {
  const probe = probeWith(ALL, () => 'refused', 'kid-rfc7638');
  const status = await probe.probe();
  probe.close();
  assert.deepEqual(status.tried, [{ layout: 'kid-rfc7638', result: 'refused' }]);
  assert.equal(status.layout, 'kid-rfc7638');
});
test('two probes at once are one', async () => {
  let calls = 0;
  const probe = probeWith(ALL, () => {
    calls += 1;
    return 'accepted';
  });
  await Promise.all([probe.probe(), probe.probe()]);
  probe.close();
  assert.equal(calls, 1);
});
test('that the registry takes our tokens is told once, and again after it did not', async () => {
  let answer: Trial = 'accepted';
  let toldCount = 0;
  const bus = quietBus();
  bus.subscribe('token-accepted', () => {
    toldCount += 1;
  });
  const probe = probeWith(ALL, () => answer, 'auto', bus);
  const told: number[] = [];
  for (answer of ['accepted', 'accepted', 'refused', 'accepted'] as const) {
    await probe.probe();
    told.push(toldCount);
  }
  probe.close();
  assert.deepEqual(told, [1, 1, 1, 2]);
});

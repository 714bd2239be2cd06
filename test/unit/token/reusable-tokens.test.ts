import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReusableTokens, type SignedToken } from '../../../server/token/reusable-tokens.ts';

const SIGNED_AT = 1_800_000_000;
const signed = (lifetimeSeconds: number, token = 'a.b.c'): SignedToken => ({
  ...{ token, id: token, issuedAt: SIGNED_AT, expiresInSeconds: lifetimeSeconds },
});

/** Signed 0.4 s after a full second, as a clock is wherever it is. */
function keptOnce(token: SignedToken) {
  let [wallMs, monotonicMs] = [SIGNED_AT * 1000 + 400, 5000];
  const kept = createReusableTokens({
    share: 0.1,
    minRemainingSeconds: 60,
    now: () => wallMs,
    clock: () => monotonicMs,
  });
  kept.set('name', token);
  return {
    kept,
    pass: (wall: number, monotonic: number) => {
      [wallMs, monotonicMs] = [wallMs + wall, monotonicMs + monotonic];
    },
  };
}

// [what passed on the wall clock, on the clock nobody sets, lifetime, what `expires_in` says or undefined: a new token]
const cases = [
  ['at once', 0, 0, 900, 900],
  ['in the next second', 600, 600, 900, 899],
  ['just below a tenth of its life', 89_000, 89_000, 900, 811],
  ['at a tenth of its life', 90_000, 90_000, 900, undefined],
  ['the clock was set back to before it', -2000, 10, 900, undefined],
  ['the clock was set forward within the tenth', 50_000, 10, 900, 850],
  ['the clock was set far forward', 3_600_000, 10, 900, undefined],
  ['the clock was set back while it aged', 1000, 90_000, 900, undefined],
  ['the shortest lifetime, at once', 0, 0, 60, 60],
  ['the shortest lifetime, a second later: clients would use it too long', 1000, 1000, 60, undefined],
  ['a short lifetime', 5000, 5000, 66, 61],
  ['a day', 8_639_000, 8_639_000, 86_400, 77_761],
] as const;
for (const [name, wall, monotonic, lifetime, expected] of cases) {
  test(`handed out again: ${name}`, () => {
    const { kept, pass } = keptOnce(signed(lifetime));
    pass(wall, monotonic);
    assert.equal(kept.get('name')?.expiresInSeconds, expected);
  });
}

test('only under its own name, and not after everything was forgotten', () => {
  const { kept } = keptOnce(signed(900));
  assert.equal(kept.get('other'), undefined);
  assert.equal(kept.get('name')?.token, 'a.b.c');
  kept.clear();
  assert.equal(kept.get('name'), undefined);
});

test('memory stays bounded: by number, and by the length of what is kept', () => {
  const { kept } = keptOnce(signed(900));
  for (let index = 0; index < 5000; index += 1) kept.set(`n${index}`, signed(900));
  assert.deepEqual([kept.get('name'), kept.get('n4999')?.id], [undefined, 'a.b.c']);
  const long = signed(900, 'x'.repeat(30_000));
  for (let index = 0; index < 600; index += 1) kept.set(`long${index}`, long);
  const left = Array.from({ length: 600 }, (_, index) => kept.get(`long${index}`)).filter(Boolean);
  assert.ok(left.length > 100 && left.length * 30_000 <= 16_000_000, `${left.length} are kept`);
});

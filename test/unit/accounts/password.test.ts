import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createPasswordHasher, parsePassword } from '../../../server/accounts/password.ts';

const hasher = createPasswordHasher();
after(() => hasher.close());

const refused = [
  ['1234567', 'password.short'],
  ['x'.repeat(73), 'password.long'],
  ['密'.repeat(25), 'password.long'],
  ['password', 'password.common'],
  ['PASSWORD123', 'password.common'],
  ['registry-web', 'password.common'],
  ['aaaaaaaaaaab', 'password.common'],
  ['annemarie', 'password.common'],
  ['AnneMarie2026!', 'password.common'],
  ['correct\0horse', 'password.nul'],
] as const;
for (const [text, key] of refused) {
  test(`refuses ${JSON.stringify(text.slice(0, 16))}: ${key}`, () => {
    assert.throws(() => parsePassword(text, { username: 'annemarie' }), { code: 'INVALID', field: 'password', key });
  });
}

for (const text of ['tr0ub4dor&3', ' leading and trailing ', 'a:b:c:d:e', 'x1y'.repeat(24), '红烧牛肉面真好吃']) {
  test(`takes ${JSON.stringify(text.slice(0, 24))} as it is`, () => assert.equal(parsePassword(text), text));
}

test('letters that can be encoded in two ways are the same password', async () => {
  const composed = 'caf\u00e9-caf\u00e9';
  const decomposed = 'cafe\u0301-cafe\u0301';
  assert.equal(parsePassword(decomposed), composed);
  assert.equal(await hasher.verify(decomposed, await hasher.hash(composed)), true);
});

test('hashes in the format of htpasswd, at cost 10, and verifies byte for byte', async () => {
  const hash = await hasher.hash('Correct horse ');
  assert.match(hash, /^\$2b\$10\$/);
  assert.equal(await hasher.verify('Correct horse ', hash), true);
  assert.equal(await hasher.verify('Correct horse', hash), false);
  assert.equal(await hasher.verify('correct horse ', hash), false);
});

test('verifies what htpasswd -B writes', async () => {
  const hash = (await hasher.hash('tr0ub4dor&3')).replace('$2b$', '$2y$');
  assert.equal(await hasher.verify('tr0ub4dor&3', hash), true);
});

test('never cuts a password: neither at 72 bytes nor at a NUL', async () => {
  const long = 'x1y'.repeat(24);
  const hash = await hasher.hash(long);
  assert.equal(await hasher.verify(long, hash), true);
  assert.equal(await hasher.verify(`${long}z`, hash), false);
  assert.equal(await hasher.verify('tr0ub4dor\0tr0ub4dor', await hasher.hash('tr0ub4dor')), false);
});

for (const hash of ['', 'plain', '{SHA}abc', '$2b$10$short']) {
  test(`is false for the hash ${hash || '(empty)'}`, async () => {
    assert.equal(await hasher.verify('tr0ub4dor&3', hash), false);
  });
}

test('refuses what finds no place in the queue, and recovers', async () => {
  const busy = createPasswordHasher();
  const hash = '$2b$04$'.padEnd(60, 'x');
  const results = await Promise.allSettled(Array.from({ length: 408 }, () => busy.verify('x', hash)));
  const failures = results.filter((result) => result.status === 'rejected');
  assert.equal(failures.length, 6);
  for (const failure of failures) assert.equal(failure.reason.code, 'UNAVAILABLE');
  assert.ok(failures[0]?.reason.retryAfterSeconds > 0);
  assert.equal(await busy.verify('x', hash), false);
  await busy.close();
});

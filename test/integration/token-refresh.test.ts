/** Refresh tokens, where the configuration turns them on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  addPeople,
  basic,
  claimsOf,
  PASSWORDS,
  SERVICE,
  startTokenStack,
  type TokenStack,
} from '../support/app/token-stack.ts';

let stack: TokenStack;
before(async () => {
  stack = await startTokenStack({ auth: { refresh_tokens: true } });
  await addPeople(stack);
});
after(() => stack?.stop());

interface Body {
  readonly access_token: string;
  readonly refresh_token?: string;
}

async function post(form: Record<string, string>): Promise<{ status: number; body: Body }> {
  const response = await fetch(stack.realm, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, body: (await response.json()) as Body };
}

const password = { grant_type: 'password', username: 'alice', password: PASSWORDS.alice };
const redeem = (refreshToken = '', more = {}) =>
  post({ grant_type: 'refresh_token', refresh_token: refreshToken, ...more });

async function refreshToken(): Promise<string> {
  return (await post({ ...password, access_type: 'offline' })).body.refresh_token ?? '';
}

test('docker login gets a refresh token when it asks for one', async () => {
  const ask = async (query: string) => {
    const response = await fetch(`${stack.realm}?service=${SERVICE}${query}`, { headers: basic('alice') });
    return ((await response.json()) as Body).refresh_token;
  };
  assert.equal(await ask(''), undefined);
  assert.ok(((await ask('&offline_token=true')) ?? '').length >= 26);
});
test('a form gets a refresh token when it asks for one', async () => {
  assert.equal((await post(password)).body.refresh_token, undefined);
  assert.notEqual(await refreshToken(), '');
});
test('a refresh token stands for its owner, within the scope asked', async () => {
  const { status, body } = await redeem(await refreshToken(), { scope: 'repository:team/app:pull' });
  assert.equal(status, 200);
  const { sub, access } = claimsOf(body.access_token);
  assert.deepEqual(
    { sub, access },
    { sub: 'alice', access: [{ type: 'repository', name: 'team/app', actions: ['pull'] }] },
  );
  assert.equal(body.refresh_token, undefined);
});
test('a refresh token of another service, or a made-up one, is refused', async () => {
  assert.equal((await redeem(await refreshToken(), { service: 'elsewhere' })).status, 400);
  assert.equal((await redeem('rwr_invented')).status, 401);
  const { refreshTokens } = stack;
  const alice = await stack.users.find('alice');
  const foreign = { userId: alice?.id ?? 0, passwordVersion: 1, service: 'elsewhere', clientId: '' };
  assert.equal((await redeem(await refreshTokens.issue(foreign))).status, 401);
});
test('a refresh token ends with the account and with the password', async () => {
  const alice = await stack.users.find('alice');
  const token = await refreshToken();
  await stack.users.setEnabled(alice?.id ?? 0, false);
  assert.equal((await redeem(token)).status, 401);
  await stack.users.setEnabled(alice?.id ?? 0, true);
  assert.equal((await redeem(token)).status, 401, 'what ended with the account does not come back with it');
  const next = await refreshToken();
  assert.equal((await redeem(next)).status, 200);
  await stack.users.setPassword(alice?.id ?? 0, await stack.hasher.hash('another-one'), { mustChange: false });
  assert.equal((await redeem(next)).status, 401);
});

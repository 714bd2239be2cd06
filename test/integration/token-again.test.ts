/** When the token endpoint hands out a token that it signed a moment ago, and when it must not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  addPeople,
  basic,
  basicOf,
  claimsOf,
  PASSWORDS,
  type Person,
  SERVICE,
  startTokenStack,
  type TokenStack,
} from '../support/app/token-stack.ts';

interface Body {
  readonly token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
}

interface Question {
  readonly person?: Person;
  readonly scope?: string;
  /** Which of the machine's loopback addresses asks. */
  readonly from?: string;
}

const TEAM_APP = 'repository:team/app:pull,push';
let aheadMs = 0;
let stack: TokenStack;
let userIds: Record<Person, number>;

async function ask({ person = 'alice', scope = TEAM_APP, from = '127.0.0.1' }: Question = {}): Promise<Body> {
  const url = new URL(`/api/auth?service=${SERVICE}&scope=${scope}`, stack.base.replace('localhost', '127.0.0.1'));
  const [response] = (await once(httpGet(url, { localAddress: from, headers: basic(person) }), 'response')) as [
    IncomingMessage,
  ];
  assert.equal(response.statusCode, 200);
  return JSON.parse(await text(response)) as Body;
}

async function statusOf(headers: Record<string, string>, scope = TEAM_APP): Promise<number> {
  const response = await fetch(`${stack.realm}?service=${SERVICE}&scope=${scope}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

before(async () => {
  stack = await startTokenStack({ auth: { refresh_tokens: true }, now: () => Date.now() + aheadMs });
  await addPeople(stack);
  const ids = Object.keys(PASSWORDS).map(async (name) => [name, (await stack.users.find(name))?.id ?? 0] as const);
  userIds = Object.fromEntries(await Promise.all(ids)) as Record<Person, number>;
});
after(() => stack?.stop());
// Each test begins with nothing that is young enough.
beforeEach(() => {
  aheadMs += 100_000;
});

const cases: readonly (readonly [string, Question, Question, 'same' | 'new'])[] = [
  ['the same again', {}, {}, 'same'],
  ['the same repeated within one request', {}, { scope: `${TEAM_APP}%20repository:team/app:pull` }, 'same'],
  [
    'asked for more, and granted the same',
    { person: 'viewer' },
    { person: 'viewer', scope: 'repository:team/app:pull' },
    'same',
  ],
  ['other scopes', {}, { scope: 'repository:team/app:pull' }, 'new'],
  ['another person with the same grant', { scope: 'repository:team/app:pull' }, { person: 'viewer' }, 'new'],
  ['another address', {}, { from: '127.0.0.2' }, 'new'],
];
for (const [name, first, second, expected] of cases) {
  test(name, async () => {
    const tokens = [(await ask(first)).token, (await ask(second)).token];
    assert.equal(tokens[0] === tokens[1] ? 'same' : 'new', expected);
  });
}

test('says how long it is good from now', async () => {
  const first = await ask();
  aheadMs += 40_000;
  const again = await ask();
  assert.equal(again.token, first.token);
  const secondsLeft = Number(claimsOf(again.token)['exp']) - Math.floor((Date.now() + aheadMs) / 1000);
  assert.ok(Math.abs(again.expires_in - secondsLeft) <= 1 && again.expires_in <= 860, `${again.expires_in}`);
});

test('a tenth of its life later it is a new one, good for the whole time', async () => {
  const first = await ask();
  aheadMs += 90_000;
  const later = await ask();
  assert.notEqual(later.token, first.token);
  assert.equal(later.expires_in, 900);
});

test('by form and by query it is one token, and refresh tokens are each their own', async () => {
  const { token } = await ask();
  const form = { grant_type: 'password', username: 'alice', password: PASSWORDS.alice, access_type: 'offline' };
  const post = async () => {
    const body = new URLSearchParams({ ...form, service: SERVICE, scope: TEAM_APP });
    return (await (await fetch(stack.realm, { method: 'POST', body })).json()) as Body;
  };
  const [one, two] = [await post(), await post()];
  assert.deepEqual([one.token, two.token], [token, token]);
  assert.equal(new Set([one.refresh_token, two.refresh_token, undefined]).size, 3);
});

test('every push token is noted, also one that was handed out before', async () => {
  const seen: string[] = [];
  stack.bus.subscribe('push-token-issued', ({ repository }) => seen.push(repository));
  await ask();
  await ask();
  assert.deepEqual(seen, ['team/app', 'team/app']);
});

describe('a change counts at once', () => {
  test('any change of who may do what', async () => {
    const { token } = await ask();
    const role = await stack.roles.add({ name: 'something-else', description: '' });
    await stack.grants.grant({ kind: 'user', id: userIds.viewer }, role.id, 'test');
    assert.notEqual((await ask()).token, token);
  });
  test('a grant that is taken away', async () => {
    const { token } = await ask({ person: 'viewer' });
    assert.equal((claimsOf(token)['access'] as unknown[]).length, 1);
    const reader = await stack.roles.find('team-reader');
    await stack.grants.revoke({ kind: 'user', id: userIds.viewer }, reader?.id ?? 0);
    const { token: less } = await ask({ person: 'viewer' });
    assert.deepEqual(claimsOf(less)['access'], []);
  });
  test('an account that is disabled', async () => {
    await ask();
    await stack.users.setEnabled(userIds.alice, false);
    assert.equal(await statusOf(basic('alice')), 401);
    await stack.users.setEnabled(userIds.alice, true);
    assert.equal(await statusOf(basic('alice')), 200);
  });
  test('another password', async () => {
    const { token } = await ask();
    await stack.users.setPassword(userIds.alice, await stack.hasher.hash('a-new-password'), { mustChange: false });
    assert.equal(await statusOf(basic('alice')), 401);
    const headers = basicOf('alice', 'a-new-password');
    const response = await fetch(`${stack.realm}?service=${SERVICE}&scope=${TEAM_APP}`, { headers });
    assert.notEqual(((await response.json()) as Body).token, token);
  });
});

test('many at once, of two people with right and wrong passwords: each gets what is theirs', async () => {
  const people = [
    [basic('root'), 200],
    [basic('viewer'), 200],
    [basicOf('viewer', PASSWORDS.root), 401],
    [basicOf('root', 'not-this'), 401],
    [{}, 401],
  ] as const;
  const asked = Array.from({ length: 40 }, (_, index) => people[index % people.length] ?? people[0]);
  const statuses = await Promise.all(asked.map(([headers]) => statusOf(headers)));
  assert.deepEqual(
    statuses,
    asked.map(([, status]) => status),
  );
});

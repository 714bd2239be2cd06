/** The token endpoint as clients meet it: rows W, P and S of the conformance checklist, and the old flaws. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ANONYMOUS } from '../../server/access/rights.ts';
import {
  addPeople,
  basic,
  basicOf,
  claimsOf,
  headerOf,
  PASSWORDS,
  type Person,
  SERVICE,
  startTokenStack,
  type TokenStack,
} from '../support/app/token-stack.ts';

interface TokenBody {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly scope?: string;
  readonly token_type?: string;
  readonly refresh_token?: string;
  readonly issued_at?: string;
  readonly details?: string;
  readonly error?: string;
  readonly errors?: readonly { readonly code: string; readonly message: string }[];
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: TokenBody;
  readonly access: unknown;
}

let stack: TokenStack;

async function read(response: Response): Promise<Answer> {
  const body = (await response.json()) as TokenBody;
  const access = body.token === undefined ? undefined : claimsOf(body.token)['access'];
  return { status: response.status, headers: response.headers, body, access };
}

async function get(query: string, headers: Record<string, string> = {}, realm = stack.realm): Promise<Answer> {
  return read(await fetch(`${realm}${query}`, { headers, redirect: 'error' }));
}

async function post(form: string | Record<string, string>, headers: Record<string, string> = {}, query = '') {
  const body = new URLSearchParams(form).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return read(await fetch(`${stack.realm}${query}`, { method: 'POST', headers: { ...type, ...headers }, body }));
}

const asked = (scope: string) => `?service=${SERVICE}&scope=${scope}`;
const password = (person: Person) => ({ grant_type: 'password', username: person, password: PASSWORDS[person] });
const entry = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions });

before(async () => {
  stack = await startTokenStack();
  await addPeople(stack);
  const everybody = await stack.roles.add({ name: 'public', description: '' });
  const rule = { repository: 'public/*', address: '*', canPull: true, canPush: false, canDelete: false };
  await stack.roles.setRules(everybody.id, [rule]);
  await stack.grants.grant({ kind: 'anonymous', id: 0 }, everybody.id, 'test');
});
after(() => stack?.stop());

describe('GET', () => {
  test('a right password gives a token whose claims are of the right kind', async () => {
    const { status, body } = await get(`?service=${SERVICE}`, basic('alice'));
    assert.equal(status, 200);
    assert.equal(body.token, body.access_token);
    const { iss, aud, sub, exp, iat, nbf, jti, access } = claimsOf(body.token) as Record<string, number>;
    assert.deepEqual({ iss, aud, sub, access }, { iss: 'test', aud: SERVICE, sub: 'alice', access: [] });
    for (const time of [exp, iat, nbf]) assert.ok(Number.isInteger(time));
    assert.equal(Number(exp) - Number(iat), body.expires_in);
    assert.equal(Number(iat) - Number(nbf), 10);
    assert.equal(body.expires_in, 900);
    assert.equal(Buffer.from(String(jti), 'base64url').length, 16);
    assert.equal(body.issued_at, undefined);
  });
  test('the header holds ES256 and a chain of plain base64, and nothing critical', async () => {
    const { alg, x5c, crit, typ } = headerOf((await get('', basic('alice'))).body.token);
    assert.deepEqual({ alg, crit, typ }, { alg: 'ES256', crit: undefined, typ: 'JWT' });
    const [leaf = ''] = x5c as string[];
    assert.equal(Buffer.from(leaf, 'base64').toString('base64'), leaf);
  });
  test('a wrong password is 401 with a challenge and a line for people in both languages', async () => {
    const { status, headers, body } = await get(`?service=${SERVICE}`, basicOf('alice', 'wrong-password'));
    assert.equal(status, 401);
    assert.match(headers.get('www-authenticate') ?? '', /^Basic realm=/);
    assert.equal(body.errors?.[0]?.code, 'UNAUTHORIZED');
    assert.match(body.details ?? '', /wrong.*密码/);
  });
  test('an unknown user and a disabled one get the same answer', async () => {
    const wrong = await get('', basicOf('alice', 'still-wrong'));
    const unknown = await get('', basicOf('mallory', 'whatever-it-is'));
    const nobody = await stack.users.find('nobody');
    await stack.users.setEnabled(nobody?.id ?? 0, false);
    const disabled = await get('', basic('nobody'));
    await stack.users.setEnabled(nobody?.id ?? 0, true);
    assert.deepEqual([unknown.status, unknown.body], [wrong.status, wrong.body]);
    assert.deepEqual([disabled.status, disabled.body], [wrong.status, wrong.body]);
  });
  test('everybody pulls what is public', async () => {
    const { status, body, access } = await get(asked('repository:public/app:pull,push'));
    assert.equal(status, 200);
    assert.equal(claimsOf(body.token)['sub'], ANONYMOUS.name);
    assert.deepEqual(access, [entry('public/app', 'pull')]);
  });
  test('without a name, what is not public is 401', async () => {
    const { status, headers, body } = await get(asked('repository:team/app:pull'));
    assert.equal(status, 401);
    assert.match(headers.get('www-authenticate') ?? '', /^Basic/);
    assert.match(body.details ?? '', /docker login registry\.test:5000/);
  });
  test('without a name and without a scope is 401', async () => {
    assert.equal((await get(`?service=${SERVICE}`)).status, 401);
  });
  test('actions that the user does not hold are left out', async () => {
    const { status, access } = await get(asked('repository:team/app:pull,push'), basic('viewer'));
    assert.deepEqual([status, access], [200, [entry('team/app', 'pull')]]);
  });
  test('two scope parameters, or two scopes in one, are two entries', async () => {
    const both = [entry('team/a', 'pull'), entry('team/b', 'pull', 'push')];
    const apart = await get(`${asked('repository:team/a:pull')}&scope=repository:team/b:push,pull`, basic('alice'));
    const together = await get(asked('repository:team/a:pull%20repository:team/b:pull,push'), basic('alice'));
    assert.deepEqual([apart.access, together.access], [both, both]);
  });
  for (const scope of ['', '%20', '+++']) {
    test(`scope “${scope}” is no scope`, async () => {
      const { status, access } = await get(asked(scope), basic('alice'));
      assert.deepEqual([status, access], [200, []]);
    });
  }
  test('the account parameter never makes anybody somebody else', async () => {
    assert.equal((await get('?account=root', basic('alice'))).status, 400);
    const { body } = await get('?account=ALICE', basic('alice'));
    assert.equal(claimsOf(body.token)['sub'], 'alice');
  });
  test('an account parameter without a password is an anonymous request', async () => {
    const { status, body } = await get(`${asked('repository:public/app:pull')}&account=root`);
    assert.equal(status, 200);
    assert.equal(claimsOf(body.token)['sub'], '');
    assert.equal((await get(`${asked('registry:catalog:*')}&account=root`)).status, 401);
  });
  test('a foreign service is refused without a token; no service means ours', async () => {
    const foreign = await get('?service=elsewhere', basic('alice'));
    assert.deepEqual([foreign.status, foreign.body.token], [400, undefined]);
    for (const query of ['', '?service=']) {
      const { body } = await get(query, basic('alice'));
      assert.equal(claimsOf(body.token)['aud'], SERVICE);
    }
  });
  test('no refresh token is given while they are switched off', async () => {
    const { body } = await get(`?service=${SERVICE}&offline_token=true`, basic('alice'));
    assert.equal(body.refresh_token, undefined);
  });
  test('an empty password is 401 and does not count as a failed sign-in', async () => {
    for (let attempt = 0; attempt < 30; attempt += 1) {
      assert.equal((await get('', basicOf('alice', ''))).status, 401);
    }
    assert.equal((await get('', basic('alice'))).status, 200);
  });
  test('the answer is JSON, is not stored and sets no cookie', async () => {
    for (const headers of [basic('alice'), {}]) {
      const answer = await get('', headers);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.equal(answer.headers.get('set-cookie'), null);
    }
  });
  for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
    test(`${method} is 405, and Allow names what is possible`, async () => {
      const response = await fetch(stack.realm, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'GET, POST');
      assert.equal(response.headers.get('content-type'), 'application/json');
      if (method !== 'HEAD') assert.equal(((await response.json()) as TokenBody).errors?.[0]?.code, 'UNSUPPORTED');
    });
  }
  test('other parameters in the realm are ignored', async () => {
    assert.equal((await get(`?x=1&service=${SERVICE}`, basic('alice'))).status, 200);
  });
  for (const path of ['/api/auth', '/api/auth/', '/auth/token', '/auth/token/']) {
    test(`answers at ${path} without a redirect`, async () => {
      assert.equal((await get('', basic('alice'), stack.base + path)).status, 200);
    });
  }
  test('forty scopes give a token that fits into the headers of proxies', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `team/platform-some-service-${index}`);
    const scopes = names.flatMap((name) => [`repository:${name}:pull,push`, `repository:${name}:pull`]);
    const { status, access, body } = await get(asked(scopes.join('%20')), basic('alice'));
    assert.deepEqual([status, access], [200, names.map((name) => entry(name, 'pull', 'push'))]);
    assert.ok(body.token.length < 7 * 1024, `${body.token.length} bytes`);
  });
  test('200 scopes are refused at once', async () => {
    const scopes = Array.from({ length: 200 }, (_, index) => `scope=repository:team/a${index}:pull`).join('&');
    const { status, body } = await get(`?${scopes}`, basic('alice'));
    assert.deepEqual([status, body.token], [400, undefined]);
  });
  test('more than 12 KB of scopes are refused', async () => {
    const { status, body } = await get(asked(`repository:team/${'a'.repeat(12_400)}:pull`), basic('alice'));
    assert.deepEqual([status, body.errors?.[0]?.code], [413, 'SIZE_INVALID']);
  });
  for (const name of ['service', 'account', 'client_id', 'offline_token']) {
    test(`${name} given twice is 400`, async () => {
      assert.equal((await get(`?${name}=&${name}=`, basic('alice'))).status, 400);
    });
  }
  test('a password may hold colons, and all of it counts', async () => {
    assert.equal((await get('', basic('alice'))).status, 200);
    for (const wrong of ['alice', `${PASSWORDS.alice}:x`, 'alice: pas']) {
      assert.equal((await get('', basicOf('alice', wrong))).status, 401);
    }
  });
  for (const authorization of [
    'Basic',
    'Basic !!!',
    'Basic YWxpY2U=',
    'Bearer a.b.c',
    'Bearer a.b.c.d.e',
    'Negotiate x',
  ]) {
    test(`the header “${authorization}” is refused, not taken for an anonymous request`, async () => {
      assert.equal((await get(asked('repository:public/app:pull'), { authorization })).status, 401);
    });
  }
  test('a registry token is not accepted as a credential', async () => {
    const { body } = await get('', basic('alice'));
    assert.equal((await get('', { authorization: `Bearer ${body.token}` })).status, 401);
    assert.equal((await get('', basicOf('alice', body.token))).status, 401);
  });
  test('a password that has to be replaced gives no token and says where to replace it', async () => {
    const passwordHash = await stack.hasher.hash('first-password');
    const roleIds: number[] = [];
    await stack.users.add({ username: 'fresh', passwordHash, mustChangePassword: true, roleIds, by: 'test' });
    const { status, body } = await get('', basicOf('fresh', 'first-password'));
    assert.equal(status, 401);
    assert.match(body.details ?? '', /new password.*http:\/\/registry\.test:8090\/login.*修改密码/);
  });
  test('too many wrong passwords are 429 with Retry-After', async () => {
    let last: Answer | undefined;
    for (let attempt = 0; attempt < 60 && last?.status !== 429; attempt += 1) {
      last = await get('', basicOf('victim', `guess-${attempt}`));
    }
    assert.equal(last?.status, 429);
    assert.ok(Number(last?.headers.get('retry-after')) >= 1);
    assert.equal(last?.body.errors?.[0]?.code, 'TOOMANYREQUESTS');
  });
});

describe('POST', () => {
  test('a right password gives everything that clients read', async () => {
    const scope = 'repository:team/by-form:pull';
    const { status, body } = await post({ ...password('alice'), service: SERVICE, scope });
    assert.equal(status, 200);
    assert.equal(body.token, body.access_token);
    assert.deepEqual([body.expires_in, body.scope, body.token_type], [900, scope, 'Bearer']);
  });
  test('a wrong password is 401 in JSON', async () => {
    const { status, body } = await post({ grant_type: 'password', username: 'alice', password: 'wrong-again' });
    assert.deepEqual([status, body.error], [401, 'invalid_grant']);
    assert.match(body.details ?? '', /wrong/);
  });
  test('no refresh token is given while they are switched off', async () => {
    assert.equal((await post({ ...password('alice'), access_type: 'offline' })).body.refresh_token, undefined);
  });
  test('a refresh token is refused while they are switched off', async () => {
    assert.equal((await post({ grant_type: 'refresh_token', refresh_token: 'rwr_x' })).status, 401);
  });
  test('another grant type is named', async () => {
    const { status, body } = await post({ grant_type: 'authorization_code', code: 'x' });
    assert.deepEqual([status, body.error], [400, 'unsupported_grant_type']);
    assert.deepEqual((await post({ username: 'alice' })).body.error, 'invalid_request');
  });
  test('a form may name its charset; JSON is refused', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    assert.equal((await post(password('alice'), type)).status, 200);
    const json = await post('x', { 'content-type': 'application/json' });
    assert.deepEqual([json.status, json.headers.get('content-type')], [400, 'application/json']);
  });
  const pull = 'repository:team/a:pull';
  const forms = [
    ['absent', '', []],
    ['empty', '&scope=', []],
    ['repeated', `&scope=${pull}&scope=repository:team/b:pull`, [entry('team/a', 'pull'), entry('team/b', 'pull')]],
    ['a list', `&scope=${pull}+repository:team/b:pull`, [entry('team/a', 'pull'), entry('team/b', 'pull')]],
  ] as const;
  for (const [name, scope, expected] of forms) {
    test(`the scope of a form may be ${name}`, async () => {
      const { status, access } = await post(`${new URLSearchParams(password('alice'))}${scope}`);
      assert.deepEqual([status, access], [200, expected]);
    });
  }
  test('a Basic header stands in for a form without credentials', async () => {
    const { status, body } = await post({ grant_type: 'password' }, basic('alice'));
    assert.deepEqual([status, claimsOf(body.token)['sub']], [200, 'alice']);
    assert.equal((await post({ grant_type: 'password' })).status, 400);
  });
  test('a Basic header and a form that name different people are 400', async () => {
    assert.equal((await post(password('alice'), basic('root'))).status, 400);
  });
  for (const size of [70_000, 1_000_000]) {
    test(`a form of ${size} bytes is 413 in JSON`, async () => {
      const { status, body } = await post({ ...password('alice'), scope: 'x'.repeat(size) });
      assert.deepEqual([status, body.errors?.[0]?.code], [413, 'SIZE_INVALID']);
    });
  }
  test('what stands in the query of a POST is ignored', async () => {
    const query = `?${new URLSearchParams(password('alice'))}&service=elsewhere`;
    assert.equal((await post({}, {}, query)).status, 400);
    assert.equal((await post(password('viewer'), {}, query)).status, 200);
  });
});

describe('scopes', () => {
  const cases: readonly (readonly [string, Person, string, unknown])[] = [
    [
      'an admin gets the catalog',
      'root',
      'registry:catalog:*',
      [{ type: 'registry', name: 'catalog', actions: ['*'] }],
    ],
    ['nobody else gets the catalog', 'alice', 'registry:catalog:*', []],
    ['the catalog is granted as * or not at all', 'root', 'registry:catalog:pull', []],
    ['delete is not granted without the right', 'alice', 'repository:team/app:delete', []],
    ['delete is granted with the right', 'root', 'repository:team/app:delete', [entry('team/app', 'delete')]],
    [
      'delete is not granted where only push was asked for',
      'root',
      'repository:team/app:pull,push',
      [entry('team/app', 'pull', 'push')],
    ],
    ['* asks for everything the user holds', 'alice', 'repository:team/app:*', [entry('team/app', 'pull', 'push')]],
    [
      '* of an admin holds every action',
      'root',
      'repository:team/app:*',
      [entry('team/app', 'pull', 'push', 'delete', '*')],
    ],
    [
      'the class of a repository is kept',
      'alice',
      'repository(plugin):team/app:pull',
      [{ ...entry('team/app', 'pull'), class: 'plugin' }],
    ],
    ['an unknown type grants nothing', 'root', 'foo:bar:baz', []],
    ['an unknown action grants nothing', 'root', 'repository:team/app:frobnicate', []],
    ['a name in upper case grants nothing', 'root', 'repository:Team/app:pull', []],
    ['a name with .. grants nothing', 'root', 'repository:team/../app:pull', []],
    ['a name with an empty part grants nothing', 'root', 'repository:team//app:pull', []],
    ['a name with %2F grants nothing', 'root', 'repository:team%252Fapp:pull', []],
    ['a name of 300 characters grants nothing', 'root', `repository:team/${'a'.repeat(300)}:pull`, []],
    [
      'the order of the actions does not matter',
      'alice',
      'repository:team/app:push,pull',
      [entry('team/app', 'pull', 'push')],
    ],
    ['a repository outside the rules grants nothing', 'alice', 'repository:other/app:pull', []],
  ];
  for (const [name, person, scope, expected] of cases) {
    test(name, async () => {
      const { status, access } = await get(asked(scope), basic(person));
      assert.equal(status, 200);
      assert.deepEqual(shape(access), shape(expected));
    });
  }
  for (const scope of ['repository', 'repository:team', 'repository::pull', ':a:b', 'Repo:a:pull']) {
    test(`“${scope}” is 400 without a token`, async () => {
      const { status, body } = await get(asked(scope), basic('root'));
      assert.deepEqual([status, body.token], [400, undefined]);
    });
  }
  test('who may push may pull', async () => {
    const { access } = await get(asked('repository:team/app:pull'), basic('alice'));
    assert.deepEqual(access, [entry('team/app', 'pull')]);
  });
  test('refused requests are recorded for admins, repetitions as a count', async () => {
    for (let times = 0; times < 3; times += 1)
      await get(`${asked('repository:team/secret:push')}&client_id=docker`, basic('viewer'));
    const { rows } = await stack.refusals.list({ subject: 'viewer', repository: 'team/secret', limit: 10 });
    const [row] = rows;
    assert.deepEqual([row?.count, row?.missing, row?.asked, row?.client], [3, ['push'], ['push'], 'docker']);
  });
  test('a push token is remembered for its subject and repository alone', async () => {
    const seen: string[] = [];
    stack.bus.subscribe('push-token-issued', ({ repository }) => seen.push(repository));
    await get(asked('repository:team/pushed:pull,push'), basic('alice'));
    await get(asked('repository:team/pulled:pull'), basic('alice'));
    assert.deepEqual(seen, ['team/pushed']);
    const held = (subject: string, repository: string) => stack.recentGrants.has(subject, repository, 'push');
    assert.deepEqual(
      [held('alice', 'team/pushed'), held('alice', 'team/pulled'), held('root', 'team/pushed')],
      [true, false, false],
    );
  });
});

/** Actions compare as a set. */
function shape(access: unknown): unknown {
  return (access as { actions: readonly string[] }[]).map((one) => ({ ...one, actions: [...one.actions].sort() }));
}

describe('a read-only registry', () => {
  test('gives nobody delete, not even as *', async () => {
    const readonly = await startTokenStack({ registry: { readonly: true } });
    await addPeople(readonly);
    const { access } = await get(asked('repository:team/app:*'), basic('root'), readonly.realm);
    const deleting = await get(asked('repository:team/app:delete'), basic('root'), readonly.realm);
    await readonly.stop();
    assert.deepEqual(access, [entry('team/app', 'pull', 'push')]);
    assert.deepEqual(deleting.access, []);
  });
});

/** Who may change what through the API, how somebody proves who they are, and what strange requests get. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { AppError } from '../../server/errors.ts';
import type { DeleteRequest } from '../../server/housekeeping/deletion.ts';
import { readPlan } from '../../server/housekeeping/plan.ts';
import {
  ADMIN,
  addPeople,
  MEMBER,
  NEWCOMER,
  NO_DELETION,
  OUTSIDER,
  READER,
  startApi,
  type TestApi,
} from '../support/app/api.ts';
import { createVisitor } from '../support/app/web.ts';
import { seedRepository } from '../support/data/seed.ts';

let app: TestApi;
let digest: string;
const deleted: DeleteRequest[] = [];
const refreshed: string[] = [];

const restored: unknown[] = [];
const TRASHED = new Map(
  [
    { id: 7, repository: 'team/app' },
    { id: 8, repository: 'secret/app' },
  ].map(({ id, repository }) => {
    const item = { id, repository, digest: 'sha256:1', mediaType: 'm', sizeBytes: 1, tags: ['v1'], deletedAt: 1 };
    const content = { kind: 'image', contentBytes: 1, unrestorableAt: undefined } as const;
    return [id, { ...item, ...content, deletedBy: 'member', restoredAt: undefined, raw: Buffer.from('{}') }] as const;
  }),
);

before(async () => {
  app = await startApi({
    refresh: async (repository) => {
      refreshed.push(repository);
      if (repository === 'team/down') throw new AppError('UPSTREAM', 'The registry did not answer.');
      if (repository === 'team/bug') throw new TypeError('a secret detail');
    },
    deletion: {
      ...NO_DELETION,
      plan: async (repository, tag) => (await readPlan(app.db, EVERYTHING, repository, tag)) ?? assert.fail('no plan'),
      async deleteTag(request) {
        if (request.digest !== digest) throw new AppError('CONFLICT', 'The tag moved.', { key: 'tagMoved' });
        deleted.push(request);
        const manifests = request.alsoManifest ? [digest] : [];
        return { manifestDeleted: request.alsoManifest, manifests, pushedAgain: false, trashId: 7 };
      },
      trash: { ...NO_DELETION.trash, get: async (id) => TRASHED.get(id) },
      async restore(trashId, who) {
        restored.push([trashId, who]);
        return { repository: 'team/app', digest, tags: ['v1'], taken: ['latest'] };
      },
    },
  });
  await addPeople(app);
  digest = (await seedRepository(app.db, 'team/app', [{ tags: ['v1'] }])).digests[0] ?? '';
  await seedRepository(app.db, 'secret/app', [{ tags: ['v1'] }]);
});
after(() => app?.stop());

interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly errors?: readonly { readonly in: string; readonly name: string; readonly message: string }[];
}

async function problem(answer: Response, status: number, what = ''): Promise<ProblemBody> {
  const text = await answer.text();
  assert.equal(answer.status, status, `${what} ${text}`);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8', what);
  const body = JSON.parse(text) as ProblemBody;
  assert.equal(body.status, status);
  assert.ok(body.title !== '' && body.detail !== '');
  return body;
}

const tagPath = (repository = 'team/app', tag = 'v1') => `/repositories/${repository}/-/tags/${tag}`;
const remove = (who: string, query = `digest=${digest}`, init: RequestInit = {}) =>
  app.ask(`${tagPath()}?${query}`, who, { ...init, method: 'DELETE' });

describe('deleting', () => {
  test('the plan says what would happen and whether the caller may', async () => {
    const plan = async (who: string) => (await (await app.ask(`${tagPath()}/deletion`, who)).json()) as object;
    assert.deepEqual(Object.entries(await plan(MEMBER)).slice(0, 3), [
      ['repository', 'team/app'],
      ['tag', 'v1'],
      ['digest', digest],
    ]);
    assert.equal(((await plan(MEMBER)) as { allowed: boolean }).allowed, true);
    assert.equal(((await plan(READER)) as { allowed: boolean }).allowed, false);
  });

  test('who may delete does, under the own name', async () => {
    const answer = await remove(MEMBER, `digest=${digest}&manifest=true`);
    const body = await answer.json();
    assert.equal(answer.status, 200);
    const same = { repository: 'team/app', tag: 'v1', digest };
    assert.deepEqual(body, {
      ...{ ...same, manifestDeleted: true, manifests: [digest], pushedAgain: false, trashId: 7 },
    });
    assert.deepEqual(deleted.splice(0), [{ ...same, alsoManifest: true, actor: 'member' }]);
  });

  test('who may only pull is told which right is missing', async () => {
    const { detail } = await problem(await remove(READER), 403);
    assert.match(detail, /“delete” permission on team\/app/);
    assert.deepEqual(deleted, []);
  });

  test('the digest is needed, and a moved tag is a conflict', async () => {
    assert.equal((await problem(await remove(MEMBER, ''), 400)).errors?.[0]?.name, 'digest');
    assert.equal((await problem(await remove(MEMBER, 'digest=latest'), 400)).errors?.[0]?.name, 'digest');
    await problem(await remove(MEMBER, `digest=sha256:${'0'.repeat(64)}`), 409);
  });

  test('hidden, missing and tagless look the same', async () => {
    for (const path of [tagPath('secret/app'), tagPath('secret/none'), tagPath('team/none')]) {
      await problem(await app.ask(`${path}?digest=${digest}`, MEMBER, { method: 'DELETE' }), 404, path);
    }
  });

  test('a read-only registry deletes for nobody', async () => {
    const plan = async () => (await readPlan(other.db, EVERYTHING, 'team/app', 'v1')) ?? assert.fail('no plan');
    const fail = () => assert.fail('nothing goes here');
    const trash = { ...NO_DELETION.trash, get: async (id: number) => TRASHED.get(id) };
    const deletion = { ...NO_DELETION, plan, deleteTag: fail, restore: fail, trash };
    const other: TestApi = await startApi({ readonly: true, deletion });
    try {
      const found = await seedRepository(other.db, 'team/app', [{ tags: ['v1'] }]);
      const answer = await other.ask(`${tagPath()}?digest=${found.digests[0]}`, ADMIN, { method: 'DELETE' });
      assert.match((await problem(answer, 403)).detail, /read-only/);
      const undo = await other.ask('/repositories/team/app/-/trash/7/restore', ADMIN, { method: 'POST' });
      assert.match((await problem(undo, 403)).detail, /read-only/);
    } finally {
      await other.stop();
    }
  });
});

describe('undoing a deletion', () => {
  const undo = (who: string, id: number | string = 7, repository = 'team/app') =>
    app.ask(`/repositories/${repository}/-/trash/${id}/restore`, who, { method: 'POST' });

  test('brings the tags back and says which ones are taken', async () => {
    const answer = await undo(MEMBER);
    assert.deepEqual(await answer.json(), { repository: 'team/app', digest, tags: ['v1'], taken: ['latest'] });
    assert.deepEqual(restored.splice(0), [[7, { actor: 'member' }]]);
  });

  test('needs the right to delete', async () => {
    assert.match((await problem(await undo(READER), 403)).detail, /“delete” permission on team\/app/);
    await problem(await undo(OUTSIDER), 404);
    assert.deepEqual(restored, []);
  });

  test('knows nothing of what is hidden, elsewhere or gone', async () => {
    for (const [id, repository] of [
      [8, 'secret/app'],
      [8, 'team/app'],
      [9, 'team/app'],
    ] as const) {
      await problem(await undo(MEMBER, id, repository), 404, `${id} ${repository}`);
    }
    await problem(await undo(MEMBER, 'x'), 400);
    assert.deepEqual(restored, []);
  });
});

describe('reading again', () => {
  const path = (repository: string) => `/repositories/${repository}/-/refresh`;
  const post = (repository: string, who: string) => app.ask(path(repository), who, { method: 'POST' });

  test('needs the right to push', async () => {
    assert.deepEqual(await (await post('team/app', MEMBER)).json(), { repository: 'team/app', finished: true });
    assert.match((await problem(await post('team/app', READER), 403)).detail, /push/);
    await problem(await post('secret/app', MEMBER), 404);
    await problem(await post('team/app', OUTSIDER), 404);
    assert.deepEqual(refreshed.splice(0), ['team/app']);
  });

  test('a registry that is away is a problem with an id, and a bug says nothing else', async () => {
    assert.match(
      (await problem(await post('team/down', MEMBER), 502)).instance ?? '',
      /^urn:registry-web:error:\w{12}$/,
    );
    const { detail, instance = '' } = await problem(await post('team/bug', MEMBER), 500);
    assert.doesNotMatch(detail, /secret/);
    assert.ok(app.logged().includes(instance.split(':').at(-1) ?? '-'));
  });
});

describe('who somebody is', () => {
  test('wrong, unknown and malformed credentials look the same', async () => {
    const answers = ['admin:wrong', 'nobody:wrong', 'admin', ':', 'admin:'];
    for (const who of answers) {
      const { detail } = await problem(await app.ask('/account', who), 401, who);
      assert.equal(detail, 'Wrong user name or password.', who);
    }
    const headers = { authorization: 'Bearer something' };
    await problem(await app.ask('/account', '', { headers }), 401);
  });

  test('a password that has to be replaced opens nothing, in both languages', async () => {
    const ask = (language: string) => app.ask('/account', NEWCOMER, { headers: { 'accept-language': language } });
    const english = await problem(await ask('en'), 401);
    assert.equal(english.detail, 'Set a new password first, at http://registry-web.test/login.');
    const chinese = await ask('zh-CN,zh;q=0.9');
    assert.equal(chinese.headers.get('content-language'), 'zh-CN');
    assert.match((await problem(chinese, 401)).detail, /密码/);
  });

  test('a disabled account is refused at once', async () => {
    const user = await app.users.find('outsider');
    assert.ok(user);
    assert.equal((await app.ask('/account', OUTSIDER)).status, 200);
    await app.users.setEnabled(user.id, false);
    await problem(await app.ask('/account', OUTSIDER), 401);
    await app.users.setEnabled(user.id, true);
  });

  test('a wrong header counts although a session would do', async () => {
    const visitor = createVisitor(app.url);
    await visitor.signIn('member', 'member-password-1');
    assert.equal((await visitor.request('/api/v1/account')).status, 200);
    const headers = { authorization: `Basic ${Buffer.from('member:no').toString('base64')}` };
    await problem(await visitor.request('/api/v1/account', { headers }), 401);
  });

  test('a session reads; to change something it needs its token, from our own site', async () => {
    const visitor = createVisitor(app.url);
    await visitor.signIn('member', 'member-password-1');
    const account = (await (await visitor.request('/api/v1/account')).json()) as { via: string; csrfToken: string };
    assert.equal(account.via, 'session');
    const send = (headers: Record<string, string>) =>
      visitor.request(`/api/v1${tagPath()}?digest=${digest}`, { method: 'DELETE', headers });
    const token = { 'x-csrf-token': account.csrfToken };
    await problem(await send({}), 403);
    await problem(await send({ 'x-csrf-token': 'x.y' }), 403);
    await problem(await send({ ...token, origin: 'http://evil.example' }), 403);
    await problem(await send({ ...token, 'sec-fetch-site': 'cross-site' }), 403);
    assert.deepEqual(deleted, []);
    assert.equal((await send(token)).status, 200);
    assert.equal(deleted.splice(0).length, 1);
  });

  test('another site cannot use credentials that a browser remembers', async () => {
    await problem(await remove(MEMBER, `digest=${digest}`, { headers: { origin: 'http://evil.example' } }), 403);
    await problem(await remove(MEMBER, `digest=${digest}`, { headers: { 'sec-fetch-site': 'same-site' } }), 403);
    assert.deepEqual(deleted, []);
  });

  test('an ended session is asked to sign in, without the browser’s own window', async () => {
    const visitor = createVisitor(app.url);
    await visitor.signIn('member', 'member-password-1');
    await visitor.post('/sign-out', {});
    visitor.jar.set('rw', 's%3Aended.signature');
    const answer = await visitor.request('/api/v1/account');
    assert.equal(answer.headers.get('www-authenticate'), null);
    await problem(answer, 401);
  });

  test('without authentication everybody reads, and deleting is the registry’s setting', async () => {
    const open = await startApi({ config: { registry: { auth: { enabled: false } } } });
    try {
      await seedRepository(open.db, 'team/app', [{ tags: ['v1'] }]);
      assert.equal((await open.ask('/repositories')).status, 200);
      assert.equal((await open.ask('/events', 'whoever:nothing')).status, 200);
      await problem(await open.ask('/repositories', '', { method: 'DELETE' }), 405);
    } finally {
      await open.stop();
    }
  });
});

describe('strange requests', () => {
  const cases: readonly (readonly [path: string, status: number])[] = [
    ['/repositories?limit=0', 400],
    ['/repositories?limit=101', 400],
    ['/repositories?limit=1e3', 400],
    ['/repositories?limit=x', 400],
    ['/repositories?limit=1&limit=2', 400],
    ['/repositories?filter[]=a', 400],
    ['/repositories?filter=a%00b', 400],
    [`/repositories?filter=${'a'.repeat(300)}`, 400],
    ['/repositories?after=', 400],
    ['/repositories?after=%00%ff', 400],
    [`/repositories?after=${'A'.repeat(4000)}`, 400],
    ['/repositories?pushedAfter=yesterday', 400],
    ['/repositories?pushedAfter=2026-13-45T00:00:00Z', 400],
    ['/repositories?minBytes=-1', 400],
    ['/repositories?minBytes=9e99', 400],
    ['/repositories?neverPulled=1', 400],
    ['/repositories?sort=constructor', 400],
    ['/repositories?__proto__=1&constructor=2', 400],
    ['/repositories/%zz', 400],
    ['/repositories/%ff%fe', 400],
    ['/repositories/a%00b', 400],
    [`/repositories/${'a/'.repeat(300)}b`, 400],
    ['/repositories/..%2f..%2fetc', 404],
    ["/repositories/'%20or%201=1", 404],
    ['/repositories/team/app/-/tags/%2e%2e', 404],
    ['/repositories/team/app/-/manifests/latest', 400],
    ['/repositories/team/app/-/manifests/sha256:abc/raw', 400],
    [`/repositories/team/app/-/manifests/sha256:${'0'.repeat(64)}`, 404],
    ['/repositories/team/app/-/nothing', 404],
    ['/repositories/-/tags', 404],
    ['/compare?a=%00&b=x', 400],
    ['/compare?a=team/app:v1', 400],
    ['/search', 400],
    ['/search?q=%00', 400],
    [`/search?q=${'a'.repeat(2000)}`, 400],
    [`/search?q=${'a'.repeat(9000)}`, 414],
    ['/space?folder=none', 404],
    ['/space/history?days=100000', 400],
    ['/folders?parent=%00', 400],
    ['/events?action=%00', 400],
    ['/nothing', 404],
    ['/', 404],
    ['//', 404],
  ];
  for (const [path, status] of cases) {
    test(`${path.slice(0, 60)}: ${status}`, async () => {
      await problem(await app.ask(path, ADMIN), status, path);
    });
  }

  test('search text with quotes, wildcards and operators is an answer', async () => {
    for (const q of [
      '"',
      '((',
      'tag:',
      "'; drop table tags; --",
      '%',
      '_',
      '*'.repeat(50),
      'size:>>',
      '-',
      '\\',
      '💥',
    ]) {
      for (const path of ['/search', '/search/images', '/search/repositories', '/search/suggestions']) {
        assert.equal((await app.ask(`${path}?q=${encodeURIComponent(q)}`, ADMIN)).status, 200, `${path} ${q}`);
      }
    }
  });

  test('methods that an address does not know are named in Allow', async () => {
    for (const [path, method, allow] of [
      ['/repositories', 'POST', 'GET, HEAD'],
      [tagPath(), 'PUT', 'GET, HEAD, DELETE'],
      ['/repositories/team/app/-/refresh', 'GET', 'POST'],
      ['/repositories', 'OPTIONS', 'GET, HEAD'],
    ] as const) {
      const answer = await app.ask(path, ADMIN, { method });
      assert.equal(answer.headers.get('allow'), allow);
      await problem(answer, 405);
    }
  });

  test('all that is wrong is told at once, with its place', async () => {
    const { errors = [] } = await problem(await app.ask('/repositories?limit=0&sort=x&colour=red', ADMIN), 400);
    assert.deepEqual(errors.map(({ in: place, name }) => `${place} ${name}`).sort(), [
      'query colour',
      'query limit',
      'query sort',
    ]);
  });

  test('a body of 65 KB is refused, and one of 1 MB without a length does no harm', async () => {
    const path = '/repositories/team/app/-/refresh';
    await problem(await app.ask(path, MEMBER, { method: 'POST', body: 'x'.repeat(65 * 1024) }), 413);
    const head = [
      `POST /api/v1${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Basic ${Buffer.from(MEMBER).toString('base64')}`,
      'Transfer-Encoding: chunked',
    ];
    assert.match(await sendRaw(`${head.join('\r\n')}\r\n\r\nfffff\r\n${'x'.repeat(1000)}`), /^HTTP\/1\.1 200 /);
  });

  test('80 KB of address ends before it gets here, and the server goes on', async () => {
    assert.match(
      await sendRaw(`GET /api/v1/search?q=${'a'.repeat(80_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
      /^HTTP\/1\.1 4\d\d /,
    );
    assert.equal((await app.ask('/account', ADMIN)).status, 200);
  });
});

/** Writes as it stands and returns the first piece of the answer. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(app.port, '127.0.0.1', () => socket.write(text));
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(chunk.toString('utf8'));
    });
    socket.once('error', reject);
  });
}

/** Notifications that could not be read, through the API: listed, read and dismissed by admins alone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, addPeople, MEMBER, startApi, type TestApi } from '../support/app/api.ts';

const BODIES = ['nonsense \u001b[31m one', '{"events":[7]}', 'x'.repeat(5000), ''];
let app: TestApi;

interface Listed {
  readonly items: readonly { readonly id: number; readonly reason: string; readonly text: string }[];
  readonly next: string | null;
}

before(async () => {
  app = await startApi();
  await addPeople(app);
  for (const [index, text] of BODIES.entries()) {
    const body = Buffer.from(text);
    const sent = { received_at: 1000 + index, media_type: 'text/plain', source: '192.0.2.66', verified: 0 } as const;
    const odd = { state: 'quarantined', error: `reason ${index}`, size_bytes: body.length, body } as const;
    await app.db
      .insertInto('envelopes')
      .values({ ...sent, ...odd })
      .execute();
  }
  const read = { received_at: 1, media_type: '', source: '', verified: 1, size_bytes: 1, state: 'parsed' } as const;
  await app.db
    .insertInto('envelopes')
    .values({ ...read, error: null, body: Buffer.from('x') })
    .execute();
});
after(() => app?.stop());

async function list(query = ''): Promise<Listed> {
  const answer = await app.ask(`/events/aside${query}`, ADMIN);
  assert.equal(answer.status, 200);
  return (await answer.json()) as Listed;
}

test('are listed page by page, newest first', async () => {
  const reasons: string[] = [];
  for (let query = '?limit=3'; query !== ''; ) {
    const { items, next } = await list(query);
    reasons.push(...items.map(({ reason }) => reason));
    query = next === null ? '' : `?limit=3&after=${next}`;
  }
  assert.deepEqual(reasons, ['reason 3', 'reason 2', 'reason 1', 'reason 0']);
});

test('are read: the beginning as text, the body as it came', async () => {
  const { items } = await list();
  const [, long, , first] = items;
  assert.equal(first?.text, 'nonsense \u{fffd}[31m one');
  assert.equal(long?.text.length, 4096);
  assert.deepEqual(await (await app.ask(`/events/aside/${long?.id}`, ADMIN)).json(), long);
  const body = await app.ask(`/events/aside/${long?.id}/body`, ADMIN);
  assert.equal(body.headers.get('content-type'), 'application/octet-stream');
  assert.match(body.headers.get('content-disposition') ?? '', /^attachment/);
  assert.equal(await body.text(), BODIES[2]);
});

test('are dismissed once, and that is in the audit', async () => {
  const [newest] = (await list()).items;
  const path = `/events/aside/${newest?.id}`;
  const answer = await app.ask(path, ADMIN, { method: 'DELETE' });
  assert.deepEqual([answer.status, await answer.json()], [200, { dismissed: true }]);
  for (const [method, each] of [
    ['DELETE', path],
    ['GET', path],
    ['GET', `${path}/body`],
  ] as const) {
    assert.equal((await app.ask(each, ADMIN, { method })).status, 404);
  }
  assert.equal((await list()).items.length, BODIES.length - 1);
  const { entries } = await app.audit.list({ limit: 10 });
  assert.deepEqual(
    entries.filter(({ action }) => action === 'event.dismiss').map(({ actor, object }) => [actor, object]),
    [['admin', String(newest?.id)]],
  );
});

test('what was read is none of them', async () => {
  const { id } = await app.db
    .selectFrom('envelopes')
    .select('id')
    .where('state', '=', 'parsed')
    .executeTakeFirstOrThrow();
  assert.equal((await app.ask(`/events/aside/${id}`, ADMIN)).status, 404);
  assert.equal((await app.ask(`/events/aside/${id}`, ADMIN, { method: 'DELETE' })).status, 404);
});

for (const id of ['0', '-1', 'x', '1.5', '2147483648', '1e400', '99999999999999999999']) {
  test(`an id of ${id} is refused`, async () => {
    assert.equal((await app.ask(`/events/aside/${id}`, ADMIN)).status, 400);
  });
}

test('are nobody else’s', async () => {
  const { items } = await list();
  const path = `/events/aside/${items[0]?.id}`;
  for (const [method, each] of [
    ['GET', '/events/aside'],
    ['GET', path],
    ['GET', `${path}/body`],
    ['DELETE', path],
  ] as const) {
    assert.equal((await app.ask(each, MEMBER, { method })).status, 403, `${method} ${each}`);
    assert.equal((await app.ask(each, '', { method })).status, 401, `${method} ${each}`);
  }
  assert.deepEqual((await list()).items, items);
});

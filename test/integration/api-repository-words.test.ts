/** Descriptions and stars over the API. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, addPeople, MEMBER, OUTSIDER, READER, startApi, type TestApi } from '../support/app/api.ts';
import { seedRepository } from '../support/data/seed.ts';

const DESCRIPTION = '/repositories/team/app/-/description';
const STAR = '/repositories/team/app/-/star';
let app: TestApi;
before(async () => {
  app = await startApi();
  await addPeople(app);
  await seedRepository(app.db, 'team/app', [{ tags: ['v1'] }]);
});
after(() => app?.stop());

function put(path: string, who: string, body: unknown, type = 'application/json'): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return app.ask(path, who, { method: 'PUT', body: text, headers: { 'content-type': type } });
}

test('who may push describes, who may pull reads, for others there is nothing', async () => {
  assert.equal((await put(DESCRIPTION, MEMBER, { text: '# Team app\r\nOurs. \n\n', version: 0 })).status, 200);
  const read = (await (await app.ask(DESCRIPTION, READER)).json()) as Record<string, unknown>;
  assert.deepEqual([read.text, read.version, read.editedBy], ['# Team app\nOurs.', 1, 'member']);
  assert.equal((await put(DESCRIPTION, READER, { text: 'x', version: 1 })).status, 403);
  assert.equal((await put(DESCRIPTION, OUTSIDER, { text: 'x', version: 1 })).status, 404);
  assert.equal((await app.ask(DESCRIPTION, OUTSIDER)).status, 404);
  const { entries } = await app.audit.list({ action: 'description.edit', limit: 10 });
  assert.deepEqual(
    entries.map(({ actor, object, detail }) => [actor, object, detail['version']]),
    [['member', 'team/app', 1]],
  );
});

test('an edit of an older text changes nothing', async () => {
  const answer = await put(DESCRIPTION, ADMIN, { text: 'mine', version: 0 });
  assert.equal(answer.status, 409);
  assert.match(answer.headers.get('content-type') ?? '', /problem\+json/);
  assert.match(await (await app.ask(DESCRIPTION, ADMIN)).text(), /Team app/);
});

const refused = [
  ['no JSON', '{', 'application/json', 400],
  ['another type', 'text=x', 'application/x-www-form-urlencoded', 415],
  ['a field that is none', { text: 'x', version: 1, more: 1 }, 'application/json', 400],
  ['no version', { text: 'x' }, 'application/json', 400],
  ['a NUL', { text: 'a\0b', version: 1 }, 'application/json', 400],
  ['half a character', '{"text":"\\ud800","version":1}', 'application/json', 400],
  ['more than 64 kB', { text: 'é'.repeat(33_000), version: 1 }, 'application/json', 400],
  ['more than anybody writes', { text: 'x'.repeat(500_000), version: 1 }, 'application/json', 413],
] as const;
for (const [what, body, type, status] of refused) {
  test(`${what} is refused with ${status}`, async () => {
    assert.equal((await put(DESCRIPTION, MEMBER, body, type)).status, status);
  });
}

test('64 kB fit, whatever their characters', async () => {
  const text = '\u0001'.repeat(64 * 1024);
  assert.equal((await put(DESCRIPTION, MEMBER, { text, version: 1 })).status, 200);
});

test('stars belong to accounts and are counted', async () => {
  const star = async (who: string, method: string) => {
    const answer = await app.ask(STAR, who, { method });
    return answer.status === 200 ? ((await answer.json()) as unknown) : answer.status;
  };
  const of = (starred: boolean, count: number) => ({ repository: 'team/app', starred, count });
  assert.deepEqual(await star(MEMBER, 'PUT'), of(true, 1));
  assert.deepEqual(await star(MEMBER, 'PUT'), of(true, 1));
  assert.deepEqual(await star(READER, 'PUT'), of(true, 2));
  assert.deepEqual(await star(MEMBER, 'DELETE'), of(false, 1));
  assert.equal(await star(OUTSIDER, 'PUT'), 404);
  assert.equal(await star('', 'PUT'), 401);
});

test('the document shows the body', () => {
  const operation = app.api.document().paths['/repositories/{repository}/-/description']?.['put'];
  const example = operation?.requestBody?.content['application/json']?.example as Record<string, unknown>;
  assert.deepEqual(Object.keys(example), ['text', 'version']);
});

/** Events by date and as a table, through the API. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ADMIN, addPeople, MEMBER, startApi, type TestApi } from '../support/app/api.ts';
import { insertEvents } from '../support/data/event-rows.ts';
import { seedRepository } from '../support/data/seed.ts';

const zone = process.env['TZ'];
const MANY = 10_050;
let app: TestApi;

before(async () => {
  // Days are the operator's: this one begins at 16:00 UTC of the day before.
  process.env['TZ'] = 'Asia/Shanghai';
  app = await startApi();
  await addPeople(app);
  await seedRepository(app.db, 'team/app', [{ tags: ['v1'] }]);
  await seedRepository(app.db, 'secret/app', [{ tags: ['v1'] }]);
  await insertEvents(app.db, [
    { at: Date.parse('2026-03-01T15:59:59.999Z'), tag: 'before' },
    { at: Date.parse('2026-03-01T16:00:00Z'), tag: 'first' },
    { at: Date.parse('2026-03-02T15:59:59.999Z'), tag: 'last' },
    { at: Date.parse('2026-03-02T16:00:00Z'), tag: 'behind', user_agent: '=HYPERLINK("http://x")' },
    { at: Date.parse('2026-03-02T10:00:00Z'), tag: 'hidden', repository: 'secret/app' },
  ]);
});
after(async () => {
  await app?.stop();
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

async function tags(query: string, who = ADMIN): Promise<readonly unknown[]> {
  const answer = await app.ask(`/events?${query}`, who);
  assert.equal(answer.status, 200, await answer.clone().text());
  return ((await answer.json()) as { items: { tag: string }[] }).items.map(({ tag }) => tag);
}

describe('from and to', () => {
  const cases = [
    ['from=2026-03-02&to=2026-03-02', ['last', 'hidden', 'first']],
    ['from=2026-03-02', ['behind', 'last', 'hidden', 'first']],
    ['to=2026-03-01', ['before']],
    ['from=2026-03-01T16:00:00Z&to=2026-03-02T15:59:59.999Z', ['hidden', 'first']],
    ['from=2026-03-03&to=2026-03-01', []],
    ['from=2026-03-02&to=2026-03-02&repository=team', ['last', 'first']],
  ] as const;
  for (const [query, expected] of cases) {
    test(query, async () => assert.deepEqual(await tags(query), expected));
  }
  for (const query of [
    'from=yesterday',
    'from=2026-02-30',
    'to=',
    'from=1800-01-01',
    'to=2026-03-02T10:00',
    'from=1',
  ]) {
    test(`${query} is refused`, async () => {
      const answer = await app.ask(`/events?${query}`, ADMIN);
      assert.equal(answer.status, 400);
      const { errors } = (await answer.json()) as { errors: { name: string }[] };
      assert.equal(errors[0]?.name, query.split('=')[0]);
    });
  }
  test('pages stay inside', async () => {
    const first = await app.ask('/events?from=2026-03-02&to=2026-03-02&limit=2', ADMIN);
    const { next } = (await first.json()) as { next: string };
    assert.deepEqual(await tags(`from=2026-03-02&to=2026-03-02&limit=2&after=${next}`), ['first']);
  });
});

describe('as a table', () => {
  const linesOf = async (answer: Response) => (await answer.text()).trimEnd().split('\r\n');

  const asked = [
    ['/events?format=csv', undefined],
    ['/events', 'text/csv'],
    ['/events', 'text/csv, application/json;q=0.5'],
  ] as const;
  for (const [path, accept] of asked) {
    test(`${path}, Accept ${accept}`, async () => {
      const answer = await app.ask(path, ADMIN, accept === undefined ? {} : { headers: { accept } });
      assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/);
      assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/);
      assert.match(answer.headers.get('vary') ?? '', /\bAccept\b(?!-)/);
      const [head, ...lines] = await linesOf(answer);
      assert.equal(
        head,
        'id,at,receivedAt,action,repository,tag,digest,mediaType,sizeBytes,fromRepository,actor,actorConfirmed,address,userAgent',
      );
      assert.equal(lines.length, 5);
      assert.match(lines[0] ?? '', /,"'=HYPERLINK\(""http:\/\/x""\)"$/);
    });
  }
  for (const accept of ['*/*', 'application/json', 'application/json, text/csv', 'text/html, */*;q=0.1']) {
    test(`JSON for Accept ${accept}`, async () => {
      const answer = await app.ask('/events', ADMIN, { headers: { accept } });
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    });
  }
  test('format=json counts more than Accept, other formats are refused', async () => {
    const answer = await app.ask('/events?format=json', ADMIN, { headers: { accept: 'text/csv' } });
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    assert.equal((await app.ask('/events?format=xml', ADMIN)).status, 400);
    assert.equal((await app.ask('/events/refused?format=csv', ADMIN)).status, 400);
  });
  test('shows what the viewer may pull, filtered', async () => {
    const lines = await linesOf(await app.ask('/events?format=csv&from=2026-03-02', MEMBER));
    assert.equal(lines.length, 4);
    assert.ok(lines.every((line) => !line.includes('secret')));
    assert.equal((await app.ask('/events?format=csv')).status, 401);
  });
  test('limit ends it, and the link goes on', async () => {
    const answer = await app.ask('/events?format=csv&limit=2', ADMIN);
    assert.equal((await linesOf(answer)).length, 3);
    const [, path = ''] = /<\/api\/v1([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '') ?? [];
    const rest = await linesOf(await app.ask(`${path}&limit=100`.replace('limit=2&', ''), ADMIN));
    assert.equal(rest.length, 4);
  });
  test('is bounded, and tells that there is more', async () => {
    const rows = Array.from({ length: MANY }, (_, index) => ({ at: 1_000_000 + index, repository: 'team/many' }));
    await insertEvents(app.db, rows);
    const first = await app.ask('/events?format=csv&inRepository=team/many', ADMIN);
    const [, path = ''] = /<\/api\/v1([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '') ?? [];
    assert.equal((await linesOf(first)).length, 10_001);
    const second = await app.ask(path, ADMIN);
    assert.equal(second.headers.get('link'), null);
    assert.equal((await linesOf(second)).length, MANY - 10_000 + 1);
  });
  test('stands in the document', () => {
    const { get } = app.api.document().paths['/events'] ?? {};
    assert.deepEqual(Object.keys(get?.responses['200']?.content ?? {}), ['application/json', 'text/csv']);
    const names = get?.parameters.map(({ name }) => name) ?? [];
    for (const name of ['from', 'to', 'format']) assert.ok(names.includes(name), name);
  });
});

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { createIndexer } from '../../server/catalog/sync/indexer.ts';
import { createLogger } from '../../server/log.ts';
import { applyEvent, openClient } from '../support/app/catalog.ts';
import { openTestDatabase } from '../support/data/database.ts';
import { eventually } from '../support/process/eventually.ts';
import { sha256 } from '../support/registry/content.ts';
import { startFakeRegistry } from '../support/registry/fake-registry.ts';
import {
  createHostileRegistry,
  json,
  type Misbehaviour,
  manifestOf,
  send,
  sendManifest,
} from '../support/registry/hostile-registry.ts';

const MIB = 1024 * 1024;
const HTML = '<html><body>Welcome to nginx!</body></html>';
const TRUNCATED = Buffer.from('{"schemaVersion":2,"config":{"mediaType":"x","dig');
const DEADLINES = { headersMs: 300, bodyMs: 1000 };

async function startHostile(t: TestContext) {
  const registry = createHostileRegistry();
  const server = await startFakeRegistry(t, registry.listener);
  const client = openClient(server.url, { read: DEADLINES, work: DEADLINES });
  const database = await openTestDatabase();
  const indexer = createIndexer({
    ...{ db: database.db, client, now: Date.now, log: createLogger('silent') },
    retryDelaysMs: [50, 100, 200],
  });
  t.after(async () => {
    await indexer.close();
    client.close();
    await database.close();
  });
  const { db } = database;
  return {
    ...{ registry, server, client, db, indexer },
    row: (name: string) => db.selectFrom('repositories').selectAll().where('name', '=', name).executeTakeFirst(),
    async tags(name: string): Promise<readonly string[]> {
      const rows = await db
        .selectFrom('tags')
        .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
        .select('tags.name')
        .where('repositories.name', '=', name)
        .orderBy('tags.name')
        .execute();
      return rows.map((row) => row.name);
    },
  };
}

const endless = (page: (number: number) => readonly string[]): Misbehaviour => ({
  tags: (_request, response, url) => {
    const number = Number(url.searchParams.get('last') ?? 0) + 1;
    json(response, { tags: page(number) }, { Link: `</v2/x/tags/list?n=1000&last=${number}>; rel="next"` });
  },
});

/** Name, what it does, what stands in its row afterwards; null: nothing is wrong with it. */
const cases: readonly (readonly [name: string, misbehaviour: Misbehaviour, error: RegExp | null, tags: string[]])[] = [
  ['good/first', {}, null, ['v1']],
  [
    'lies/digest',
    { manifest: (_q, response) => sendManifest(response, TRUNCATED, false, sha256(manifestOf('lies/digest'))) },
    /v1/,
    ['v1'],
  ],
  [
    'lies/html',
    {
      head: (_q, response) => send(response, '', 'text/html'),
      manifest: (_q, response) => send(response, HTML, 'text/html'),
    },
    /v1/,
    [],
  ],
  ['lies/html-list', { tags: (_q, response) => send(response, HTML, 'text/html') }, /is no registry/, []],
  ['lies/half-a-list', { tags: (_q, response) => send(response, '{"tags":["v1",', 'application/json') }, /JSON/, []],
  ['lies/other-json', { tags: (_q, response) => json(response, ['v1']) }, /JSON/, []],
  [
    'lies/missing',
    {
      head: (_q, response) => send(response, '', 'text/html', 404),
      manifest: (_q, response) => send(response, HTML, 'text/html', 404),
    },
    /v1/,
    [],
  ],
  ['huge/manifest', { manifest: (_q, response) => endlessBody(response, 100 * MIB) }, /v1/, ['v1']],
  ['huge/list', { tags: (_q, response) => endlessBody(response, 100 * MIB) }, /more than/, []],
  [
    'pages/circle',
    { tags: (_q, response) => json(response, { tags: ['v1'] }, { Link: '</v2/x/tags/list?last=a>; rel="next"' }) },
    /does not end/,
    [],
  ],
  ['pages/same', endless(() => ['v1']), /does not end/, []],
  ['pages/empty', endless(() => []), /does not end/, []],
  [
    'pages/endless',
    endless((number) => Array.from({ length: 20_000 }, (_, index) => `t${number}-${index}`)),
    /does not end/,
    [],
  ],
  ['tags/null', { tags: (_q, response) => json(response, { tags: null }) }, null, []],
  ['tags/number', { tags: (_q, response) => json(response, { tags: 7 }) }, null, []],
  [
    'tags/odd',
    {
      tags: (_q, response) =>
        json(response, { tags: [1, null, { a: 1 }, 'ok', '-x', '../x', 'a b', '<b>', 'é', 'x'.repeat(129), 'ok', ''] }),
    },
    null,
    ['ok'],
  ],
  [
    'tags/case',
    { tags: (_q, response) => json(response, { tags: ['Latest', 'latest', 'LATEST'] }) },
    null,
    ['LATEST', 'Latest', 'latest'],
  ],
  ['good/last', {}, null, ['v1']],
];

function endlessBody(response: ServerResponse, bytes: number): void {
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Docker-Content-Digest': sha256(manifestOf('huge/manifest')),
  });
  const chunk = Buffer.alloc(MIB, ' ');
  let sent = 0;
  const more = (): void => {
    while (sent < bytes && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

test('each repository that misbehaves is marked, and all the others are read', async (t) => {
  const { registry, indexer, row, tags } = await startHostile(t);
  for (const [name, misbehaviour] of cases) registry.repositories.set(name, misbehaviour);
  const before = process.memoryUsage().rss;
  await indexer.crawl('start');
  for (const [name, , error, expected] of cases) {
    const found = await row(name);
    if (error === null) assert.equal(found?.error, null, name);
    else assert.match(found?.error ?? '', error, name);
    assert.deepEqual(await tags(name), expected, name);
  }
  assert.ok(process.memoryUsage().rss - before < 300 * MIB, 'memory stays bounded');
  const progress = await indexer.progress();
  assert.notEqual(progress?.finishedAt, null);
  assert.equal(progress?.repositoriesDone, cases.length);
});

test('where some hang and others break off, the rest is read', async (t) => {
  const { registry, indexer, row, tags } = await startHostile(t);
  registry.repositories.set('good/first', {});
  registry.repositories.set('hangs/list', { tags: () => undefined });
  registry.repositories.set('hangs/head', { head: () => undefined });
  registry.repositories.set('hangs/manifest', { manifest: () => undefined });
  registry.repositories.set('breaks/off', { tags: (_q, response) => void response.socket?.destroy() });
  registry.repositories.set('good/last', {});
  await indexer.crawl('start');
  for (const name of ['good/first', 'good/last']) {
    assert.deepEqual([(await row(name))?.error, await tags(name)], [null, ['v1']], name);
  }
  for (const name of ['hangs/list', 'hangs/head', 'hangs/manifest', 'breaks/off']) {
    assert.notEqual((await row(name))?.error, null, name);
  }
  // Where its tag points to is known.
  assert.deepEqual(await tags('hangs/manifest'), ['v1']);
});

test('what could not be read is read later, once the registry has mended', async (t) => {
  const { registry, indexer, db, tags } = await startHostile(t);
  for (const [name, misbehaviour] of cases.slice(0, 9)) registry.repositories.set(name, misbehaviour);
  await indexer.crawl('start');
  for (const [name] of cases.slice(0, 9)) registry.repositories.set(name, {});
  await indexer.retry();
  const marked = await db.selectFrom('repositories').select(['name', 'error']).where('error', 'is not', null).execute();
  assert.deepEqual(marked, []);
  for (const [name] of cases.slice(0, 9)) assert.deepEqual(await tags(name), ['v1'], name);
});

test('a catalog full of odd names gives the good ones, each once', async (t) => {
  const { registry, indexer, db } = await startHostile(t);
  const odd = [
    '../../etc/passwd',
    'a//b',
    'UPPER',
    '<script>',
    'x'.repeat(300),
    '',
    'a/-/b',
    'good',
    'good',
    'g00d',
    'team/app',
  ];
  registry.catalog = (_request, response) => json(response, { repositories: [...odd, 7, null, ['good']] });
  await indexer.crawl('start');
  const rows = await db.selectFrom('repositories').select('name').orderBy('name').execute();
  assert.deepEqual(
    rows.map((found) => found.name),
    ['g00d', 'good', 'team/app'],
  );
});

for (const [what, answer] of [
  ['HTML', (response: ServerResponse) => send(response, HTML, 'text/html')],
  ['half of the JSON', (response: ServerResponse) => send(response, '{"repositories":["a"', 'application/json')],
  [
    'a refusal',
    (response: ServerResponse) => send(response, '{"errors":[{"code":"UNAUTHORIZED"}]}', 'application/json', 401),
  ],
] as const) {
  test(`a catalog that is ${what}: the crawl says so, and what is known is read all the same`, async (t) => {
    const { registry, indexer, row } = await startHostile(t);
    registry.repositories.set('known', {});
    await indexer.crawl('start');
    registry.catalog = (_request, response) => answer(response);
    await indexer.crawl('schedule');
    const progress = await indexer.progress();
    assert.notEqual(progress?.finishedAt, null);
    assert.match(progress?.failure?.key ?? '', /^registry/);
    assert.equal(progress?.repositoriesDone, 1);
    assert.equal((await row('known'))?.error, null);
  });
}

test('nothing leads to another origin: neither a Link nor a redirect', async (t) => {
  const foreign = await startFakeRegistry(t, (_request, response) => json(response, { tags: ['evil'] }));
  const { registry, indexer, row, tags } = await startHostile(t);
  registry.repositories.set('link', {
    tags: (_request, response, url) =>
      url.searchParams.has('last')
        ? json(response, { tags: ['v2'] })
        : json(response, { tags: ['v1'] }, { Link: `<${foreign.url}/v2/link/tags/list?last=v1>; rel="next"` }),
  });
  const away: Misbehaviour['tags'] = (request, response) => {
    response.writeHead(307, { Location: `${foreign.url}${request.url}` }).end();
  };
  registry.repositories.set('redirected-list', { tags: away });
  registry.repositories.set('redirected-manifest', { head: away, manifest: away });
  await indexer.crawl('start');
  assert.deepEqual(await tags('link'), ['v1', 'v2']);
  assert.match((await row('redirected-list'))?.error ?? '', /redirects/);
  assert.match((await row('redirected-manifest'))?.error ?? '', /v1/);
  assert.deepEqual(
    foreign.requests.map((request) => request.url),
    [],
  );
});

test('a registry that refuses each question twice is read completely, and left alone for as long as it asks', async (t) => {
  const { registry, indexer, db } = await startHostile(t);
  for (let index = 0; index < 40; index += 1) registry.repositories.set(`flapping/r${index}`, {});
  const refusals = new Map<string, number>();
  let count = 0;
  let quietUntil = 0;
  let disturbed = 0;
  registry.before = ({ method, url }, response) => {
    count += 1;
    if (Date.now() < quietUntil) disturbed += 1;
    if (count === 30) {
      quietUntil = Date.now() + 900;
      response.writeHead(429, { 'Retry-After': '1' }).end();
      return true;
    }
    const times = refusals.get(`${method} ${url}`) ?? 0;
    refusals.set(`${method} ${url}`, times + 1);
    if (times < 2) response.writeHead(503).end();
    return times < 2;
  };
  await indexer.crawl('start');
  const rows = await db.selectFrom('repositories').select(['name', 'error']).execute();
  assert.deepEqual(
    rows.filter((found) => found.error !== null),
    [],
  );
  assert.equal((await db.selectFrom('tags').select('id').execute()).length, 40);
  assert.ok(disturbed <= 32, `only what was under way came in the quiet time, not ${disturbed}`);
});

test('a hundred thousand tags in one answer are taken as they are', async (t) => {
  const { registry, client } = await startHostile(t);
  const many = Array.from({ length: 100_000 }, (_, index) => `build-${index}`);
  registry.repositories.set('many', { tags: (_request, response) => json(response, { tags: many }) });
  assert.equal((await client.tags('many')).length, many.length);
});

test('an event is told while the crawl waits for a registry that hangs', async (t) => {
  const { registry, db, indexer, tags } = await startHostile(t);
  let hanging = 0;
  const hang = () => {
    hanging += 1;
  };
  for (let index = 0; index < 60; index += 1) registry.repositories.set(`slow/r${index}`, { head: hang });
  const crawl = indexer.crawl('start');
  await eventually('the crawl waits', () => hanging);
  registry.repositories.set('pushed', {});
  await applyEvent(db, indexer, {
    ...{
      action: 'push',
      repository: 'pushed',
      tag: 'v1',
      digest: sha256(manifestOf('pushed')),
      actor: 'eve',
      confirmed: true,
    },
    ...{ at: Date.now(), method: 'PUT', userAgent: '', address: '' },
  });
  assert.deepEqual(await tags('pushed'), ['v1']);
  assert.equal(indexer.isCrawling(), true);
  await indexer.close();
  await crawl;
});

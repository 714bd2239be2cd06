/** Every route of the API, asked by everybody; and what everybody may try on it. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ArtifactDocument } from '../../server/artifacts/document.ts';
import type { ReadDocument } from '../../server/catalog/manifests/documents.ts';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { type DeletionPlan, readPlan } from '../../server/housekeeping/plan.ts';
import { createLogger } from '../../server/log.ts';
import { createRefusals } from '../../server/token/refusals.ts';
import { ADMIN, addPeople, MEMBER, NO_DELETION, OUTSIDER, startApi, type TestApi } from '../support/app/api.ts';
import { quietBus } from '../support/app/bus.ts';
import { type SeedImage, seedRepository } from '../support/data/seed.ts';

const MANY_TAGS = 130;
const IMAGES: readonly SeedImage[] = [
  {
    tags: ['v1', 'latest'],
    layers: ['base', 'app one'],
    platforms: ['linux/amd64', 'linux/arm64'],
    annotations: { 'org.example.team': 'core' },
    pulls: 3,
  },
  { tags: ['v2'], layers: ['base', 'app two'], labels: { team: 'core', api_token: 'hunter2' }, push: pushBy('ci') },
  { salt: 'left behind', layers: ['base', 'nobody'] },
];

function pushBy(by: string) {
  return { at: 1_700_000_100_000, by, confirmed: true };
}

let app: TestApi;
let digests: readonly string[];
/** Of a notification that could not be read. */
let asideId: number;

before(async () => {
  app = await startApi({
    deletion: {
      ...{ ...NO_DELETION, plan: planOf },
      ...{ deleteTag: () => assert.fail('nothing goes here'), restore: () => assert.fail('nothing comes back') },
    },
    documents: { read: async () => DOCUMENTS },
  });
  await addPeople(app);
  digests = (await seedRepository(app.db, 'team/app', IMAGES)).digests;
  await seedRepository(app.db, 'team/many', manyTags());
  await seedRepository(app.db, 'secret/app', [{ tags: ['v1'], layers: ['base', 'hidden'], labels: { team: 'core' } }]);
  for (const name of ['team/sub/x', 'team/sub/y', 'a', 'b']) await seedRepository(app.db, name, [{ tags: ['1'] }]);
  const sent = { received_at: 1, media_type: 'text/plain', source: '192.0.2.66', verified: 0, size_bytes: 1 } as const;
  const aside = await app.db
    .insertInto('envelopes')
    .values({ ...sent, state: 'quarantined', error: 'no JSON', body: Buffer.from('x') })
    .returning('id')
    .executeTakeFirstOrThrow();
  asideId = aside.id;
});
after(() => app?.stop());

const SEALED = {
  seal: {
    format: 'dsse' as const,
    certificate: { subject: 'ci', issuer: 'https://issuer.example', notBefore: 0, notAfter: 1e99 },
    keyHint: '',
    loggedAt: null,
  },
  subjects: [{ name: 'app', digest: 'sha256:1' }],
};
const FILE = { text: 'x'.repeat(300_000), isCut: false };
const WORDS = { format: 'SLSA v1', builder: '', buildType: '', source: '', revision: '', entryPoint: '' };
const A_PACKAGE = { name: 'musl', version: '1', license: 'MIT', purl: 'pkg:apk/musl@1' };
/** One of each kind, some larger than an answer may be. */
const CONTENTS: readonly ArtifactDocument[] = [
  {
    ...{ kind: 'sbom', ...SEALED, format: 'SPDX 2.3', name: '', tools: ['syft'], createdAt: 5 },
    ...{ packages: Array(50_000).fill(A_PACKAGE), packageCount: 50_000, licenseCount: 1 },
  },
  {
    ...{ kind: 'provenance', ...SEALED, ...WORDS, invocationId: '', startedAt: 1, finishedAt: null },
    ...{ parameters: [['a', 'b']], materials: [{ uri: 'git+x', digest: '' }], materialCount: 1 },
  },
  { kind: 'statement', seal: null, subjects: [], predicateType: 'https://x', facts: [['a', 'x'.repeat(100_000)]] },
  {
    ...{ kind: 'signature', ...SEALED, format: 'cosign', identity: '', digest: '', keyHint: '' },
    ...{ certificate: null, signedAt: -1e99, annotations: [['a', 'b']] },
  },
  { kind: 'chart', readme: FILE, values: FILE, definition: null, files: [{ name: 'a', sizeBytes: 1 }], fileCount: 1 },
  { kind: 'other', text: null },
];
const DOCUMENTS: readonly ReadDocument[] = [
  ...CONTENTS.map((document) => ({ digest: 'sha256:1', document, problem: null })),
  { digest: 'sha256:2', document: undefined, problem: 'large' },
];

/** As the real one says it; what it reads is the business of its own tests. */
async function planOf(repository: string, tag: string): Promise<DeletionPlan> {
  const plan = await readPlan(app.db, EVERYTHING, repository, tag);
  return plan ?? assert.fail(`no ${repository}:${tag}`);
}

function manyTags(): readonly SeedImage[] {
  return Array.from({ length: MANY_TAGS }, (_, index) => ({ tags: [`v1.${index}`], sizeBytes: (index * 37) % 50 }));
}

type Body = Record<string, unknown> & {
  readonly items: readonly Record<string, unknown>[];
  readonly next: string | null;
  readonly previous: string | null;
};

async function get(path: string, who = ADMIN): Promise<Body> {
  const response = await app.ask(path, who);
  const text = await response.text();
  assert.equal(response.status, 200, `${path}: ${text}`);
  return JSON.parse(text) as Body;
}

/** Of each route: an address about `repository`, and what it needs. */
function addressOf(path: string, repository: string): string {
  const filled = path
    .replace('{repository}', repository)
    .replace('{tag}', 'v1')
    .replace('{trashId}', '7')
    .replace('/aside/{id}', `/aside/${asideId}`)
    .replace('{digest}', digests[0] ?? '');
  const needed: Record<string, string> = {
    '/compare': `?a=${repository}:v1&b=${repository}:v1`,
    '/search': '?q=app',
    '/search/repositories': '?q=app',
    '/search/images': '?q=app',
    '/search/suggestions': '?q=ap',
  };
  return `${filled}${needed[path] ?? ''}`;
}

const DESCRIPTION = '{"text":"","version":0}';
const isAbout = (path: string) => path.includes('{repository}') || path === '/compare';

describe('every route that reads', () => {
  test('answers an admin with what its schema says, at a bounded size', async () => {
    for (const { path, method, response } of app.api.routes) {
      if (method !== 'GET') continue;
      const answer = await app.ask(addressOf(path, 'team/app'), ADMIN);
      const text = await answer.text();
      assert.equal(answer.status, 200, `${path}: ${text}`);
      assert.ok(text.length < 500_000, `${path}: ${text.length} characters`);
      assert.equal(answer.headers.get('cache-control'), 'no-store', path);
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
      if (response === 'bytes') continue;
      const parsed = response.safeParse(JSON.parse(text));
      assert.ok(parsed.success, `${path}: ${parsed.error?.message} ${text.slice(0, 500)}`);
    }
  });

  test('answers a member the same about the team, and HEAD without a body', async () => {
    for (const { path, method, policy } of app.api.routes) {
      if (method !== 'GET') continue;
      const answer = await app.ask(addressOf(path, 'team/app'), MEMBER, { method: 'HEAD' });
      assert.equal(answer.status, policy === 'admin' ? 403 : 200, path);
      assert.equal(await answer.text(), '');
    }
  });

  test('asks who is not signed in to do so', async () => {
    for (const { path, method } of app.api.routes) {
      const answer = await app.ask(addressOf(path, 'team/app'), '', { method });
      assert.equal(answer.status, 401, path);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic /);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    }
  });

  test('says of a hidden repository what it says of a missing one', async () => {
    for (const { path, method, body } of app.api.routes) {
      if (!isAbout(path)) continue;
      const query = method === 'DELETE' && path.includes('/tags/') ? `?digest=${digests[0]}` : '';
      const headers = { 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { headers, body: path.endsWith('/description') ? DESCRIPTION : '{}' };
      const about = async (repository: string) => {
        const answer = await app.ask(`${addressOf(path, repository)}${query}`, MEMBER, { method, ...sent });
        return [answer.status, (await answer.text()).replaceAll(repository, '')];
      };
      const [hidden, missing] = [await about('secret/app'), await about('secret/none')];
      assert.equal(hidden[0], 404, path);
      assert.deepEqual(hidden, missing, path);
    }
  });

  test('shows who may pull nothing an empty catalog', async () => {
    for (const path of ['/repositories', '/folders', '/space', '/search/images?q=app', '/events', '/trash']) {
      assert.deepEqual((await get(path, OUTSIDER)).items, [], path);
    }
    assert.equal((await get('/status', OUTSIDER))['details'], null);
  });

  test('never names a hidden repository in a list, a search or a count', async () => {
    const paths = ['/repositories?limit=100', '/folders', '/space', '/search?q=app', '/search?q=label:team=core'];
    for (const path of [...paths, '/search/images?q=label:team=core', '/search/suggestions?q=sec', '/events']) {
      assert.doesNotMatch(JSON.stringify(await get(path, MEMBER)), /secret/, path);
    }
    assert.equal((await get('/repositories', MEMBER))['total'], 4);
    assert.equal((await get('/repositories', ADMIN))['total'], 7);
  });
});

const linkTo = (rel: 'next' | 'prev', answer: Response) =>
  new RegExp(`<\\/api\\/v1([^>]*)>; rel="${rel}"`).exec(answer.headers.get('link') ?? '')?.[1];

/** From the last page to the first, where the list goes both ways. */
async function walkBack(path: string, pages: readonly Body[]): Promise<void> {
  if (path.startsWith('/search')) return assert.ok(pages.every(({ previous }) => previous === null));
  assert.equal(pages[0]?.previous, null);
  for (let at = pages.length - 1; at > 0; at -= 1) {
    const before = await get(`${path}&after=${pages[at]?.previous}`);
    assert.deepEqual(before.items, pages[at - 1]?.items, `${path} ${at}`);
  }
}

describe('lists', () => {
  const walks = [
    ['/repositories?limit=2', 'name', 7],
    ['/repositories?limit=3&sort=size&direction=desc', 'name', 7],
    ['/repositories?limit=1&folder=team', 'name', 4],
    ['/folders?limit=1', 'path', 2],
    ['/space?limit=2', 'path', 4],
    ['/repositories/team/many/-/tags?limit=25', 'name', MANY_TAGS],
    ['/repositories/team/many/-/tags?limit=40&sort=size&direction=asc', 'name', MANY_TAGS],
    ['/repositories/team/many/-/images?limit=50', 'digest', MANY_TAGS],
    ['/search/images?q=v1.*&limit=60', 'digest', undefined],
  ] as const;
  for (const [path, key, count] of walks) {
    test(`${path}: all pages together are the list, each row once`, async () => {
      const seen: unknown[] = [];
      const pages: Body[] = [];
      let address: string | undefined = path;
      while (address !== undefined) {
        const answer: Response = await app.ask(address, ADMIN);
        const body = (await answer.json()) as Body;
        seen.push(...body.items.map((item) => item[key]));
        const link = linkTo('next', answer);
        assert.equal(link === undefined, body.next === null);
        assert.equal(linkTo('prev', answer) === undefined, body.previous === null);
        pages.push(body);
        address = link;
        assert.ok(seen.length <= MANY_TAGS * 2);
      }
      await walkBack(path, pages);
      assert.equal(new Set(seen).size, seen.length);
      if (count !== undefined) assert.equal(seen.length, count);
    });
  }

  test('versions stand in their order', async () => {
    const { items } = await get('/repositories/team/many/-/tags?limit=3');
    assert.deepEqual(
      items.map(({ name }) => name),
      ['v1.129', 'v1.128', 'v1.127'],
    );
  });

  test('a cursor of another order or another list is refused', async () => {
    const { next } = await get('/repositories?limit=2');
    for (const path of [`/repositories?sort=size&after=${next}`, `/folders?after=${next}`, '/repositories?after=x']) {
      const answer = await app.ask(path, ADMIN);
      assert.equal(answer.status, 400, path);
      const { errors } = (await answer.json()) as { errors: { name: string }[] };
      assert.equal(errors[0]?.name, 'after');
    }
  });

  test('filters filter', async () => {
    const names = async (query: string) => (await get(`/repositories?${query}`)).items.map(({ name }) => name);
    assert.deepEqual(await names('filter=app'), ['secret/app', 'team/app']);
    assert.deepEqual(await names('folder=team&direct=true'), ['team/app', 'team/many']);
    assert.deepEqual(await names('platform=linux/arm64'), ['team/app']);
    assert.deepEqual(await names('pushedAfter=2023-01-01T00:00:00Z'), ['team/app']);
    assert.deepEqual(await names('empty=true'), []);
    assert.equal((await get('/repositories/team/app/-/untagged')).items.length, 1);
    assert.equal((await get('/repositories/team/app/-/tags?filter=v')).items.length, 2);
  });
});

describe('events', () => {
  test('people see their own refusals, readers all', async () => {
    const refusals = createRefusals(app.db, { now: Date.now, log: createLogger('silent'), bus: quietBus() });
    const asked = {
      address: '10.0.0.1',
      asked: ['push'],
      missing: ['push'],
      client: 'docker',
      subjectKind: 'user',
    } as const;
    refusals.record({ ...asked, subject: 'member', repository: 'secret/app' });
    refusals.record({ ...asked, subject: 'other', repository: 'secret/app' });
    await refusals.flush();
    const subjects = async (path: string, who: string) => (await get(path, who)).items.map(({ subject }) => subject);
    assert.deepEqual(await subjects('/events/refused', MEMBER), ['member']);
    assert.deepEqual(await subjects('/events/refused?user=other', MEMBER), ['member']);
    assert.deepEqual((await subjects('/events/refused', ADMIN)).sort(), ['member', 'other']);
    const { next } = await get('/events/refused?limit=1', ADMIN);
    assert.equal((await get(`/events/refused?limit=1&after=${next}`, ADMIN)).items.length, 1);
  });
});

describe('manifests', () => {
  test('an index tells its platforms and describes the one that is asked for', async () => {
    const body = await get(`/repositories/team/app/-/manifests/${digests[0]}?platform=linux/arm64`);
    assert.deepEqual(
      (body['platforms'] as { platform: string }[]).map(({ platform }) => platform),
      ['linux/amd64', 'linux/arm64'],
    );
    assert.equal((body['content'] as { platform: string }).platform, 'linux/arm64');
  });

  test('the raw one comes as it is, with its digest as ETag', async () => {
    const path = `/repositories/team/app/-/manifests/${digests[1]}/raw`;
    const answer = await app.ask(path, MEMBER);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/vnd\.oci\.image\.manifest/);
    assert.equal(answer.headers.get('content-disposition'), 'attachment');
    assert.equal((JSON.parse(await answer.text()) as { schemaVersion: number }).schemaVersion, 2);
    const again = await app.ask(path, MEMBER, {
      headers: { 'if-none-match': `"${digests[1]}"`, 'cache-control': 'max-age=0' },
    });
    assert.equal(again.status, 304);
  });

  test('values that look like secrets are shown to who asks for them only', async () => {
    const manifest = `/repositories/team/app/-/manifests/${digests[1]}`;
    const compared = `/compare?a=team/app:v1&b=team/app:v2`;
    for (const [path, mark] of [
      [manifest, '?'],
      [compared, '&'],
      ['/search?q=label:api_token', '&'],
      ['/search/images?q=label:api_token', '&'],
    ] as const) {
      const text = JSON.stringify(await get(path));
      assert.doesNotMatch(text, /hunter2/, path);
      assert.match(text, /•••/, path);
      assert.match(JSON.stringify(await get(`${path}${mark}secrets=shown`)), /hunter2/, path);
    }
    assert.equal((await app.ask(`${manifest}?secrets=yes`, ADMIN)).status, 400);
  });

  test('no value that looks like a secret is suggested', async () => {
    assert.deepEqual((await get('/search/suggestions?q=label:api_token=')).items, []);
    assert.match(JSON.stringify(await get('/search/suggestions?q=label:api_')), /label:api_token/);
  });

  test('two images are compared', async () => {
    const body = await get(`/compare?a=team/app:v1&b=team/app@${digests[1]}`);
    assert.equal((body['layers'] as { change: string }[])[0]?.change, 'same');
    assert.equal((await app.ask('/compare?a=team/app&b=team/app:v1', ADMIN)).status, 400);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Rights } from '../../server/access/rights.ts';
import { compileRule } from '../../server/access/rule.ts';
import { parseQuery } from '../../server/catalog/search/query.ts';
import { createSearch, type SearchOptions } from '../../server/catalog/search/search.ts';
import { createVisibility, EVERYTHING, NOTHING, type Visibility } from '../../server/catalog/visibility/visibility.ts';
import { openTestDatabase, type TestDatabase } from '../support/data/database.ts';
import { type ModelImage, modelSearch, passesRepository, readModel } from '../support/data/search-model.ts';
import { type SeedImage, seedRepository } from '../support/data/seed.ts';

const DAY = 86_400_000;
const NOW = 1_780_000_000_000;
const NAMES = ['app', 'team/app', 'team/api-gateway', 'team/sub/app_b', 'other/app-10', 'zz', 'sec_ret/app', 'core/db'];
const PATTERNS = ['team/**', '*', 'other/*', 'core/db', 'team/sub/**', 'nothing/**'];

let database: TestDatabase;
let model: readonly ModelImage[];
before(async () => {
  database = await openTestDatabase();
  await fill(database);
  model = await readModel(database.db);
});
after(() => database.close());

const image: fc.Arbitrary<SeedImage> = fc.record({
  tags: fc.uniqueArray(fc.constantFrom('v1', 'v1.2', 'V1.10', 'latest', 'x_y', 'x-y', 'rc.1', 'a'), { maxLength: 3 }),
  kind: fc.constantFrom('image', 'image', 'image', 'helm', 'sbom'),
  sizeBytes: fc.constantFrom(1, 1000, 2_000_000_000),
  platforms: fc.constantFrom(['linux/amd64'], ['linux/amd64', 'linux/arm64/v8'], ['windows/amd64']),
  labels: fc.constantFrom({}, { team: 'Core' }, { team: 'data', 'org.x/y': 'a%b_c' }),
  annotations: fc.constantFrom({}, { team: 'core', note: '"quoted" app' }),
  pulls: fc.constantFrom(0, 0, 1, 3),
  lastPulledAt: fc.constantFrom(NOW - DAY, NOW - 100 * DAY),
  createdAt: fc.constantFrom(NOW - 2 * DAY, NOW - 200 * DAY),
  push: fc.option(
    fc.record({
      at: fc.constantFrom(NOW, NOW - 50 * DAY),
      by: fc.constantFrom('wei', 'ci-bot'),
      confirmed: fc.boolean(),
    }),
    { nil: undefined },
  ),
  salt: fc.uuid(),
}) as unknown as fc.Arbitrary<SeedImage>;

async function fill({ db }: TestDatabase): Promise<void> {
  const images = fc.sample(fc.array(image, { minLength: 1, maxLength: 6 }), { numRuns: NAMES.length, seed: 7 });
  for (const [index, name] of NAMES.entries()) {
    const { digests } = await seedRepository(db, name, images[index] ?? [], NOW);
    const [subject] = digests;
    if (subject !== undefined)
      await seedRepository(db, name, [{ kind: 'signature', subject, salt: `${name} signed` }], NOW);
  }
}

const search = (visibility: Visibility, text: string, options: SearchOptions) =>
  createSearch({ db: database.db, now: () => NOW }).search(visibility, text, options);

const rights = (patterns: readonly string[]): Rights => ({
  ...{ subject: { kind: 'user', id: 1, name: 'lin' }, isAdmin: false, isAuditor: false },
  rules: patterns.map((repository) =>
    compileRule({ repository, address: '*', canPull: true, canPush: false, canDelete: false }, 'lin'),
  ),
});

async function seenBy(
  patterns: readonly string[] | 'all',
): Promise<{ visibility: Visibility; names: readonly string[] }> {
  if (patterns === 'all') return { visibility: EVERYTHING, names: NAMES };
  const visibility = await createVisibility(database.db, () => NOW).of(rights(patterns), '10.0.0.1');
  const { matchesGlob, parseGlob } = await import('../../server/access/glob.ts');
  const names = NAMES.filter((name) => patterns.some((pattern) => matchesGlob(parseGlob(pattern), name)));
  return { visibility, names };
}

/** Every page, one behind the other. */
async function allPages(visibility: Visibility, text: string, kind: 'images' | 'repositories', limit: number) {
  const rows: { readonly key: string; readonly at: number }[] = [];
  let after: string | undefined;
  for (let page = 0; page < 100; page += 1) {
    const found = await search(visibility, text, { kind, limit, after });
    rows.push(
      ...found.images.rows.map((hit) => ({
        key: `${hit.repository} ${hit.digest}`,
        at: agedAt(hit.repository, hit.digest),
      })),
    );
    rows.push(...found.repositories.rows.map((hit) => ({ key: hit.name, at: hit.lastPushedAt ?? 0 })));
    if (page === 0) {
      const total = kind === 'images' ? found.images.total : found.repositories.total;
      assert.ok(total !== undefined && total.total >= Math.min(rows.length, 1));
    }
    after = kind === 'images' ? found.images.next : found.repositories.next;
    if (after === undefined) return rows;
  }
  throw new Error('endless pages');
}

function agedAt(repository: string, digest: string): number {
  return model.find((row) => row.repository === repository && row.digest === digest)?.aged_at ?? -1;
}

const word = fc.constantFrom(
  ...[
    'app',
    'team',
    'TEAM/app',
    'v1',
    'v1.*',
    'x_y',
    'core',
    '*',
    '*app',
    'a',
    'a%b',
    'team/*',
    '[a-t]*',
    '%',
    '_',
    '\\',
    '"a b"',
    '"\\"quoted"',
  ],
  ...[
    'repo:app',
    'repo:team/*',
    'tag:v1',
    'tag:v1.*',
    'tag:*[0-9]',
    'tag:latest',
    'digest:aaaa',
    'label:team',
    'label:team=core',
    'label:team=c*',
    'label:org.x/y=a%b_c',
  ],
  ...[
    'by:wei',
    'by:ci-*',
    'older:30d',
    'newer:30d',
    'pulled-older:30d',
    'size:>1kB',
    'size:1..1000',
    'arch:arm64',
    'arch:amd64',
    'os:windows',
    'platform:linux/arm64',
    'platform:linux/arm64/v8',
  ],
  ...[
    'type:image',
    'type:index',
    'type:helm',
    'type:sbom',
    'type:signature',
    'pulls:>0',
    'pulls:0',
    'never:pulled',
    'is:untagged',
    'has:signature',
    'has:sbom',
    'folder:team',
    'team/app:v1',
  ],
);
const queries = fc
  .array(fc.tuple(fc.boolean(), word), { minLength: 1, maxLength: 3 })
  .map((terms) => terms.map(([turned, text], index) => (turned && index > 0 ? `-${text}` : text)).join(' '));
const viewers = fc.oneof(fc.constant('all' as const), fc.subarray(PATTERNS));

test('finds what looking at every row finds, page by page, newest first, and nothing that is hidden', async () => {
  const property = fc.asyncProperty(queries, viewers, fc.integer({ min: 1, max: 5 }), async (text, patterns, limit) => {
    const { visibility, names } = await seenBy(patterns);
    const { terms } = parseQuery(text);
    const expected = modelSearch(model, terms, NOW).filter((row) => names.includes(row.repository));
    const rows = await allPages(visibility, text, 'images', limit);
    assert.deepEqual(
      rows.map((row) => row.key).sort(),
      expected.map((row) => `${row.repository} ${row.digest}`).sort(),
    );
    const isRanked = terms.some(({ test }) => test.on === 'anything' || test.on === 'repository');
    if (!isRanked)
      assert.deepEqual(
        rows.map((row) => row.at),
        rows.map((row) => row.at).sort((one, other) => other - one),
      );
  });
  await fc.assert(property, { numRuns: 400 });
});

test('finds repositories by name in the same way', async () => {
  const names = fc.constantFrom(
    'app',
    'team',
    'a',
    '*',
    'team/*',
    '*_*',
    'zz',
    'folder:team',
    'repo:app app',
    'app -team',
    'tag:v1',
    'app tag:v1',
  );
  const property = fc.asyncProperty(names, viewers, fc.integer({ min: 1, max: 3 }), async (text, patterns, limit) => {
    const seen = await seenBy(patterns);
    const { terms } = parseQuery(text);
    const isOfNames = terms.every(({ test }) => ['anything', 'repository', 'folder'].includes(test.on));
    const meets = (name: string) =>
      terms.every(({ test, isNegated }) => {
        const isMet =
          test.on === 'folder' ? name.startsWith(`${test.path}/`) : 'text' in test && passesRepository(name, test.text);
        return isMet !== isNegated;
      });
    const rows = await allPages(seen.visibility, text, 'repositories', limit);
    assert.deepEqual(rows.map((row) => row.key).sort(), isOfNames ? seen.names.filter(meets).sort() : []);
  });
  await fc.assert(property, { numRuns: 150 });
});

test('an exact name comes first, then what begins so', async () => {
  const { repositories } = await search(EVERYTHING, 'app', { limit: 50 });
  assert.equal(repositories.rows[0]?.name, 'app');
  assert.deepEqual(repositories.total, { total: 5, isExact: true });
});

test('offers to jump to what was named exactly, only to who may see it', async () => {
  const tagged = model.find((row) => row.repository.startsWith('team/') && row.tags.length > 0);
  assert.ok(tagged);
  const { visibility } = await seenBy(['other/*']);
  for (const name of [
    tagged.repository,
    `${tagged.repository}:${tagged.tags[0]}`,
    `${tagged.repository}@${tagged.digest}`,
  ]) {
    assert.equal((await search(EVERYTHING, ` ${name} `, { limit: 1 })).jump, name);
    assert.equal((await search(visibility, name, { limit: 1 })).jump, null);
    assert.equal((await search(NOTHING, name, { limit: 1 })).jump, null);
  }
  assert.equal((await search(EVERYTHING, `${tagged.repository}:none`, { limit: 1 })).jump, null);
});

test('shows the tag and the label that were looked for', async () => {
  const two = model.find((row) => row.state === 'tagged' && row.tags.length > 1);
  assert.ok(two);
  for (const tag of two.tags) {
    const { images } = await search(EVERYTHING, `repo:${two.repository} tag:${tag} ${two.digest}`, { limit: 5 });
    assert.deepEqual(
      images.rows.filter((hit) => hit.digest === two.digest && hit.repository === two.repository).map((hit) => hit.tag),
      [tag],
    );
  }
  const { images } = await search(EVERYTHING, 'label:team=core', { limit: 1 });
  assert.equal(images.rows[0]?.label?.value.toLowerCase(), 'core');
});

const HOSTILE = [
  '"',
  '"" ""',
  '-',
  'repo:',
  'tag:"',
  '\0',
  '\0\0 a\0',
  '%',
  '_',
  '\\',
  '\\\\"',
  "'; drop table tags; --",
  '" OR 1=1',
  'NEAR("a" "b")',
  'a* ^b',
  'name:abc',
  '*'.repeat(8),
  '[',
  '[]',
  '[!]',
  '[z-a]',
  '[^a]',
  '[a-b-c]',
  '(((',
  '\ud800',
  '🙂',
  'é'.repeat(90),
  'x'.repeat(80_000),
  'a b '.repeat(20_000),
  '-a -b',
  'digest:ffff',
  'size:>999999999999999',
  'older:999999y',
  '{a,b}',
  '%%%abc___',
];
for (const text of HOSTILE) {
  test(`answers ${JSON.stringify(text.slice(0, 24))}`, async () => {
    const { visibility } = await seenBy(['team/**']);
    for (const viewer of [EVERYTHING, visibility, NOTHING]) {
      const found = await search(viewer, text, { limit: 5, after: 'bm90IG91cnM' });
      assert.ok(found.images.rows.length <= 5);
      await createSearch({ db: database.db }).suggest(viewer, text, 10);
    }
  });
}

test('any text and any cursor get an answer', async () => {
  const cursors = fc.oneof(
    fc.constant(undefined),
    fc.string(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc
      .constantFrom('scan', 'few.2', 'few.9')
      .map((part) => Buffer.from(JSON.stringify([NOW, 'x', part])).toString('base64url')),
  );
  const property = fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), cursors, async (text, after) => {
    for (const kind of ['images', 'repositories'] as const) await search(EVERYTHING, text, { kind, limit: 3, after });
    await createSearch({ db: database.db }).suggest(EVERYTHING, text, 5);
  });
  await fc.assert(property, { numRuns: 200 });
});

test('values that look like secrets are found, but not suggested', async () => {
  const { db, close } = await openTestDatabase();
  await seedRepository(
    db,
    'app',
    [{ tags: ['v1'], labels: { api_token: 'hunter2', note: 'ghp_abc', 'x=note': 'a' } }],
    NOW,
  );
  const { suggest } = createSearch({ db, now: () => NOW });
  const labels = async (text: string) => (await suggest(EVERYTHING, text, 20)).map((each) => each.label);
  assert.deepEqual(await labels('label:api_'), ['label:api_token']);
  for (const text of ['label:api_token=', 'label:api_token=hun', 'label:note=', 'annotation:note=gh'])
    assert.deepEqual(await labels(text), [], text);
  await close();
});

test('suggestions name only what the viewer may see', async () => {
  const { suggest } = createSearch({ db: database.db });
  const labels = async (visibility: Visibility, text: string) =>
    (await suggest(visibility, text, 20)).map((each) => each.label);
  const { visibility } = await seenBy(['other/*']);
  assert.deepEqual(await labels(EVERYTHING, 'gate'), ['team/api-gateway']);
  assert.deepEqual(await labels(visibility, 'gate'), []);
  assert.deepEqual((await labels(EVERYTHING, 'app')).slice(0, 1), ['app']);
  assert.deepEqual(await labels(visibility, 'app'), ['other/app-10']);
  assert.deepEqual(await labels(visibility, 'te'), []);
  assert.ok((await labels(EVERYTHING, 'te')).includes('team/app'));
  assert.deepEqual(await labels(EVERYTHING, 'type:s'), ['type:sbom', 'type:signature']);
  assert.ok((await labels(EVERYTHING, 'old')).includes('older:'));
  assert.ok((await labels(EVERYTHING, 'label:te')).includes('label:team'));
  assert.ok((await labels(EVERYTHING, 'label:team=')).includes('label:team=Core'));
  assert.deepEqual(await labels(NOTHING, 'label:te'), []);
  assert.ok((await labels(EVERYTHING, 'by:w')).includes('by:wei'));
  assert.ok((await labels(EVERYTHING, 'arch:')).includes('arch:arm64'));
  const [whole] = await suggest(EVERYTHING, 'older:30d team/api-g', 5);
  const { facts, ...named } = whole ?? {};
  assert.ok((facts?.tagCount ?? 0) > 0 && (facts?.sizeBytes ?? 0) > 0);
  assert.deepEqual(named, {
    isNear: false,
    kind: 'repository',
    label: 'team/api-gateway',
    text: 'older:30d team/api-gateway',
    reference: 'team/api-gateway',
  });
});

test('a reference is completed with the tags of its repository', async () => {
  const tagged = model.find((row) => row.repository === 'team/app' && row.tags.length > 0);
  assert.ok(tagged);
  const { suggest } = createSearch({ db: database.db });
  const found = await suggest(EVERYTHING, 'team/app:', 20);
  assert.ok(found.some((each) => each.reference === `team/app:${tagged.tags[0]}`));
  const { visibility } = await seenBy(['other/*']);
  assert.deepEqual(await suggest(visibility, 'team/app:', 20), []);
});

describe('tags without their repository', () => {
  const TAGS = ['v12.5', 'v12.5.1', 'v12.5.10', 'v12.5.9', 'x-v12.5', 'V12.5-RC1'];
  let other: TestDatabase;
  before(async () => {
    other = await openTestDatabase();
    await seedRepository(other.db, 'team/app', [{ tags: TAGS }], NOW);
    await seedRepository(other.db, 'other/tool', [{ tags: ['v12.5', 'latest'] }], NOW + DAY);
  });
  after(() => other?.close());
  const labels = async (text: string, visibility: Visibility = EVERYTHING) =>
    (await createSearch({ db: other.db }).suggest(visibility, text, 20)).map((each) => each.label);

  test('the tag itself first, then versions from the highest down', async () => {
    const found = await labels('v12.5');
    assert.deepEqual(found.slice(0, 5), [
      'other/tool:v12.5',
      'team/app:v12.5',
      'team/app:v12.5.10',
      'team/app:v12.5.9',
      'team/app:v12.5.1',
    ]);
    assert.deepEqual(found.at(-1), 'team/app:x-v12.5');
    assert.deepEqual((await labels('12.5')).slice(0, 2), ['other/tool:v12.5', 'team/app:v12.5']);
  });

  test('only of repositories that the viewer may see', async () => {
    const visibility = await createVisibility(other.db, () => NOW).of(rights(['team/**']), '10.0.0.1');
    const found = await labels('v12.5', visibility);
    assert.ok(found.length > 0 && found.every((label) => label.startsWith('team/app:')));
    assert.deepEqual(await labels('v12.5', NOTHING), []);
  });
});

const mistakes: readonly (readonly [string, readonly string[]])[] = [
  ['gatewya', ['team/api-gateway']],
  ['api-gatway', ['team/api-gateway']],
  ['teem/api-gateway', ['team/api-gateway']],
  ['nothing-like-it', []],
  ['zy', []],
];
for (const [typed, expected] of mistakes) {
  test(`a slip of the finger finds what was meant: ${typed}`, async () => {
    const { suggest } = createSearch({ db: database.db });
    const found = await suggest(EVERYTHING, typed, 5);
    assert.deepEqual(
      found.map(({ label, isNear }) => [label, isNear]),
      expected.map((name) => [name, true]),
    );
    const { visibility } = await seenBy(['other/*']);
    assert.deepEqual(await suggest(visibility, typed, 5), []);
    const { near } = createSearch({ db: database.db });
    assert.deepEqual(await near(EVERYTHING, { repository: typed }, 5), expected);
    assert.deepEqual(await near(visibility, { repository: typed }, 5), []);
  });
}

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { countUses } from '../../../../server/catalog/activity/writes.ts';
import { groupBy } from '../../../../server/catalog/base/rows.ts';
import { changeRepository } from '../../../../server/catalog/index/repository-change.ts';
import { ensureRepository } from '../../../../server/catalog/index/tag-writes.ts';
import { type ManifestRecord, manifestRecord } from '../../../../server/catalog/manifests/record.ts';
import { rebuildCatalog, rebuildOldCatalog } from '../../../../server/catalog/rebuild/rebuild.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import { derivedRows, expectedRows } from '../../../support/data/derived-model.ts';
import { seedIndex, seedManifest, seedRepository } from '../../../support/data/seed.ts';

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
});
after(() => database.close());

interface Content {
  readonly digest: string;
  /** Of this and all below, as a first look finds them. */
  readonly records: readonly ManifestRecord[];
}

function image(salt: string, layers: readonly string[], platform = 'linux/amd64', createdAt?: number): Content {
  const labels = { salt, 'a label': 'of many' };
  return seedManifest({ salt, layers, labels, ...(createdAt === undefined ? {} : { createdAt }) }, platform);
}

function index(children: readonly Content[], subject?: string): Content {
  const platforms = ['linux/amd64', 'linux/arm64', ''];
  const made = seedIndex(
    children.map((child, position) => ({ ...child, platform: platforms[position] ?? '' })),
    subject === undefined ? {} : { subject },
  );
  return { digest: made.digest, records: [...children.flatMap((child) => child.records), ...made.records] };
}

const base = image('one', ['base', 'one']);
const arm = image('two', ['base', 'two'], 'linux/arm64', 1_600_000_000_000);
const old = image('three', ['base', 'base', 'old'], 'linux/amd64', 1_500_000_000_000);
const pair = index([base, arm]);
const other = index([arm, old]);
const nested = index([pair, old]);
const lonely = { ...index([image('gone', ['g']), arm]) };
const missingChild = { digest: lonely.digest, records: lonely.records.slice(1) };
const signature = seedManifest({ kind: 'signature', subject: base.digest });
const aboutPair = seedManifest({ kind: 'sbom', subject: pair.digest });
const aboutSignature = seedManifest({ kind: 'attestation', subject: signature.digest });
// It speaks about what it lists, so each keeps the other.
const circle = index([old], old.digest);
const chart = seedManifest({ kind: 'helm', salt: 'chart', annotations: { team: 'core' } });
// By name, so that a failing example can be read.
const contents = {
  ...{ base, arm, old, pair, other, nested, missingChild, signature, aboutPair, aboutSignature, circle, chart },
};
type Name = keyof typeof contents;

const tagNames = [
  ...['v1', 'v1.10', 'v1.9', 'latest', 'App', 'app'],
  `${base.digest.replace(':', '-')}.sig`,
  pair.digest.replace(':', '-'),
];
const repositoryNames = ['team/app', 'team/sub/twin', 'flat'];

const content = fc.constantFrom(...(Object.keys(contents) as Name[]));
const repository = fc.constantFrom(...repositoryNames);
const tag = fc.constantFrom(...tagNames);
const push = fc.option(
  fc.record({ at: fc.integer({ min: 1, max: 4 }), by: fc.constantFrom('ci', '', null), confirmed: fc.boolean() }),
  { nil: undefined },
);
/** What was read of it: all, only the thing itself, nothing, or bytes that make no sense yet. */
const reading = fc.constantFrom('all', 'all', 'itself', 'nothing', 'unreadable');
const found = fc.record({ content, reading });

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('see' as const),
      repository,
      tags: fc.array(fc.record({ tag, found, push }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('drop' as const),
      repository,
      names: fc.array(tag, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), repository, found }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unlink' as const), repository, content }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pull' as const), repository, tag: fc.option(tag), content }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Found = typeof found extends fc.Arbitrary<infer T> ? T : never;

function recordsOf({ content: name, reading: how }: Found): readonly ManifestRecord[] {
  const { digest, records } = contents[name];
  const itself = records.filter((record) => record.digest === digest);
  if (how === 'nothing') return [];
  if (how === 'itself') return itself;
  if (how === 'all') return records;
  return itself.map(() =>
    manifestRecord(
      { digest, mediaType: '', raw: Buffer.from('damaged') },
      undefined,
      { bytes: null, image: undefined },
      'not read',
    ),
  );
}

/** The source never gives again what is stored completely. */
async function fresh(founds: readonly Found[]): Promise<readonly ManifestRecord[]> {
  const known = await database.db.selectFrom('manifests').select(['digest', 'error']).execute();
  const complete = new Set(known.filter((row) => row.error === null).map((row) => row.digest));
  return founds.flatMap(recordsOf).filter((record) => !complete.has(record.digest));
}

async function run(steps: readonly Step[]): Promise<void> {
  for (const [at, each] of steps.entries()) await runStep(each, at + 1);
}

async function runStep(each: Step, at: number): Promise<void> {
  const { db } = database;
  if (each.kind === 'pull') return pull(each.repository, each.tag, contents[each.content].digest, at);
  const founds = each.kind === 'see' ? each.tags.map((one) => one.found) : each.kind === 'link' ? [each.found] : [];
  const records = await fresh(founds);
  await db.transaction().execute(async (trx) => {
    const id = await ensureRepository(trx, each.repository, at);
    if (each.kind === 'see') {
      const seen = each.tags.map((one) => ({
        name: one.tag,
        digest: contents[one.found.content].digest,
        push: one.push,
      }));
      await changeRepository(trx, id, { records, seen }, at);
    }
    if (each.kind === 'drop') await changeRepository(trx, id, { dropped: each.names }, at);
    if (each.kind === 'link')
      await changeRepository(trx, id, { records, linked: [contents[each.found.content].digest] }, at);
    if (each.kind === 'unlink') await changeRepository(trx, id, { unlinked: [contents[each.content].digest] }, at);
  });
  await lookAgain(at);
}

/** As the next look would: of every index, the registry says that it has all of what is known. */
async function lookAgain(at: number): Promise<void> {
  const { db } = database;
  const all = await db.selectFrom('manifests').select('digest').execute();
  const held = await db.selectFrom('held_manifests').select(['repository_id', 'digest']).execute();
  await db.transaction().execute(async (trx) => {
    for (const [id, rows] of groupBy(held, (row) => row.repository_id)) {
      const linked = rows.map((row) => row.digest);
      await changeRepository(trx, id, { linked, proven: all.map((row) => row.digest) }, at);
    }
  });
}

async function pull(name: string, tagName: string | null, digest: string, at: number): Promise<void> {
  const use = { kind: 'pull' as const, repository: name, tag: tagName, digest, at, actor: 'ci' };
  await database.db.transaction().execute((trx) => countUses(trx, [use], at));
}

async function empty(): Promise<void> {
  const { db } = database;
  for (const table of ['repositories', 'manifests', 'manifest_children', 'manifest_blobs', 'blobs'] as const) {
    await db.deleteFrom(table).execute();
  }
  for (const table of ['manifest_labels', 'labels', 'settings', 'folders'] as const)
    await db.deleteFrom(table).execute();
  await db.updateTable('visibilities').set({ repository_count: 0 }).execute();
  await db.insertInto('settings').values({ key: 'catalog_layout', value: '2' }).execute();
}

/** As an older version may have left it. */
async function scramble(): Promise<void> {
  const { db } = database;
  await db
    .updateTable('held_manifests')
    .set({ state: 'tagged', reached: 1, tag_count: 7, size_bytes: 5, kind: 'sbom' })
    .execute();
  await db
    .updateTable('repositories')
    .set({ folder: '', tag_count: 9, size_bytes: 9, newest_tag: 'x', platforms: '["x"]' })
    .execute();
  await db.updateTable('tags').set({ name_key: '', size_bytes: 1, aged_at: 1 }).execute();
  for (const table of ['repository_blobs', 'repository_facets', 'manifest_labels'] as const)
    await db.deleteFrom(table).execute();
}

async function assertDerived(message: string) {
  const { labels, ...rows } = await derivedRows(database.db);
  assert.deepEqual(rows, await expectedRows(database.db), message);
  return labels;
}

test('whatever happened, everything that follows is as if worked out anew', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      await empty();
      await run(steps);
      const labels = await assertDerived('kept with each change');
      const folders = await foldersNow();
      await scramble();
      await rebuildCatalog(database.db);
      assert.deepEqual(await assertDerived('rebuilt'), labels);
      assert.deepEqual(await foldersNow(), folders);
    }),
    { numRuns: 60 },
  );
});

function foldersNow() {
  return database.db
    .selectFrom('folders')
    .select(['visibility_id', 'path', 'parent', 'repository_count'])
    .orderBy('path')
    .execute();
}

test('each step by itself is right, not only the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
      await empty();
      for (const [at, each] of steps.entries()) {
        await runStep(each, at + 1);
        await assertDerived(`step ${at}`);
      }
    }),
    { numRuns: 25 },
  );
});

test('a rebuild in parts gives the same, and is done once', async () => {
  await empty();
  const images = Array.from({ length: 700 }, (_image, number) => ({
    tags: [`1.${number}.0`, ...(number % 3 === 0 ? [`extra-${number}`] : [])],
    layers: ['base', `own ${number % 50}`],
    ...(number % 7 === 0 ? { platforms: ['linux/amd64', 'linux/arm64'] } : {}),
  }));
  await seedRepository(database.db, 'large', images);
  await assertDerived('large');
  await scramble();
  assert.equal(await rebuildOldCatalog(database.db), false);
  await database.db.deleteFrom('settings').where('key', '=', 'catalog_layout').execute();
  assert.equal(await rebuildOldCatalog(database.db), true);
  await assertDerived('large, rebuilt');
});

test('an index holds what it lists and the registry has there, and what is read later is known everywhere', async () => {
  await empty();
  const at = 1;
  const put = async (name: string, records: readonly ManifestRecord[]) =>
    database.db.transaction().execute(async (trx) => {
      const id = await ensureRepository(trx, name, at);
      await changeRepository(trx, id, { records, seen: [{ name: 'v1', digest: nested.digest }] }, at);
      return id;
    });
  const first = await put('unread', []);
  await put('read', nested.records);
  const states = async () => {
    const held = await database.db
      .selectFrom('held_manifests')
      .select(['digest', 'state'])
      .where('repository_id', '=', first)
      .execute();
    return new Map(held.map((row) => [row.digest, row.state]));
  };
  assert.deepEqual(
    [...(await states())],
    [[nested.digest, 'tagged']],
    'what another repository has is not here for that',
  );
  await lookAgain(at);
  const proven = await states();
  for (const { digest } of [pair, base, arm, old]) assert.equal(proven.get(digest), 'child');
  await assertDerived('read later');
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { tagKey } from '../../../../server/catalog/base/tag-key.ts';
import { ensureRepository } from '../../../../server/catalog/index/tag-writes.ts';
import { createTagStore, TAG_SORTS, type TagFilters, type TagSort } from '../../../../server/catalog/lists/tags.ts';
import type { HeldState } from '../../../../server/storage/schema.ts';
import { openTestDatabase, type TestDatabase } from '../../../support/data/database.ts';
import { walk } from '../../../support/data/list-content.ts';

interface MadeImage {
  readonly id: number;
  readonly digest: string;
  readonly state: Exclude<HeldState, 'child'>;
  readonly names: readonly string[];
  readonly size: number;
  readonly aged: number;
  readonly by: string | null;
  readonly pulled: number;
  readonly pulls: number;
  readonly platforms: readonly string[];
  readonly kind: 'image' | 'helm';
}

const pick = <Value>(values: readonly Value[], number: number): Value => values[number % values.length] as Value;
const hex = (number: number) => `sha256:${number.toString(16).padStart(4, '0').repeat(16)}`;

/** Few distinct values: ties are the rule. One image has more tags than its row shows. */
const MADE: readonly MadeImage[] = Array.from({ length: 60 }, (_, number) => {
  const state = number < 45 ? 'tagged' : number < 52 ? 'untagged' : 'referrer';
  const many = Array.from({ length: 40 }, (_tag, build) => `build-${build}`);
  const names = number === 0 ? many : [`v${number % 4}.${number}`, ...(number % 3 === 0 ? [`Latest-${number}`] : [])];
  return {
    ...{ id: 1000 + number, digest: hex(number * 7), state, names: state === 'tagged' ? names : [] },
    ...{ size: pick([0, 10, 500], number), aged: pick([0, 100, 200], number * 2), by: pick([null, 'ci'], number) },
    ...{ pulled: pick([0, 40], number * 3), pulls: pick([0, 1, 9], number), kind: pick(['image', 'helm'], number) },
    platforms: pick([['linux/amd64'], ['linux/amd64', 'linux/arm64'], []], number),
  };
});
const TAGGED = MADE.filter((image) => image.state === 'tagged');
const TAGS = TAGGED.flatMap((image) => image.names.map((name) => ({ ...image, name })));
type MadeTag = (typeof TAGS)[number];

let database: TestDatabase;
let repositoryId: number;
before(async () => {
  database = await openTestDatabase();
  repositoryId = await database.db.transaction().execute(async (trx) => {
    const id = await ensureRepository(trx, 'team/app', 1);
    // Another repository holds the same images: its rows have to stay its own.
    for (const repository of [id, await ensureRepository(trx, 'team/other', 1)]) {
      const offset = repository === id ? 0 : 1000;
      for (const image of MADE) {
        const { digest, state, names, kind, size, platforms, aged, by, pulled, pulls } = image;
        const shared = { digest, repository_id: repository, size_bytes: size, aged_at: aged, pull_count: pulls };
        const counted = { platform_count: platforms.length, pushed_by: by };
        const highest = [...names].sort((one, other) => (tagKey(one) < tagKey(other) ? -1 : 1)).at(-1) ?? '';
        await trx
          .insertInto('held_manifests')
          .values({
            ...{ ...shared, ...counted, id: image.id + offset, first_seen_at: 1, state, kind, last_pulled_at: pulled },
            ...{ tag_count: names.length, tag_name: highest, tag_key: highest === '' ? '' : tagKey(highest) },
            platforms: JSON.stringify(platforms),
          })
          .execute();
        for (const name of names) {
          await trx
            .insertInto('tags')
            .values({
              ...{ ...shared, ...counted, name, name_key: tagKey(name), first_seen_at: 1, checked_at: 1 },
              last_pulled_at: pulled === 0 ? null : pulled,
            })
            .execute();
        }
      }
      // A signature's tag is in no list of tags.
      const tag = { digest: hex(1), subject_digest: hex(0), first_seen_at: 1, checked_at: 1, name_key: 'x' };
      await trx
        .insertInto('tags')
        .values({ ...tag, repository_id: repository, name: 'sha256-x.sig' })
        .execute();
      const sums = { tag_count: TAGS.length, image_count: TAGGED.length, untagged_count: 7 };
      await trx.updateTable('repositories').set(sums).where('id', '=', repository).execute();
    }
    return id;
  });
});
after(() => database.close());

const highestKey = ({ names }: MadeImage) => names.map(tagKey).sort().at(-1) ?? '';

function sortValue(image: MadeImage, sort: TagSort, name: string): string | number {
  const values: Record<TagSort, string | number> = {
    ...{ name, tags: image.names.length, pushed: image.aged, by: image.by ?? '', pulled: image.pulled },
    ...{ pulls: image.pulls, platforms: image.platforms.length, size: image.size },
  };
  return values[sort];
}

type Key = readonly [string | number, string | number];

function ordered<Row>(rows: readonly Row[], direction: 'asc' | 'desc', keyOf: (row: Row) => Key): readonly Row[] {
  const compare = (one: string | number, other: string | number) => (one < other ? -1 : one > other ? 1 : 0);
  const rising = [...rows].sort((one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)];
    return compare(a[0], b[0]) || compare(a[1], b[1]);
  });
  return direction === 'asc' ? rising : rising.reverse();
}

function passes(image: MadeImage, names: readonly string[], filters: TagFilters): boolean {
  const { filter, digest, platform, kind, pushedBefore, pushedAfter, atLeastBytes, atMostBytes } = filters;
  const text = filter?.toLowerCase();
  return (
    (text === undefined ||
      (text.startsWith('sha256:')
        ? image.digest.startsWith(text)
        : names.some((name) => name.toLowerCase().includes(text)))) &&
    (digest === undefined || image.digest === digest) &&
    (platform === undefined || image.platforms.includes(platform)) &&
    (kind === undefined || image.kind === kind) &&
    (pushedBefore === undefined || image.aged < pushedBefore) &&
    (pushedAfter === undefined || image.aged >= pushedAfter) &&
    (atLeastBytes === undefined || image.size >= atLeastBytes) &&
    (atMostBytes === undefined || image.size <= atMostBytes) &&
    (filters.neverPulled !== true || image.pulled === 0)
  );
}

const optional = <Value>(values: readonly Value[]) => fc.constantFrom(undefined, ...values);
const filters: fc.Arbitrary<TagFilters> = fc.record({
  filter: optional(['v1', 'LATEST', 'build-1', '%', '_', 'sha256:00', 'SHA256:0', "'", 'none such']),
  digest: optional([hex(0), hex(7)]),
  platform: optional(['linux/arm64', 'x']),
  kind: optional(['helm']),
  pushedBefore: optional([100]),
  pushedAfter: optional([100]),
  atLeastBytes: optional([10]),
  atMostBytes: optional([10]),
  neverPulled: optional([true]),
});
const lists = fc.record({
  sort: fc.constantFrom(...TAG_SORTS),
  direction: fc.constantFrom('asc' as const, 'desc' as const),
  limit: fc.constantFrom(3, 10, 100),
  filters: fc.oneof(fc.constant({}), filters),
});

test('pages of images, forward and back, are what a slow list gives', async () => {
  const { groups } = createTagStore(database.db);
  const states = fc.constantFrom('tagged' as const, 'untagged' as const, 'referrer' as const);
  await fc.assert(
    fc.asyncProperty(lists, states, async ({ filters, ...order }, state) => {
      const rows = MADE.filter((image) => image.state === state && passes(image, image.names, filters));
      const expected = ordered(rows, order.direction, (image) => [
        ...([sortValue(image, order.sort, highestKey(image)), image.id] as const),
      ]);
      const { forward, back } = await walk(async (after) => {
        const page = await groups(repositoryId, { ...order, ...filters, state, after });
        assert.deepEqual([page.total, page.isExact], [expected.length, true]);
        return page;
      });
      assert.deepEqual(
        forward.flat().map((group) => group.digest),
        expected.map((image) => image.digest),
      );
      assert.deepEqual(back, forward);
    }),
    { numRuns: 100 },
  );
});

test('pages of tags, forward and back, are what a slow list gives', async () => {
  const { flat } = createTagStore(database.db);
  await fc.assert(
    fc.asyncProperty(lists, async ({ filters, ...order }) => {
      const rows = TAGS.filter((tag) => passes(tag, [tag.name], filters));
      const keyOf = (tag: MadeTag): Key => {
        const key = tagKey(tag.name);
        return [order.sort === 'tags' ? key : sortValue(tag, order.sort, key), tag.name];
      };
      const { forward, back } = await walk(async (after) => {
        const page = await flat(repositoryId, { ...order, ...filters, after });
        assert.deepEqual([page.total, page.isExact], [rows.length, true]);
        return page;
      });
      assert.deepEqual(
        forward.flat().map((tag) => tag.name),
        ordered(rows, order.direction, keyOf).map((tag) => tag.name),
      );
      assert.deepEqual(back, forward);
    }),
    { numRuns: 100 },
  );
});

test('an image with very many tags shows the highest of them and says how many there are', async () => {
  const { groups } = createTagStore(database.db);
  const page = await groups(repositoryId, { sort: 'tags', direction: 'desc', limit: 3 });
  const [first, second] = page.rows;
  assert.equal(first?.tagCount, 40);
  assert.deepEqual(
    first?.tags.map((tag) => tag.name),
    Array.from({ length: 12 }, (_, build) => `build-${39 - build}`),
  );
  assert.equal(second?.tags.length, second?.tagCount);
});

test('versions sort as versions', async () => {
  const { flat } = createTagStore(database.db);
  const page = await flat(repositoryId, { sort: 'name', direction: 'asc', limit: 100, filter: 'v1.' });
  const minors = page.rows.map((tag) => Number(tag.name.split('.')[1]));
  assert.deepEqual(
    minors,
    [...minors].sort((one, other) => one - other),
  );
  assert.ok(minors.length > 5);
});

test('untagged manifests are a list of their own', async () => {
  const { untagged, countReferrers } = createTagStore(database.db);
  const page = await untagged(repositoryId, { sort: 'pushed', direction: 'desc', limit: 5 });
  assert.deepEqual([page.rows.length, page.total], [5, 7]);
  assert.equal(await countReferrers(repositoryId), 8);
});

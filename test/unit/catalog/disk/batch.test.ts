import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childrenFirst, type LinkedRepository, wholeContent } from '../../../../server/catalog/disk/batch.ts';
import { readAhead } from '../../../../server/catalog/disk/read-ahead.ts';
import type { ManifestRecord } from '../../../../server/catalog/manifests/record.ts';

interface Case {
  readonly tags?: readonly string[];
  readonly revisions: readonly string[];
  readonly readable?: readonly string[];
  readonly children?: Readonly<Record<string, readonly string[]>>;
  readonly problems?: readonly string[];
}

function content({ tags = [], revisions, readable = revisions, children = {}, problems = [] }: Case) {
  const links = { tags: tags.map((digest) => ({ name: `on-${digest}`, digest })), revisions, problems };
  const repository: LinkedRepository = { id: 1, name: 'team/app', links };
  return wholeContent(repository, new Set(readable), new Map(Object.entries(children)))?.digests;
}

const CASES: readonly (readonly [string, Case, readonly string[] | undefined])[] = [
  ['an image with a tag', { tags: ['a'], revisions: ['a'] }, ['a']],
  ['an image without', { revisions: ['a'] }, ['a']],
  ['nothing at all', { revisions: [] }, []],
  ['an index with its image', { tags: ['i'], revisions: ['i', 'a'], children: { i: ['a'] } }, ['i', 'a']],
  ['a tag that cannot be read', { tags: ['a'], revisions: ['a', 'b'], readable: ['b'] }, undefined],
  ['an untagged one that cannot be read', { tags: ['a'], revisions: ['a', 'b'], readable: ['a'] }, ['a']],
  ['an index whose image is not here', { tags: ['i'], revisions: ['i'], children: { i: ['a'] } }, undefined],
  [
    'an image of an index that cannot be read',
    { tags: ['i'], revisions: ['i', 'a'], readable: ['i'], children: { i: ['a'] } },
    undefined,
  ],
  [
    'an index of an index that lacks one',
    { tags: ['o'], revisions: ['o', 'i'], children: { o: ['i'], i: ['a'] } },
    undefined,
  ],
  ['an untagged index that lacks one', { tags: ['a'], revisions: ['i', 'a'], children: { i: ['a', 'b'] } }, ['a']],
  ['a circle', { tags: ['i'], revisions: ['i', 'j'], children: { i: ['j'], j: ['i'] } }, ['i', 'j']],
  ['a broken link', { tags: ['a'], revisions: ['a'], problems: ['tag v2 has no link'] }, undefined],
];
for (const [what, given, expected] of CASES) {
  test(`${what}: ${expected === undefined ? 'the registry is asked' : `${expected.length} are taken`}`, () =>
    assert.deepEqual(content(given), expected));
}

test('children come before what lists them, in a circle too', () => {
  const record = (digest: string, ...children: readonly string[]) =>
    ({ digest, children: children.map((child_digest) => ({ child_digest })) }) as unknown as ManifestRecord;
  const order = (...records: readonly ManifestRecord[]) => childrenFirst(records).map(({ digest }) => digest);
  assert.deepEqual(order(record('o', 'i'), record('i', 'a', 'b'), record('b'), record('a')), ['a', 'b', 'i', 'o']);
  assert.deepEqual(order(record('i', 'elsewhere')), ['i']);
  assert.deepEqual(new Set(order(record('i', 'j'), record('j', 'i'))), new Set(['i', 'j']));
});

test('the next item is asked for while one is worked on, and never two of them', async () => {
  const asked: number[] = [];
  async function* numbers() {
    for (let number = 1; number <= 4; number += 1) {
      asked.push(number);
      yield number;
    }
  }
  const seen: (readonly [worked: number, asked: number | undefined])[] = [];
  for await (const number of readAhead(numbers())) seen.push([number, asked.at(-1)]);
  assert.deepEqual(seen, [
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 4],
  ]);
});

test('what fails ahead fails when its turn comes, and not when nobody asks for it', async () => {
  async function* failing() {
    yield 1;
    throw new Error('gone');
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const number of readAhead(failing())) seen.push(number);
  }, /gone/);
  assert.deepEqual(seen, [1]);
  for await (const number of readAhead(failing())) {
    assert.equal(number, 1);
    break;
  }
});

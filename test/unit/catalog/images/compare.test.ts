import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareImages, compareLayers } from '../../../../server/catalog/images/compare.ts';
import type { LayerRow } from '../../../../server/catalog/images/image.ts';
import { imageDetail } from '../../../support/data/browse-facts.ts';

const layer = (digest: string, text = '', sizeBytes = 10): LayerRow => ({
  ...{
    digest,
    mediaType: '',
    sizeBytes,
    share: 0,
    annotations: {},
    alsoIn: 0,
    alsoInMore: false,
    ...{ keptAt: '', keptBytes: 0 },
  },
  command: text === '' ? undefined : { instruction: 'RUN', text, createdAt: null, comment: '', isEmpty: false },
});
const layers = (text: string) => [...text].map((digest) => layer(digest));
const shown = (a: readonly LayerRow[], b: readonly LayerRow[]) =>
  compareLayers(a, b).map(({ change, a, b }) => `${change} ${a?.digest ?? '-'}${b?.digest ?? '-'}`);

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['abc', 'abc', ['same aa', 'same bb', 'same cc']],
  ['ab', 'abc', ['same aa', 'same bb', 'added -c']],
  ['abc', 'ac', ['same aa', 'removed b-', 'same cc']],
  ['abd', 'acd', ['same aa', 'removed b-', 'added -c', 'same dd']],
  ['', 'a', ['added -a']],
  ['a', '', ['removed a-']],
  ['', '', []],
  ['aab', 'ab', ['same aa', 'removed a-', 'same bb']],
];
for (const [a, b, expected] of cases) {
  test(`aligns ${a || 'nothing'} with ${b || 'nothing'}`, () =>
    assert.deepEqual(shown(layers(a), layers(b)), expected));
}

test('the same command with another result stands in one row', () => {
  const a = [layer('a'), layer('b', 'npm ci'), layer('c', 'old')];
  const b = [layer('a'), layer('x', 'apt-get'), layer('y', 'npm ci'), layer('z', 'new')];
  assert.deepEqual(shown(a, b), ['same aa', 'added -x', 'changed by', 'removed c-', 'added -z']);
});

test('ten thousand different layers on both sides come to an end', () => {
  const many = (prefix: string) =>
    Array.from({ length: 10_000 }, (_, index) => layer(`${prefix}${index}`, `${prefix} ${index}`));
  assert.equal(compareLayers(many('a'), many('b')).length, 20_000);
});

test('tells what differs in the configuration, and counts common layers once', () => {
  const a = imageDetail().content;
  assert.ok(a?.config);
  const env = ['NODE_ENV=development', 'NEW=1'];
  const config = { ...a.config, config: { ...a.config.config, env, user: '' } };
  const found = compareImages(a, { ...a, config, layers: a.layers.slice(0, 2), sizeBytes: 40e6 });
  assert.deepEqual(
    found.environment.map(({ name, change }) => `${name} ${change}`),
    ['NODE_ENV changed', 'DB_PASSWORD removed', 'NEW added'],
  );
  assert.deepEqual(
    found.fields.filter(({ change }) => change !== 'same').map(({ name, change }) => `${name} ${change}`),
    ['user removed'],
  );
  const common = a.layers.slice(0, 2).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  assert.deepEqual([found.bytes.common, found.bytes.onlyB], [common, 0]);
});

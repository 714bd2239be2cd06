import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenImages, parseCompared } from '../../../../server/web/image/compare.ts';
import { movedFrom } from '../../../../server/web/parts/reference.ts';
import { newestTag } from '../../../../server/web/repositories/repository-cells.ts';
import { rowMenu } from '../../../../server/web/repositories/row-menu.ts';
import { flatCells } from '../../../../server/web/repositories/tag-groups.ts';
import { testPage } from '../../../support/app/render.ts';
import * as facts from '../../../support/data/browse-facts.ts';

const DIGEST = facts.digestOf('a');
const context = { page: testPage({}), repository: 'team/app', largest: 9 };
const FLAT = {
  ...facts.tagRow('v1'),
  ...{
    kind: 'index' as const,
    mediaType: 'm',
    artifactType: null,
    sizeBytes: 9,
    platforms: [],
    createdAt: null,
    attachments: [],
  },
  error: null,
};
const paramsOf = (href: string | null | undefined) => new URL(href ?? '', 'http://x').searchParams;

test('the links of a tag carry the digest that the list showed', () => {
  const [tag] = flatCells(FLAT, context).tags;
  assert.equal(tag?.href, '/web/repositories/team/app:v1?digest=aaaaaaaa');
  const { menu } = rowMenu(context.page, 'team/app', { rows: [FLAT], byTag: true, mayDelete: true });
  assert.equal(menu.open, '/web/repositories/team/app:{tag}?digest={digest}');
  assert.equal(menu.deleteHref, '/web/repositories/team/app:{tag}/-/delete?digest={digest}');
});

test('where a script adds the digest, links are as short as they can be', () => {
  assert.equal(flatCells(FLAT, { ...context, base: './app' }).tags[0]?.href, './app:v1');
});

test('a tag has moved where its link names another digest, and nothing but a digest counts', () => {
  const meaning = (digest: string) => movedFrom(testPage({ query: { digest } }), DIGEST);
  assert.equal(meaning(facts.digestOf('b')), facts.digestOf('b'));
  assert.equal(meaning('bbbbbbbb'), 'sha256:bbbbbbbb');
  for (const digest of [DIGEST, 'sha256:aaaaaaaa', 'aaaaaaaa', '', 'sha256:b', 'b', 'x'])
    assert.equal(meaning(digest), undefined, digest);
});

test('the chip of the newest tag does so, too, where its digest is known', () => {
  assert.match(newestTag(facts.repositoryRow(), context.page)?.href ?? '', /\?digest=a{8}$/);
  const unknown = newestTag(facts.repositoryRow({ newestDigest: null }), context.page);
  assert.match(unknown?.href ?? '', /api-gateway:v4\.12\.1$/);
});

const menuOf = (rows: Parameters<typeof rowMenu>[2]['rows']) =>
  rowMenu(context.page, 'team/app', { rows, byTag: false, mayDelete: false });

test('what a row offers for comparison is what the page of comparisons takes', () => {
  const { compareHref } = menuOf([FLAT]).menu.kinds[0] ?? {};
  const href = (compareHref ?? '').replace('{tag}', 'v1').replace('{digest}', DIGEST);
  const compared = parseCompared(paramsOf(href).get('a') ?? '');
  assert.deepEqual(compared, { repository: 'team/app', tag: 'v1', digest: DIGEST });
});

test('the menu of a list knows each kind once, and what has no layers is not compared', () => {
  const chart = facts.tagGroup(['1.0_1'], { kind: 'helm' });
  const { menu, places } = menuOf([FLAT, chart, FLAT, chart]);
  assert.deepEqual(places, [0, 1, 0, 1]);
  assert.deepEqual(
    menu.kinds.map(({ command, compareHref }) => [command, compareHref === null]),
    [
      ['docker pull registry.example.com/team/app:{tag}', false],
      ['helm pull oci://registry.example.com/team/app --version {version}', true],
    ],
  );
  assert.equal(menu.deleteHref, null);
});

test('the boxes that were ticked arrive in their order', () => {
  assert.deepEqual(chosenImages('/compare?image=a%3Av1&image=b%40c&image='), ['a:v1', 'b@c']);
  assert.deepEqual(chosenImages('/compare?a=x&b=y'), []);
  assert.deepEqual(chosenImages('/compare'), []);
});

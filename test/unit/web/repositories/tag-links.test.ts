import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenImages, parseCompared } from '../../../../server/web/image/compare.ts';
import { movedFrom } from '../../../../server/web/parts/reference.ts';
import { newestTag } from '../../../../server/web/repositories/repository-cells.ts';
import { flatCells, groupCells } from '../../../../server/web/repositories/tag-groups.ts';
import * as facts from '../../../support/browse-facts.ts';
import { testPage } from '../../../support/render.ts';

const DIGEST = facts.digestOf('a');
const context = { page: testPage({}), repository: 'team/app', largest: 9, mayDelete: true };
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
  const row = flatCells(FLAT, context);
  for (const href of [row.href, row.tags[0]?.href, row.tags[0]?.deleteHref]) {
    assert.equal(paramsOf(href).get('digest'), DIGEST, href ?? '');
  }
  assert.match(row.href, /\/repositories\/team\/app:v1\?digest=sha256:a/);
  assert.match(row.tags[0]?.deleteHref ?? '', /\/repositories\/team\/app:v1\/-\/delete\?digest=sha256:a/);
});

test('a tag has moved where its link names another digest, and nothing but a digest counts', () => {
  const meaning = (digest: string) => movedFrom(testPage({ query: { digest } }), DIGEST);
  assert.equal(meaning(facts.digestOf('b')), facts.digestOf('b'));
  for (const digest of [DIGEST, '', 'sha256:b']) assert.equal(meaning(digest), undefined, digest);
});

test('the chip of the newest tag does so, too, where its digest is known', () => {
  assert.equal(paramsOf(newestTag(facts.repositoryRow(), context.page)?.href).get('digest'), DIGEST);
  const unknown = newestTag(facts.repositoryRow({ newestDigest: null }), context.page);
  assert.match(unknown?.href ?? '', /api-gateway:v4\.12\.1$/);
});

test('what a row offers for comparison is what the page of comparisons takes', () => {
  const { compare } = flatCells(FLAT, context);
  assert.deepEqual(parseCompared(compare?.value ?? ''), { repository: 'team/app', tag: 'v1', digest: DIGEST });
  assert.equal(paramsOf(compare?.href).get('a'), compare?.value);
});

test('an image without a tag is compared by its digest, and what has no layers not at all', () => {
  const untagged = groupCells(facts.tagGroup([], { digest: DIGEST }), context);
  assert.deepEqual(parseCompared(untagged.compare?.value ?? ''), {
    ...{ repository: 'team/app', tag: undefined, digest: DIGEST },
  });
  assert.equal(groupCells(facts.tagGroup([], { kind: 'helm' }), context).compare, null);
});

test('the boxes that were ticked arrive in their order', () => {
  assert.deepEqual(chosenImages('/compare?image=a%3Av1&image=b%40c&image='), ['a:v1', 'b@c']);
  assert.deepEqual(chosenImages('/compare?a=x&b=y'), []);
  assert.deepEqual(chosenImages('/compare'), []);
});

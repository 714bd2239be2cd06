import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headView } from '../../../../server/web/repositories/repository-head.ts';
import {
  type RepositorySpaceFacts,
  repositorySpaceView,
} from '../../../../server/web/repositories/repository-space.ts';
import { renderPage, testPage } from '../../../support/app/render.ts';
import * as facts from '../../../support/data/browse-facts.ts';
import { HOSTILE, NOW, UP } from '../../../support/data/browse-facts.ts';
import { spaceSample } from '../../../support/data/space-facts.ts';

const DIGEST = facts.digestOf('a');

function view(overrides: Partial<RepositorySpaceFacts> = {}, page = testPage()) {
  const repository = overrides.repository ?? facts.repositoryRow();
  const head = headView({
    ...{ page, readonly: false, repository, tab: 'space', description: undefined, about: undefined },
    ...{ stars: { count: 0, isOn: false }, open: null, undo: null, index: UP, trash: { total: 0, isExact: true } },
  });
  return repositorySpaceView({
    ...{ page, repository, head, asked: { sort: 'size', direction: 'desc' }, at: NOW, isSummed: true },
    found: { rows: [facts.tagGroup(['v1', 'latest'])], next: 'on', previous: undefined, total: 41, isExact: true },
    samples: [spaceSample(60, 500e6), spaceSample(9, 900e6)],
    unique: new Map([[DIGEST, 59.2e6]]),
    ...overrides,
  });
}

for (const locale of ['en', 'zh-CN'] as const) {
  test(`draws what a repository takes, over time and image by image (${locale})`, async () => {
    const page = testPage({ locale });
    const html = await renderPage(page, 'repositories/repository-space', view({}, page));
    for (const size of ['1.9 GB', '5.4 GB', '1.2 GB', '700 MB', '40 MB', '59.2 MB'])
      assert.ok(html.includes(size), size);
    assert.match(html, /<polyline class="stored"/);
    assert.match(html, /after=on/);
    assert.match(html, /:latest\?digest=a/);
    assert.match(html, /<svg class="bar"/);
  });
}

test('a curve without a sample in its period begins with what was in force', () => {
  const { time } = view({ samples: [spaceSample(200, 100e6)] });
  assert.match(time.chart?.storedLine ?? '', /^0,/);
  assert.match(time.chart?.summary ?? '', /100 MB/);
});

test('what is shared is not told before it is known', () => {
  const { figures, bar } = view({ isSummed: false });
  assert.deepEqual(
    figures.map((figure) => figure.value),
    ['1.9 GB', '5.4 GB', '…', '…', '…'],
  );
  assert.equal(bar, null);
});

test('an empty repository and a hostile tag are drawn, too', async () => {
  const nothing = { tagCount: 0, imageCount: 0, sizeBytes: 0, logicalBytes: 0, uniqueBytes: 0, reclaimableBytes: 0 };
  const empty = view({
    repository: facts.repositoryRow({ ...nothing, newestTag: null }),
    found: { rows: [], next: undefined, previous: undefined, total: 0, isExact: true },
    samples: [],
  });
  assert.equal(empty.bar, null);
  assert.match(await renderPage(testPage(), 'repositories/repository-space', empty), /No tagged images/);
  const rows = [facts.tagGroup([HOSTILE])];
  const html = await renderPage(
    testPage(),
    'repositories/repository-space',
    view({ found: { rows, next: undefined, previous: undefined, total: 1, isExact: true } }),
  );
  assert.ok(!html.includes('<script>alert'));
});

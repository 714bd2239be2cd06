import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartPoints, growth } from '../../../../server/web/parts/space-chart.ts';
import { readQuery, type SpaceFacts, spaceView } from '../../../../server/web/space/space.ts';
import { stepOf } from '../../../../server/web/space/space-map.ts';
import { NOBODY, READER, renderPage, testPage } from '../../../support/app/render.ts';
import { HOSTILE, NOW, UP } from '../../../support/data/browse-facts.ts';
import { spaceRow, spaceSample, spaceSums } from '../../../support/data/space-facts.ts';

const ROWS = [
  spaceRow('platform', { kind: 'folder', repositoryCount: 12, reclaimableBytes: 5e6 }),
  spaceRow('tools', { sizeBytes: 100e6, sharedBytes: -1 }),
];
const SAMPLES = [spaceSample(40, 400e6), spaceSample(9, 700e6), spaceSample(8, 750e6)];

function view(overrides: Partial<SpaceFacts> = {}, page = testPage()) {
  const sums = overrides.total ?? spaceSums();
  return spaceView({
    ...{ page, asked: readQuery(page), total: sums, biggest: ROWS, samples: SAMPLES, index: UP, at: NOW },
    found: { sums, rows: ROWS, next: 'more', previous: undefined },
    ...overrides,
  });
}

for (const locale of ['en', 'zh-CN'] as const) {
  test(`draws space with areas, rows and a curve (${locale})`, async () => {
    const page = testPage({ locale });
    const html = await renderPage(page, 'space/space', view({}, page));
    assert.match(html, /<svg class="treemap treemap-wide"/);
    assert.match(html, /<desc id="map-wide-text">/);
    assert.match(html, /href="\/web\/here\?folder=platform"/);
    assert.match(html, /href="\/web\/repositories\/tools"/);
    assert.match(html, /<polyline class="stored"/);
    assert.match(html, /after=more/);
  });
}

test('every column sorts, and the areas follow what is sorted by', () => {
  const page = testPage({ query: { sort: 'reclaimable' } });
  const model = view({}, page);
  assert.ok(model.columns.every((column) => column.href !== undefined));
  assert.equal(model.columns.find((column) => column.id === 'reclaimable')?.sorted, 'descending');
  assert.deepEqual(
    model.map.frames.map((frame) => frame.tiles.map((tile) => tile.title)),
    [['platform · 5 MB'], ['platform · 5 MB']],
    'without area for what is zero',
  );
});

const steps: readonly (readonly [number, number])[] = [
  [1, 1],
  [0.6, 1],
  [0.59, 2],
  [0.2, 3],
  [0.1, 4],
  [0.01, 5],
];
for (const [share, step] of steps) {
  test(`an area of ${share} of the largest has step ${step} of the ramp`, () => assert.equal(stepOf(share), step));
}

test('the curve says its values for each point, within the picture', () => {
  const [first, ...others] = view().time.chart?.days ?? [];
  assert.match(first?.text ?? '', /^.+: 400 MB stored, .+ before deduplication$/);
  for (const day of others) assert.ok(day.left >= 0 && day.left + day.width <= 1001);
});

test('a folder says what only it has; the root does not', () => {
  const page = testPage({ query: { folder: '/platform/' } });
  const labels = view({}, page).figures.map((figure) => figure.label);
  assert.ok(labels.includes('Unique'));
  assert.ok(
    !view()
      .figures.map((figure) => figure.label)
      .includes('Unique'),
  );
  assert.deepEqual(view({}, page).crumbs, [{ text: 'platform' }]);
});

test('a sum that lags behind is not shown as less than nothing', () => {
  assert.equal(view().rows[1]?.shared, '0 B');
});

test('says when nothing is summed up, kept or stored yet', async () => {
  const page = testPage();
  const fresh = view({ total: spaceSums({ summedAt: null }), samples: [] });
  assert.equal(fresh.figures[0]?.value, '…');
  assert.match(await renderPage(page, 'space/space', fresh), /The chart starts tomorrow/);
  const none = { sums: undefined, rows: [], next: undefined, previous: undefined };
  assert.equal(view({ found: none }).state, 'empty');
  assert.equal(view({ found: none, index: { ...UP, isComplete: false } }).state, 'reading');
  assert.match(await renderPage(page, 'space/space', view({ found: none })), /No data yet/);
  const outsider = testPage({ rights: NOBODY });
  assert.equal(view({ found: none }, outsider).state, 'no-rights');
  assert.match(await renderPage(outsider, 'space/space', view({ found: none }, outsider)), /class="empty"/);
  assert.equal(view({}, testPage({ rights: READER })).state, 'list');
});

test('keeps hostile names in their place', async () => {
  const page = testPage({ query: { folder: HOSTILE } });
  const rows = [spaceRow(HOSTILE), spaceRow(`${HOSTILE}/x`, { kind: 'folder' })];
  const found = { sums: spaceSums(), rows, next: HOSTILE, previous: undefined };
  const html = await renderPage(page, 'space/space', view({ found, biggest: rows }, page));
  assert.ok(!html.includes('<script>alert') && !html.includes('<img src=x'));
  assert.match(html, /&lt;script&gt;/);
});

test('days without a sample were as the day before', () => {
  const current = { at: NOW, sizeBytes: 1e9, logicalBytes: 2e9 };
  const points = chartPoints(SAMPLES, current);
  assert.deepEqual(
    points.map((point) => point.sizeBytes),
    [400e6, 400e6, 700e6, 750e6, 750e6, 1e9],
  );
  assert.ok(points.every((point, index) => index === 0 || point.at > (points[index - 1]?.at ?? 0)));
});

test('growth is told only where the past is known', () => {
  const current = { at: NOW, sizeBytes: 1e9, logicalBytes: 2e9 };
  assert.equal(growth(SAMPLES, current, 7), 250e6);
  assert.equal(growth(SAMPLES, current, 30), 600e6);
  assert.equal(growth(SAMPLES, current, 60), undefined);
  assert.deepEqual(view().time.growth, ['+250 MB in 7 days', '+600 MB in 30 days']);
});

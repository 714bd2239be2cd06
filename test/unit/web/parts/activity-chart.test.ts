import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { homeView } from '../../../../server/web/home/home.ts';
import { activityChart, readPeriod } from '../../../../server/web/parts/activity-chart.ts';
import { axisTop, linePath } from '../../../../server/web/parts/chart-lines.ts';
import { sparkline } from '../../../../server/web/parts/sparkline.ts';
import { renderPage, testPage } from '../../../support/app/render.ts';
import { activityDays, homeFacts } from '../../../support/data/home-facts.ts';

const numbersOf = (path: string) => [...path.matchAll(/-?[\d.]+/g)].map(([text]) => Number(text));

test('an axis ends at a round number, at or above the largest value and not far above it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 1e12 }), (largest) => {
      const top = axisTop(largest);
      assert.ok(top >= largest && top <= largest * 2.5, `${largest}: ${top}`);
      assert.match(String(top), /^[12468]0*$/);
    }),
  );
  assert.equal(axisTop(0), 1);
});

test('a curve never leaves the room between the values it connects', () => {
  const heights = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 2, maxLength: 31 });
  fc.assert(
    fc.property(heights, (values) => {
      const spots = values.map((y, index) => ({ x: index * 20, y }));
      const [, ...curves] = linePath(spots, true).split('C');
      for (const [index, curve] of curves.entries()) {
        const [, leave = 0, , arrive = 0] = numbersOf(curve);
        const [from = 0, to = 0] = [values[index], values[index + 1]];
        const [low, high] = [Math.min(from, to) - 0.1, Math.max(from, to) + 0.1];
        for (const y of [leave, arrive]) assert.ok(y >= low && y <= high, `${values}: ${curve}`);
      }
    }),
  );
});

test('every day is in the table, the latest first, and under the pointer', () => {
  const chart = activityChart(activityDays(), { page: testPage() });
  assert.equal(chart.rows.length, 14);
  assert.deepEqual(chart.rows[0], { date: 'Nov 20, 2026', pulls: '1,400', pushes: '1' });
  for (const frame of chart.frames) assert.equal(frame.columns.length, 14);
  assert.equal(chart.frames[0]?.columns.at(-1)?.title, 'Nov 20, 2026: 1,400 pulls, 1 push');
  assert.equal(chart.summary, 'The last 14 days: 10,500 pulls and 19 pushes.');
});

test('pushes are bars, one for each day that had any, and pulls a line', () => {
  const days = activityDays();
  const chart = activityChart(days, { page: testPage() });
  assert.equal(chart.frames.length, 2);
  for (const { width, panels, columns } of chart.frames) {
    const [pulls, pushes] = panels;
    assert.ok(pulls?.line !== '' && pulls?.bars.length === 0 && pushes?.line === '');
    assert.equal(pushes?.bars.length, days.filter(({ pushes: count }) => count > 0).length);
    for (const bar of pushes?.bars ?? []) assert.ok(bar.x >= 0 && bar.x + bar.width <= width && bar.height >= 2);
    for (const { tip } of columns) assert.ok(tip.x >= 0 && tip.x + tip.width <= width, tip.values);
  }
});

test('labels are days and numbers as the language writes them', () => {
  const chart = activityChart(activityDays(), { page: testPage({ locale: 'zh-CN' }) });
  const [wide] = chart.frames;
  assert.equal(wide?.labels[0]?.text, '11月7日');
  assert.deepEqual(
    wide?.panels[0]?.grid.map(({ label }) => label),
    ['1000', '2000'],
  );
});

test('the chosen period is marked and the shortest needs no query', () => {
  const chart = activityChart(activityDays(90), { page: testPage({ query: { days: '90' } }) });
  assert.deepEqual(
    chart.periods.map(({ text, isCurrent }) => [text, isCurrent]),
    [
      ['14 days', false],
      ['90 days', true],
      ['1 year', false],
    ],
  );
  assert.doesNotMatch(chart.periods[0]?.href ?? '', /days/);
  assert.equal(readPeriod(testPage({ query: { days: '90' } })), 90);
  assert.equal(readPeriod(testPage({ query: { days: '1e9' } })), 14);
});

test('without any activity words stand instead of an empty axis', async () => {
  const activity = activityDays().map(({ day }) => ({ day, pulls: 0, pushes: 0 }));
  const page = testPage();
  const recent = { ...homeFacts().recent, total: 1 };
  const html = await renderPage(page, 'home/home', homeView(page, homeFacts({ activity, recent })));
  assert.match(html, /No pulls or pushes in the last 14 days/);
  assert.doesNotMatch(html, /class="activity-/);
});

test('a spark line says in words what it draws', () => {
  const page = testPage();
  assert.equal(sparkline(activityDays(), page).title, '10,500 pulls in 14 days');
  assert.equal(
    sparkline(
      activityDays().map(({ day }) => ({ day, pulls: 0, pushes: 9 })),
      page,
    ).line,
    '',
  );
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { csvHref, eventsFilterCells, readEventFilter } from '../../../../server/web/activity/event-filter.ts';
import { testPage } from '../../../support/app/render.ts';

const zone = process.env['TZ'];
before(() => {
  process.env['TZ'] = 'Asia/Shanghai';
});
after(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const ranges = [
  [{}, undefined, undefined],
  [{ from: '2026-03-02' }, '2026-03-01T16:00:00Z', undefined],
  [{ to: '2026-03-02' }, undefined, '2026-03-02T16:00:00Z'],
  [{ from: '2026-03-02', to: '2026-03-02' }, '2026-03-01T16:00:00Z', '2026-03-02T16:00:00Z'],
  [{ from: ' 2026-03-02 ' }, '2026-03-01T16:00:00Z', undefined],
  [{ from: '2026-02-30', to: 'today' }, undefined, undefined],
  [{ from: '0001-01-01', to: '275760-09-13' }, undefined, undefined],
] as const;
for (const [query, from, until] of ranges) {
  test(`${JSON.stringify(query)} is from ${from} until ${until}`, () => {
    const ms = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
    const filter = readEventFilter(testPage({ query }));
    assert.deepEqual([filter.from, filter.until], [ms(from), ms(until)]);
  });
}

test('texts are cut and trimmed, and what is empty is no filter', () => {
  const filter = readEventFilter(testPage({ query: { user: ' ci ', repository: 'x'.repeat(900), action: '  ' } }));
  assert.equal(filter.user, 'ci');
  assert.equal(filter.repository?.length, 255);
  assert.equal(filter.action, undefined);
});

test('what is no date is named and not kept', () => {
  const cells = eventsFilterCells(testPage({ query: { from: '2026-02-30', to: '2026-03-01' } }));
  assert.deepEqual(cells.dates, { from: '', to: '2026-03-01' });
  assert.match(cells.ignored, /2026-02-30/);
  assert.doesNotMatch(cells.ignored, /2026-03-01/);
  assert.equal(cells.isSet, true);
  assert.equal(eventsFilterCells(testPage()).isSet, false);
});

test('another action begins at the top of its list, with the same dates', () => {
  const query = { from: '2026-03-01', after: '5.1', row: '50', open: '7' };
  const [push] = eventsFilterCells(testPage({ query })).chips;
  assert.equal(push?.href, '/web/here?from=2026-03-01&action=push');
});

const hrefs = [
  [{}, '/web/events.csv'],
  [{ user: 'ci', from: '2026-03-01', after: '5.1', row: '50', open: '7' }, '/web/events.csv?user=ci&from=2026-03-01'],
  [{ repository: 'a&b=c' }, '/web/events.csv?repository=a%26b%3Dc'],
] as const;
for (const [query, href] of hrefs) {
  test(`the table of ${JSON.stringify(query)}`, () => assert.equal(csvHref(testPage({ query })), href));
}

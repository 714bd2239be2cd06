import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventRunCells } from '../../../../server/web/parts/event-cells.ts';
import { testPage } from '../../../support/app/render.ts';
import { NOW, registryEvent } from '../../../support/data/browse-facts.ts';

const MINUTE = 60_000;
const zone = process.env['TZ'];
before(() => {
  process.env['TZ'] = 'UTC';
});
after(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

/** Newest first; each a minute before the one before. */
function runOf(count: number, stepMs = MINUTE) {
  return Array.from({ length: count }, (_, index) =>
    registryEvent({ id: 1000 - index, action: 'pull', at: NOW - index * stepMs }),
  );
}

function cellsOf(events: ReturnType<typeof runOf>, options: Parameters<typeof testPage>[0] = {}, isCut = false) {
  const [cells] = eventRunCells({ events, isCut }, testPage(options));
  assert.ok(cells);
  return cells;
}

test('one event alone is not shown as a run', () => assert.equal(cellsOf(runOf(1)).run, null));

test('a run tells how often, and from when to when', () => {
  const { run, at } = cellsOf(runOf(13));
  assert.equal(run?.text, '13 times');
  assert.equal(at, NOW);
  assert.deepEqual(
    run?.span.ends.map(({ text }) => text),
    ['11:48', '12:00'],
  );
});

const spans = [
  ['the same minute', runOf(2, 10), ['12:00'], 'clock'],
  ['one day', runOf(2, 60 * MINUTE), ['11:00', '12:00'], 'clock'],
  ['two days', runOf(2, 20 * 60 * MINUTE), ['Nov 19, 16:00', 'Nov 20, 12:00'], 'moment'],
] as const;
for (const [title, events, expected, kind] of spans) {
  test(`the span of ${title}`, () => {
    const { run } = cellsOf([...events].map((event) => ({ ...event, at: event.at + 30_000 })));
    assert.deepEqual(
      run?.span.ends.map(({ text }) => text),
      expected,
    );
    assert.equal(run?.span.kind, kind);
  });
}

test('where reading stopped, the count is a lower bound', () => {
  assert.equal(cellsOf(runOf(1200), {}, true).run?.text, '1,200+ times');
  assert.equal(cellsOf(runOf(1200), { locale: 'zh-CN' }, true).run?.text, '超过 1,200 次');
});

test('a run is opened by any of its events, so that new ones in front change nothing', () => {
  const closed = cellsOf(runOf(3));
  assert.equal(closed.run?.isOpen, false);
  assert.equal(closed.run?.href, '/web/here?open=998#run-998');
  assert.deepEqual(closed.run?.events, []);
  for (const open of ['998', '999', '1000']) {
    const { run } = cellsOf(runOf(3), { query: { open, user: 'ci' } });
    assert.equal(run?.isOpen, true);
    assert.equal(run?.events.length, 3);
    assert.equal(run?.href, '/web/here?user=ci#run-998');
  }
  for (const open of ['997', 'x', '']) assert.equal(cellsOf(runOf(3), { query: { open } }).run?.isOpen, false);
});

test('an opened run shows a hundred, and says so', () => {
  const { run } = cellsOf(runOf(150), { query: { open: '1000' } });
  assert.equal(run?.events.length, 100);
  assert.match(run?.note ?? '', /Latest 100 events/);
  assert.equal(cellsOf(runOf(100), { query: { open: '1000' } }).run?.note, '');
});

test('other machines and clients are counted, not hidden', () => {
  const [one, two, three] = runOf(3);
  assert.ok(one && two && three);
  const cells = cellsOf([one, { ...two, address: '10.0.0.2' }, { ...three, address: '10.0.0.3', userAgent: 'crane' }]);
  assert.equal(cells.address, '10.4.0.17 +2');
  assert.match(cells.client, /^docker.* \+1$/);
});

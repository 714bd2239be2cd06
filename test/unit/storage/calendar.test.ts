import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { calendarDay, DAY_MS, dayBegin } from '../../../server/storage/calendar.ts';

const zone = process.env['TZ'];
const date = (text: string) => Date.parse(`${text}T00:00:00Z`);

before(() => {
  process.env['TZ'] = 'Europe/Berlin';
});
after(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

test('a day is one of the operator, however far from UTC', () => {
  assert.equal(calendarDay(Date.parse('2026-11-20T23:30:00Z')), date('2026-11-21'));
  assert.equal(dayBegin(date('2026-11-21')), Date.parse('2026-11-20T23:00:00Z'));
});

test('days are a day apart, also where the clock changes', () => {
  const [before, change, behind] = ['2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z', '2026-10-26T12:00:00Z'].map(
    (text) => calendarDay(Date.parse(text)),
  );
  assert.deepEqual([change, behind], [(before ?? 0) + DAY_MS, (before ?? 0) + 2 * DAY_MS]);
  assert.equal(dayBegin(behind ?? 0) - dayBegin(change ?? 0), 25 * 3600_000);
});

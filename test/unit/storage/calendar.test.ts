import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { calendarDay, DAY_MS, parseDay, startOfDay } from '../../../server/storage/calendar.ts';

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
  assert.equal(startOfDay(date('2026-11-21')), Date.parse('2026-11-20T23:00:00Z'));
});

test('days are a day apart, also where the clock changes', () => {
  const [before, change, behind] = ['2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z', '2026-10-26T12:00:00Z'].map(
    (text) => calendarDay(Date.parse(text)),
  );
  assert.deepEqual([change, behind], [(before ?? 0) + DAY_MS, (before ?? 0) + 2 * DAY_MS]);
  assert.equal(startOfDay(behind ?? 0) - startOfDay(change ?? 0), 25 * 3600_000);
});

const days = [
  ['2026-11-30', date('2026-11-30')],
  ['1970-01-01', 0],
  ['9999-12-31', date('9999-12-31')],
  ['2024-02-29', date('2024-02-29')],
  ['2026-02-29', undefined],
  ['2026-02-30', undefined],
  ['2026-13-01', undefined],
  ['2026-00-10', undefined],
  ['1969-12-31', undefined],
  ['0000-01-01', undefined],
  ['2026-1-1', undefined],
  ['20261130', undefined],
  [' 2026-11-30', undefined],
  ['2026-11-30T00:00:00Z', undefined],
  ['+12026-11-30', undefined],
  ['', undefined],
] as const;
for (const [text, day] of days) {
  test(`"${text}" is ${day === undefined ? 'no day' : 'a day'}`, () => assert.equal(parseDay(text), day));
}

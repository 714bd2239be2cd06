/** What a row of the trash says of when, and until when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trashCells } from '../../../../server/web/housekeeping/trash.ts';
import { testPage } from '../../../support/app/render.ts';
import { digestOf } from '../../../support/data/browse-facts.ts';

const DAY_MS = 24 * 3600_000;
const DELETED_AT = Date.UTC(2026, 2, 1, 12);
const ROW = {
  ...{ id: 7, repository: 'team/app', digest: digestOf('a'), mediaType: 'm', kind: 'image' as const, sizeBytes: 1 },
  ...{ contentBytes: 9, tags: ['v1'], deletedAt: DELETED_AT, deletedBy: 'lin', restoredAt: undefined, partCount: 0 },
};
const deps = { readonly: false, deletion: { trash: { keepMs: 10 * DAY_MS } } };

test('an entry says the day until which it can be restored', () => {
  const { until } = trashCells({ ...ROW, unrestorableAt: undefined }, deps, testPage({}));
  assert.equal(until?.iso, '2026-03-11T12:00:00.000Z');
  assert.match(until?.text ?? '', /Mar.* 11|11 Mar/);
});

test('an entry that the registry refused to take back names no day', () => {
  const cells = trashCells({ ...ROW, unrestorableAt: DELETED_AT + DAY_MS }, deps, testPage({}));
  assert.equal(cells.until, null);
  assert.match(cells.note, /Cannot be restored/);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { isAmong, rowsOf } from '../../../server/storage/among.ts';
import { openTestDatabase, type TestDatabase } from '../../support/data/database.ts';

const MANY = 40_000;
let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
});
after(() => database.close());

async function isFound(value: number | string, values: readonly number[] | readonly string[]): Promise<boolean> {
  const column = typeof value === 'number' ? sql`cast(${value} as integer)` : sql`cast(${value} as text)`;
  const { rows } = await sql`select 1 where ${isAmong(database.db, column, values)}`.execute(database.db);
  return rows.length === 1;
}

test('finds numbers and texts among more than a query has parameters', async () => {
  const numbers = Array.from({ length: MANY }, (_, index) => index * 2);
  assert.deepEqual([await isFound(MANY, numbers), await isFound(3, numbers)], [true, false]);
  const texts = numbers.map((number) => `sha256:${number}, "{\\`);
  assert.deepEqual([await isFound(texts[9] ?? '', texts), await isFound('sha256:', texts)], [true, false]);
  assert.equal(await isFound(1, []), false);
});

test('gives numbers as rows', async () => {
  const { rows } = await sql<{ value: number }>`
    select value from ${rowsOf(database.db, [7, 5, 7])} as given order by value`.execute(database.db);
  assert.deepEqual(
    rows.map(({ value }) => Number(value)),
    [5, 7, 7],
  );
});

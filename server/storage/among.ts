import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from './database.ts';
import { isPostgres } from './engine.ts';

/**
 * Condition: `column` is one of `values`, of which there may be thousands. They are bound as one parameter, so that the
 * query text and its prepared statement are the same for any number of them.
 */
export function isAmong(
  db: Database,
  column: RawBuilder<unknown>,
  values: readonly number[] | readonly string[],
): RawBuilder<SqlBool> {
  if (!isPostgres(db)) return sql<SqlBool>`${column} in (select value from json_each(${JSON.stringify(values)}))`;
  const type = sql.raw(typeof values[0] === 'string' ? 'text' : 'bigint');
  return sql<SqlBool>`${column} = any(${values}::${type}[])`;
}

/** The values as a table with the column `value`, for `from`. */
export function rowsOf(db: Database, values: readonly number[]): RawBuilder<unknown> {
  if (!isPostgres(db)) return sql`(select value from json_each(${JSON.stringify(values)}))`;
  return sql`(select unnest(${values}::bigint[]) as value)`;
}

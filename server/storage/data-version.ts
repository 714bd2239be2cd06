import { CompiledQuery, sql } from 'kysely';
import type { Database } from './database.ts';
import { isPostgres } from './engine.ts';
import { DATA_VERSION } from './sqlite-dialect.ts';

/**
 * Another text after every commit, whoever made it: this thread, another one, another process.
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 */
export async function dataVersion(db: Database): Promise<string> {
  if (isPostgres(db)) {
    const { rows } = await sql<{ version: string }>`select pg_current_snapshot()::text as version`.execute(db);
    return rows[0]?.version ?? '';
  }
  const { rows } = await db.executeQuery<{ data_version: number }>(CompiledQuery.raw(DATA_VERSION));
  return String(rows[0]?.data_version);
}

import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isPostgres } from './engine.ts';

// In pages of 4 kB: SQLite's default, and a value for bulk writes.
const USUAL_PAGES = 1000;
const BULK_PAGES = 16_000;

/**
 * For writing a whole index: SQLite checkpoints less often meanwhile, because pages of an index change again and again
 * and are then copied to the file once. Does nothing on PostgreSQL.
 */
export async function inBulk<T>(db: Database, work: () => Promise<T>): Promise<T> {
  if (isPostgres(db)) return work();
  await sql.raw(`pragma wal_autocheckpoint = ${BULK_PAGES}`).execute(db);
  try {
    return await work();
  } finally {
    await sql.raw(`pragma wal_autocheckpoint = ${USUAL_PAGES}`).execute(db);
  }
}

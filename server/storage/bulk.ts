import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isPostgres } from './engine.ts';

// In pages of 4 kB: SQLite's own, and what the file of the log is cut back to.
const USUAL_PAGES = 1000;
const BULK_PAGES = 16_000;

/**
 * For writing a whole index. On SQLite the log is taken over into the database less often meanwhile: pages of an index change
 * again and again, and each is then written to its place once. PostgreSQL does so by itself.
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

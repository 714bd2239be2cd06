import type SqliteDatabase from 'better-sqlite3';
import type { SqliteDatabase as KyselySqlite } from 'kysely';

// More distinct queries than the product has; lists with optional filters make a few variants each.
const MOST_STATEMENTS = 500;

/** Kysely prepares every query anew; a prepared statement is kept here by its text, which halves the cost of small reads. */
export function cachingStatements(connection: SqliteDatabase.Database): KyselySqlite {
  const statements = new Map<string, SqliteDatabase.Statement>();
  const prepare = (text: string): SqliteDatabase.Statement => {
    const kept = statements.get(text);
    // A statement that is being iterated is busy and must not be shared.
    if (kept !== undefined && !kept.busy) return kept;
    const statement = connection.prepare(text);
    if (statements.size >= MOST_STATEMENTS) statements.clear();
    statements.set(text, statement);
    return statement;
  };
  return { close: () => connection.close(), prepare: prepare as unknown as KyselySqlite['prepare'] };
}

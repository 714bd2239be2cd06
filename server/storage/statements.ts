import type SqliteDatabase from 'better-sqlite3';
import type { SqliteDatabase as KyselySqlite } from 'kysely';
import type { StorageHealth } from './health.ts';

type KyselyStatement = ReturnType<KyselySqlite['prepare']>;

interface Kept {
  readonly statement: SqliteDatabase.Statement;
  readonly guarded: KyselyStatement;
}

// More distinct queries than the product has; lists with optional filters make a few variants each.
const MAX_STATEMENTS = 500;

/**
 * The connection as Kysely uses it. Kysely prepares every query anew; a prepared statement is kept here by its text, which
 * halves the cost of small reads. This is also the border at which a failure of the storage gets its name: see `failure.ts`.
 */
export function guardedStatements(connection: SqliteDatabase.Database, health: StorageHealth): KyselySqlite {
  const statements = new Map<string, Kept>();
  const guard = createGuard(connection, health);
  const prepare = (text: string): KyselyStatement => {
    const kept = statements.get(text);
    // A statement that is being iterated is busy and must not be shared.
    if (kept !== undefined && !kept.statement.busy) return kept.guarded;
    const statement = guard.attempt(() => connection.prepare(text));
    const guarded = guard.statement(text, statement);
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    statements.set(text, { statement, guarded });
    return guarded;
  };
  return { close: () => void connection.close(), prepare };
}

function createGuard(connection: SqliteDatabase.Database, health: StorageHealth) {
  let isInTransaction = false;
  let hasWritten = false;
  /** SQLite itself rolls back when the disk is full: what ended the transaction, until its owner notices. */
  let endedBy: unknown;

  function attempt<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      const failure = health.failed(error);
      if (isInTransaction && !connection.inTransaction) endedBy ??= failure;
      throw failure;
    }
  }

  function begin(run: () => void): void {
    attempt(run);
    [isInTransaction, hasWritten, endedBy] = [true, false, undefined];
  }

  function commit(run: () => void): void {
    refuseAfterEnd();
    if (hasWritten) health.assertKept();
    attempt(run);
    isInTransaction = false;
    if (hasWritten) health.wrote();
  }

  /** Nothing is left to take back when SQLite has done it; an error of ours would hide why. */
  function rollback(run: () => void): void {
    isInTransaction = false;
    if (connection.inTransaction) attempt(run);
  }

  /** What follows in a transaction that is gone would be committed by itself. */
  function refuseAfterEnd(): void {
    if (isInTransaction && !connection.inTransaction) throw endedBy ?? new Error('The transaction has ended');
  }

  function write<Result>(run: () => Result): Result {
    refuseAfterEnd();
    if (isInTransaction) health.assertAllowed();
    else health.assertKept();
    const result = attempt(run);
    if (isInTransaction) hasWritten = true;
    else health.wrote();
    return result;
  }

  function read<Result>(run: () => Result): Result {
    refuseAfterEnd();
    return attempt(run);
  }

  function wayOf(text: string, isReadonly: boolean): <Result>(run: () => Result) => Result {
    if (isReadonly || text.startsWith('pragma')) return read;
    return write;
  }

  return {
    attempt,
    statement(text: string, statement: SqliteDatabase.Statement): KyselyStatement {
      const control = { begin, commit, rollback }[text];
      const way = wayOf(text, statement.readonly);
      return {
        reader: statement.reader,
        all: (parameters) => way(() => statement.all(parameters)),
        run: (parameters) => {
          if (control === undefined) return way(() => statement.run(parameters));
          control(() => void statement.run(parameters));
          return { changes: 0, lastInsertRowid: 0 };
        },
        iterate: (parameters) => way(() => statement.iterate(parameters)),
      };
    },
  };
}

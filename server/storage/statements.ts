import type SqliteDatabase from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { StorageHealth } from './health.ts';

export interface GuardedStatement {
  /** It returns rows. */
  readonly reader: boolean;
  /** It changes nothing. */
  readonly readonly: boolean;
  readonly all: (parameters: readonly unknown[]) => unknown[];
  readonly run: (parameters: readonly unknown[]) => { changes: number | bigint; lastInsertRowid: number | bigint };
}

export interface GuardedStatements {
  readonly prepare: (text: string) => GuardedStatement;
  readonly close: () => void;
}

// More than the product has distinct queries; filters of lists make a few variants each.
const MAX_STATEMENTS = 500;

/**
 * A connection with cached prepared statements, which halves the cost of small reads. Errors of SQLite are converted
 * here, see `failure.ts`.
 */
export function guardedStatements(connection: SqliteDatabase.Database, health: StorageHealth): GuardedStatements {
  const statements = new LRUCache<string, GuardedStatement>({ max: MAX_STATEMENTS });
  const guard = createGuard(connection, health);
  const prepare = (text: string): GuardedStatement => {
    const kept = statements.get(text);
    if (kept !== undefined) return kept;
    const statement = guard.statement(
      text,
      guard.attempt(() => connection.prepare(text)),
    );
    statements.set(text, statement);
    return statement;
  };
  return { close: () => void connection.close(), prepare };
}

function createGuard(connection: SqliteDatabase.Database, health: StorageHealth) {
  let isInTransaction = false;
  let hasWritten = false;
  /**
   * SQLite rolls back by itself when the disk is full. The error that ended the transaction, until its owner notices.
   */
  let endedBy: unknown;

  function attempt<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      const failure = health.toStorageError(error);
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
    if (hasWritten) health.assertDurable();
    attempt(run);
    isInTransaction = false;
    if (hasWritten) health.writeSucceeded();
  }

  /** After a rollback by SQLite itself there is nothing to roll back, and another error would hide the cause. */
  function rollback(run: () => void): void {
    isInTransaction = false;
    if (connection.inTransaction) attempt(run);
  }

  /** Further statements of an ended transaction would be committed one by one. */
  function refuseAfterEnd(): void {
    if (isInTransaction && !connection.inTransaction) throw endedBy ?? new Error('The transaction has ended');
  }

  function write<Result>(run: () => Result): Result {
    refuseAfterEnd();
    if (isInTransaction) health.assertAllowed();
    else health.assertDurable();
    const result = attempt(run);
    if (isInTransaction) hasWritten = true;
    else health.writeSucceeded();
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
    statement(text: string, statement: SqliteDatabase.Statement): GuardedStatement {
      const control = { begin, commit, rollback }[text];
      const way = wayOf(text, statement.readonly);
      return {
        reader: statement.reader,
        readonly: statement.readonly,
        all: (parameters) => way(() => statement.all(parameters)),
        run: (parameters) => {
          if (control === undefined) return way(() => statement.run(parameters));
          control(() => void statement.run(parameters));
          return { changes: 0, lastInsertRowid: 0 };
        },
      };
    },
  };
}

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

// More distinct queries than the product has; lists with optional filters make a few variants each.
const MAX_STATEMENTS = 500;

/**
 * A connection as queries use it. A prepared statement is kept by its text, which halves the cost of small reads. This is also the border at which a failure of the storage gets its name: see `failure.ts`.
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

import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { GuardedStatements } from './statements.ts';
import type { WriteLock } from './write-lock.ts';

export interface SqliteConnections {
  readonly writer: GuardedStatements;
  /** Read-only connection: sees committed rows and never waits. */
  readonly reader: GuardedStatements;
  readonly writeLock: WriteLock;
}

/**
 * Kysely dialect for SQLite with two connections. Reading statements run at once on one of them; writing ones wait for
 * the write lock, and a transaction keeps it. A pragma runs on the writing connection; one that changes its settings
 * keeps the lock until the connection is released, so that no other write runs with those settings.
 */
export function createSqliteDialect(lanes: SqliteConnections): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(lanes),
    createIntrospector: (db: Kysely<unknown>): DatabaseIntrospector => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

interface Lane extends DatabaseConnection {
  readonly begin: () => Promise<void>;
  readonly commit: () => void;
  readonly rollback: () => void;
  readonly release: () => void;
}

function createDriver({ writer, reader, writeLock }: SqliteConnections): Driver {
  return {
    init: async () => undefined,
    acquireConnection: async () => createLane({ writer, reader, writeLock }),
    beginTransaction: (connection) => laneOf(connection).begin(),
    commitTransaction: async (connection) => laneOf(connection).commit(),
    rollbackTransaction: async (connection) => laneOf(connection).rollback(),
    releaseConnection: async (connection) => laneOf(connection).release(),
    destroy: async () => {
      reader.close();
      writer.close();
    },
  };
}

/** Kysely passes back what `acquireConnection` returned. */
function laneOf(connection: DatabaseConnection): Lane {
  return connection as Lane;
}

const SETS_SOMETHING = /=|checkpoint/;

/** A connection does not count its own commits; the one that reads makes none, so there it counts all of them. */
export const DATA_VERSION = 'pragma data_version';

function createLane({ writer, reader, writeLock }: SqliteConnections): Lane {
  let hasLock = false;
  /** A pragma changed settings of the connection. */
  let isSet = false;

  async function acquireLock(): Promise<void> {
    if (hasLock) return;
    await writeLock.acquire();
    hasLock = true;
  }

  function release(): void {
    if (!hasLock) return;
    hasLock = false;
    writeLock.release();
  }

  async function write<Row>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    await acquireLock();
    isSet ||= sql.startsWith('pragma') && SETS_SOMETHING.test(sql);
    try {
      return run<Row>(writer, sql, parameters);
    } finally {
      if (!isSet) release();
    }
  }

  async function executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (hasLock) return run<Row>(writer, sql, parameters);
    const isRead = sql === DATA_VERSION || (!sql.startsWith('pragma') && reader.prepare(sql).readonly);
    return isRead ? run<Row>(reader, sql, parameters) : write<Row>(sql, parameters);
  }

  return {
    executeQuery,
    async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
      yield await executeQuery<Row>(query);
    },
    async begin() {
      await acquireLock();
      run(writer, 'begin', []);
    },
    /** Keeps the lock when it fails, because a rollback follows. */
    commit() {
      run(writer, 'commit', []);
      if (!isSet) release();
    },
    rollback() {
      try {
        run(writer, 'rollback', []);
      } finally {
        if (!isSet) release();
      }
    },
    release,
  };
}

function run<Row>(lane: GuardedStatements, sql: string, parameters: readonly unknown[]): QueryResult<Row> {
  const statement = lane.prepare(sql);
  if (statement.reader) return { rows: statement.all(parameters) as Row[] };
  const { changes, lastInsertRowid } = statement.run(parameters);
  return { numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid), rows: [] };
}

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
import type { WriteTurn } from './write-turn.ts';

export interface SqliteLanes {
  readonly writer: GuardedStatements;
  /** Sees what is committed, and never waits. */
  readonly reader: GuardedStatements;
  readonly turn: WriteTurn;
}

/**
 * SQLite with two connections: what only reads is answered at once, whoever writes; what writes waits for its turn, and a
 * transaction keeps it. A pragma speaks to the connection that writes; one that changes how it works keeps the turn until the
 * connection goes back, so that nobody else writes under it.
 */
export function createSqliteDialect(lanes: SqliteLanes): Dialect {
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
  readonly giveBack: () => void;
}

function createDriver({ writer, reader, turn }: SqliteLanes): Driver {
  return {
    init: async () => undefined,
    acquireConnection: async () => createLane({ writer, reader, turn }),
    beginTransaction: (connection) => laneOf(connection).begin(),
    commitTransaction: async (connection) => laneOf(connection).commit(),
    rollbackTransaction: async (connection) => laneOf(connection).rollback(),
    releaseConnection: async (connection) => laneOf(connection).giveBack(),
    destroy: async () => {
      reader.close();
      writer.close();
    },
  };
}

/** Kysely hands back what `acquireConnection` gave it. */
function laneOf(connection: DatabaseConnection): Lane {
  return connection as Lane;
}

const SETS_SOMETHING = /=|checkpoint/;

function createLane({ writer, reader, turn }: SqliteLanes): Lane {
  let hasTurn = false;
  /** The connection works in another way until it goes back. */
  let isSet = false;

  async function takeTurn(): Promise<void> {
    if (hasTurn) return;
    await turn.take();
    hasTurn = true;
  }

  function giveBack(): void {
    if (!hasTurn) return;
    hasTurn = false;
    turn.give();
  }

  async function write<Row>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    await takeTurn();
    isSet ||= sql.startsWith('pragma') && SETS_SOMETHING.test(sql);
    try {
      return run<Row>(writer, sql, parameters);
    } finally {
      if (!isSet) giveBack();
    }
  }

  async function executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (hasTurn) return run<Row>(writer, sql, parameters);
    const isRead = !sql.startsWith('pragma') && reader.prepare(sql).readonly;
    return isRead ? run<Row>(reader, sql, parameters) : write<Row>(sql, parameters);
  }

  return {
    executeQuery,
    async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
      yield await executeQuery<Row>(query);
    },
    async begin() {
      await takeTurn();
      run(writer, 'begin', []);
    },
    /** Where it fails the turn is kept: what is left is taken back first. */
    commit() {
      run(writer, 'commit', []);
      if (!isSet) giveBack();
    },
    rollback() {
      try {
        run(writer, 'rollback', []);
      } finally {
        if (!isSet) giveBack();
      }
    },
    giveBack,
  };
}

function run<Row>(lane: GuardedStatements, sql: string, parameters: readonly unknown[]): QueryResult<Row> {
  const statement = lane.prepare(sql);
  if (statement.reader) return { rows: statement.all(parameters) as Row[] };
  const { changes, lastInsertRowid } = statement.run(parameters);
  return { numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid), rows: [] };
}

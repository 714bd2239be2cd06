/**
 * Completes an upgrade that an earlier version left incomplete: it committed each statement of a migration by itself,
 * so a killed process left tables without the record that the migration ran.
 */
import SqliteDatabase from 'better-sqlite3';
import { Kysely, type SqliteDatabase as KyselySqlite, type Migration, SqliteDialect } from 'kysely';
import { MIGRATIONS } from './migrations/index.ts';

/** Text of each table, index and trigger by its name. */
type Shape = ReadonlyMap<string, string>;
type KyselyStatement = ReturnType<KyselySqlite['prepare']>;

const CHANGES_SHAPE = /^\s*(create|alter|drop)\s(?!.*kysely_migration)/i;
const CREATES_TABLE = /^\s*create table "?(\w+)"?/i;
const INSERTS_INTO = /^\s*insert into "?(\w+)"?/i;
const WRITES = /^\s*(insert|update|delete)\s(?!.*kysely_migration)/i;

/**
 * How many schema-changing statements of the first pending migration were already committed. Runs that migration on an
 * empty database in memory and compares the schema after each statement.
 * @returns 0 when it has not begun, or when the schema is not one that an earlier version can have left.
 */
export async function countAppliedStatements(
  connection: SqliteDatabase.Database,
  applied: readonly string[],
  pending: string,
): Promise<number> {
  const shapes = await shapesOf(applied, pending);
  const known = new Set(shapes.flatMap((shape) => [...shape.keys()]));
  // Tables and indexes of others (a replication tool, an operator's index) are ignored.
  const found = new Map([...shapeOf(connection)].filter(([name]) => known.has(name)));
  const place = shapes.findIndex((shape) => areEqual(shape, found));
  return Math.max(0, place);
}

/**
 * A connection that skips the first `done` schema-changing statements of a migration, which were committed before.
 * Tables created by the skipped part may have rows already: they are emptied before they are filled again. All other
 * writes of migrations are idempotent.
 */
export function resumeMigration(connection: SqliteDatabase.Database, done: number): KyselySqlite {
  const made = new Set<string>();
  const emptied = new Set<string>();
  let seen = 0;

  function isDone(text: string): boolean {
    if (!CHANGES_SHAPE.test(text)) return WRITES.test(text) && seen < done;
    seen += 1;
    const table = CREATES_TABLE.exec(text)?.[1];
    if (seen <= done && table !== undefined) made.add(table);
    return seen <= done;
  }

  function emptyBefore(text: string): void {
    const target = INSERTS_INTO.exec(text)?.[1] ?? '';
    if (seen > done || !made.has(target) || emptied.has(target)) return;
    connection.exec(`delete from "${target}"`);
    emptied.add(target);
  }

  return {
    close: () => void connection.close(),
    prepare: (text) => {
      if (isDone(text)) return NOTHING_TO_DO;
      emptyBefore(text);
      return kyselyStatement(connection.prepare(text));
    },
  };
}

const NOTHING_TO_DO: KyselyStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

/** The schema before the migration, and after each schema-changing statement. */
async function shapesOf(applied: readonly string[], pending: string): Promise<readonly Shape[]> {
  const connection = new SqliteDatabase(':memory:');
  const shapes: Shape[] = [];
  let isWatched = false;
  const noteShape = (text: string) => {
    if (isWatched && CHANGES_SHAPE.test(text)) shapes.push(shapeOf(connection));
  };
  const database = {
    close: () => void connection.close(),
    prepare: (text: string) => kyselyStatement(connection.prepare(text), () => noteShape(text)),
  };
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  for (const name of applied) await migrationOf(name).up(db);
  shapes.push(shapeOf(connection));
  isWatched = true;
  await migrationOf(pending).up(db);
  await db.destroy();
  return shapes;
}

function migrationOf(name: string): Migration {
  const migration = MIGRATIONS[name];
  if (migration === undefined) throw new Error(`There is no migration ${name}`);
  return migration;
}

function shapeOf(connection: SqliteDatabase.Database): Shape {
  const rows = connection
    .prepare("select name, sql from sqlite_master where name not like 'sqlite_%' and name not like 'kysely_%'")
    .all() as { name: string; sql: string | null }[];
  return new Map(rows.map(({ name, sql }) => [name, sql ?? '']));
}

function areEqual(one: Shape, other: Shape): boolean {
  return one.size === other.size && [...one].every(([name, text]) => other.get(name) === text);
}

function kyselyStatement(statement: SqliteDatabase.Statement, afterRun: () => void = () => undefined): KyselyStatement {
  return {
    reader: statement.reader,
    all: (parameters) => statement.all(parameters),
    run: (parameters) => {
      const result = statement.run(parameters);
      afterRun();
      return result;
    },
    iterate: (parameters) => statement.iterate(parameters),
  };
}

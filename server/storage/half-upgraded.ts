/**
 * Finishes an upgrade that an earlier version left half done: it committed each statement of a migration alone, so a
 * process killed in between left tables without the mark that the migration ran.
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
 * How many statements of the first pending migration that change the shape are there already: an empty database in memory
 * goes the same way, and its shape is compared after each.
 * @returns 0 when it has not begun, or when the shape is none that an earlier version can have left.
 */
export async function statementsDone(
  connection: SqliteDatabase.Database,
  applied: readonly string[],
  pending: string,
): Promise<number> {
  const shapes = await shapesOf(applied, pending);
  const known = new Set(shapes.flatMap((shape) => [...shape.keys()]));
  // What others keep in the file (a replication tool, an operator's index) says nothing.
  const found = new Map([...shapeOf(connection)].filter(([name]) => known.has(name)));
  const place = shapes.findIndex((shape) => areEqual(shape, found));
  return Math.max(0, place);
}

/**
 * Runs the rest of a migration of which the first `done` statements that change the shape were committed before. A table that
 * the migration made itself may have been filled already: it is emptied before it is filled again. Everything else that a
 * migration writes comes out the same when it is written twice.
 */
export function finishing(connection: SqliteDatabase.Database, done: number): KyselySqlite {
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

/** The shape before the migration, and after each of its statements that change it. */
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

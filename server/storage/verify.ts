/** Reads the whole database and reports damaged tables. Changes nothing. */
import SqliteDatabase from 'better-sqlite3';
import { errorText } from '../errors.ts';

export interface Verification {
  /** Messages of SQLite, at most a few lines. */
  readonly findings: readonly string[];
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly isDamaged: boolean }[];
}

const MAX_FINDINGS = 20;

/** @throws an error of better-sqlite3 when the file is not a database. */
export function verifyFile(file: string): Verification {
  const connection = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
  try {
    return {
      findings: [...integrity(connection), ...danglingRows(connection)],
      tables: tableNames(connection).map((name) => readTable(connection, name)),
    };
  } finally {
    connection.close();
  }
}

/** Without tables of SQLite, of the migrations and of the full-text search. */
export function tableNames(connection: SqliteDatabase.Database): readonly string[] {
  return connection
    .prepare(
      `select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'
        and name not like 'kysely\\_%' escape '\\'
        and not exists (select 1 from sqlite_master as virtual where virtual.sql like 'create virtual table%'
          and (sqlite_master.name = virtual.name or sqlite_master.name like virtual.name || '\\_%' escape '\\'))
        order by name`,
    )
    .pluck()
    .all() as string[];
}

function integrity(connection: SqliteDatabase.Database): readonly string[] {
  try {
    const rows = connection.pragma(`integrity_check(${MAX_FINDINGS})`) as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  } catch (error) {
    return [errorText(error)];
  }
}

function danglingRows(connection: SqliteDatabase.Database): readonly string[] {
  try {
    const rows = connection.pragma('foreign_key_check') as { table: string; parent: string }[];
    return rows
      .slice(0, MAX_FINDINGS)
      .map(({ table, parent }) => `a row of ${table} belongs to a row of ${parent} that is missing`);
  } catch (error) {
    return [errorText(error)];
  }
}

function readTable(connection: SqliteDatabase.Database, name: string): Verification['tables'][number] {
  let rows = 0;
  try {
    for (const _row of connection.prepare(`select * from "${name}" not indexed`).raw().iterate()) rows += 1;
    return { name, rows, isDamaged: false };
  } catch {
    return { name, rows, isDamaged: true };
  }
}

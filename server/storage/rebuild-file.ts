/**
 * Builds a new database from a damaged one: users, roles, events and everything else that cannot be read again are
 * copied as far as possible. The index is left out and read from the registry at the next start.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { storageTrouble } from './failure.ts';
import { tableNames } from './verify.ts';

/** Tables that are read from the registry or derived. All other tables are copied, also those of later versions. */
const INDEX_TABLES: ReadonlySet<string> = new Set([
  'blobs',
  'crawls',
  'document_sources',
  'documents',
  'folders',
  'held_manifests',
  'labels',
  'manifest_blobs',
  'manifest_children',
  'manifest_labels',
  'manifest_retries',
  'manifests',
  'repository_blobs',
  'repository_facets',
]);

/** Without this setting, the next start derives everything again. */
const LAYOUT_SETTING = 'catalog_layout';

export interface KeptTable {
  readonly name: string;
  readonly rows: number;
  /** Some rows could not be read. */
  readonly isIncomplete: boolean;
}

type Connection = SqliteDatabase.Database;

/** Whether the table is rebuilt from the registry, so that its rows can be lost. */
export function isIndexTable(table: string): boolean {
  return INDEX_TABLES.has(table);
}

/**
 * Copies all tables that cannot be rebuilt from the registry.
 * @param target An empty database with the current schema.
 */
export function copyIrreplaceableTables(file: string, target: Connection): readonly KeptTable[] {
  const source = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
  target.pragma('foreign_keys = off');
  try {
    const kept = tableNames(target)
      .filter((name) => !isIndexTable(name))
      .map((name) => target.transaction(() => copyTable(source, target, name))());
    target.prepare('delete from settings where key = ?').run(LAYOUT_SETTING);
    // Crawls are numbered from 1 again: none of them has read anything yet.
    target.exec('update repositories set crawl_id = 0');
    removeDanglingRows(target);
    return kept;
  } finally {
    source.close();
    target.pragma('foreign_keys = on');
  }
}

function copyTable(source: Connection, target: Connection, name: string): KeptTable {
  const columns = commonColumns(source, target, name);
  if (columns.length === 0) return { name, rows: 0, isIncomplete: false };
  const list = columns.map((column) => `"${column}"`).join(', ');
  const insert = target.prepare(
    `insert or replace into "${name}" (${list}) values (${columns.map(() => '?').join(', ')})`,
  );
  const copy = (order: string): boolean =>
    copyRows(source, `select ${list} from "${name}" not indexed ${order}`, insert);
  const isComplete = copy('');
  // Rows behind the damage are reached by reading backwards.
  if (!isComplete) copy('order by rowid desc');
  const rows = target.prepare(`select count(*) from "${name}"`).pluck().get() as number;
  return { name, rows, isIncomplete: !isComplete };
}

/** @returns whether every row could be read. */
function copyRows(source: Connection, text: string, insert: SqliteDatabase.Statement): boolean {
  try {
    for (const row of source.prepare(text).raw().iterate()) insert.run(...(row as unknown[]));
    return true;
  } catch (error) {
    if (storageTrouble(error) === 'damaged') return false;
    throw error;
  }
}

function commonColumns(source: Connection, target: Connection, name: string): readonly string[] {
  const columnsOf = (connection: Connection) =>
    (connection.pragma(`table_info("${name}")`) as { name: string }[]).map((column) => column.name);
  const there = new Set(columnsOf(source));
  return columnsOf(target).filter((column) => there.has(column));
}

/** Deletes rows whose parents could not be read. */
function removeDanglingRows(target: Connection): void {
  const rows = target.pragma('foreign_key_check') as { table: string; rowid: number | null }[];
  for (const { table, rowid } of rows) target.prepare(`delete from "${table}" where rowid = ?`).run(rowid);
}

/** Replaces the database by the rebuilt one and keeps the old one beside it. @returns the path of the old one. */
export function replaceDatabaseFile(rebuilt: string, file: string, at: Date): string {
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const damaged = `${file}.damaged-${stamp}`;
  for (const end of ['', '-wal', '-shm']) {
    if (existsSync(`${file}${end}`)) renameSync(`${file}${end}`, `${damaged}${end}`);
  }
  renameSync(rebuilt, file);
  for (const end of ['-wal', '-shm']) rmSync(`${rebuilt}${end}`, { force: true });
  return damaged;
}

/**
 * A new database from a damaged one: people, rights, events and everything else that nobody can tell us again are copied as
 * far as they can be read; what the registry tells is left out, and read from it at the next start.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { storageTrouble } from './failure.ts';
import { tableNames } from './verify.ts';

/** Read again from the registry, or worked out from what is. All other tables are kept, also those of later versions. */
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

/** Tells a start that everything derived has to be worked out again. */
const LAYOUT_SETTING = 'catalog_layout';

export interface KeptTable {
  readonly name: string;
  readonly rows: number;
  /** Some rows could not be read. */
  readonly isIncomplete: boolean;
}

type Connection = SqliteDatabase.Database;

export function isOfIndex(table: string): boolean {
  return INDEX_TABLES.has(table);
}

/** @param target An empty database of today's schema; it has no rows but those that migrations made. */
export function keepWhatCannotBeReadAgain(file: string, target: Connection): readonly KeptTable[] {
  const source = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
  target.pragma('foreign_keys = off');
  try {
    const kept = tableNames(target)
      .filter((name) => !isOfIndex(name))
      .map((name) => target.transaction(() => copyTable(source, target, name))());
    target.prepare('delete from settings where key = ?').run(LAYOUT_SETTING);
    // Numbers of crawls begin anew: none of them has read anything yet.
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
  // What stands behind the damage is reached from the other end.
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

/** Their owners could not be read. */
function removeDanglingRows(target: Connection): void {
  const rows = target.pragma('foreign_key_check') as { table: string; rowid: number | null }[];
  for (const { table, rowid } of rows) target.prepare(`delete from "${table}" where rowid = ?`).run(rowid);
}

/** The damaged file stays beside it. @returns its new path. */
export function putInPlace(rebuilt: string, file: string, at: Date): string {
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const damaged = `${file}.damaged-${stamp}`;
  for (const end of ['', '-wal', '-shm']) {
    if (existsSync(`${file}${end}`)) renameSync(`${file}${end}`, `${damaged}${end}`);
  }
  renameSync(rebuilt, file);
  for (const end of ['-wal', '-shm']) rmSync(`${rebuilt}${end}`, { force: true });
  return damaged;
}

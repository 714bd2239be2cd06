/**
 * Opens the one SQLite file, brings its tables up to date and guards it against a second process. Queries live in the
 * module of their table; this folder only owns the connection, the schema and the migrations.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { CompiledQuery, Kysely } from 'kysely';
import { errorText, StartError } from '../errors.ts';
import { createStorageHealth, type StorageHealth } from './health.ts';
import { checkAtStart } from './integrity.ts';
import type { Schema } from './schema.ts';
import { createSqliteDialect } from './sqlite-dialect.ts';
import { guardedStatements } from './statements.ts';
import { type Upgrade, upgrade } from './upgrade.ts';
import { createWriteLock, type SharedLock, type WriteLock } from './write-lock.ts';

export type Database = Kysely<Schema>;

export interface OpenedDatabase {
  readonly db: Database;
  readonly file: string;
  /** Health of the file: free space, failed writes. */
  readonly storage: StorageHealth;
  /** True when this call created the file: there was no account and no key. */
  readonly isNew: boolean;
  /** The migrations that this call ran on a database of an earlier version; undefined when there were none. */
  readonly upgraded: Upgrade | undefined;
  /** Write lock, shared with the other threads of this process. */
  readonly writeLock: WriteLock;
  readonly close: () => Promise<void>;
}

export interface DatabaseOptions {
  /** Folder of the database; created with mode 0700 when it is missing. */
  readonly dataPath: string;
  /** False for a command beside the running server: it neither takes the folder's lock nor migrates. */
  readonly exclusive: boolean;
}

// Older versions can damage a WAL database when two connections checkpoint at once.
const MIN_SQLITE_VERSION = [3, 51, 3] as const;
const BUSY_TIMEOUT_MS = 1000;
const MAX_JOURNAL_BYTES = 64 * 1024 * 1024;
// The default of 16 MB is too small for a large index, whose interior pages should stay cached.
const CACHE_KIB = 24 * 1024;
const READ_CACHE_KIB = 48 * 1024;

/**
 * Opens the database of the data folder; creates and migrates it if `exclusive`.
 * @throws {StartError} when the folder cannot be written, another process uses it, the file is damaged, or a newer
 * version wrote it.
 */
export async function openDatabase({ dataPath, exclusive }: DatabaseOptions): Promise<OpenedDatabase> {
  const file = join(dataPath, 'registry-web.db');
  const isNew = !existsSync(file);
  if (isNew && !exclusive) throw new StartError([`There is no database in ${dataPath}. Start the server once first.`]);
  makeFolder(dataPath);
  const unlock = exclusive ? lockFolder(dataPath) : () => undefined;
  try {
    const connection = connect(file);
    if (exclusive) refuseDamaged(connection);
    const upgraded = await upgrade(connection, { isAllowed: exclusive });
    const storage = createStorageHealth(file);
    const writeLock = createWriteLock();
    const db = openLanes(connection, storage, writeLock);
    return { db, file, storage, isNew, upgraded, writeLock, close: () => closeAll(db, unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The database in another thread than the one that opened it. */
export interface ThreadDatabase {
  readonly db: Database;
  readonly storage: StorageHealth;
  readonly close: () => Promise<void>;
}

/**
 * Opens the same file in another thread; does not migrate.
 * @param shared The write lock of the thread that opened the file.
 * @param thread A number that no other thread has.
 */
export function openForThread(file: string, shared: SharedLock, thread: number): ThreadDatabase {
  const storage = createStorageHealth(file);
  const db = openLanes(connect(file), storage, createWriteLock({ shared, thread }));
  return { db, storage, close: () => db.destroy() };
}

function openLanes(connection: SqliteDatabase.Database, storage: StorageHealth, writeLock: WriteLock): Database {
  const dialect = createSqliteDialect({
    writer: guardedStatements(connection, storage),
    reader: guardedStatements(connectToRead(connection.name), storage),
    writeLock,
  });
  return new Kysely<Schema>({ dialect });
}

/**
 * The connection's actual setting of `synchronous`: 2 is FULL, one sync per commit.
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export async function synchronousMode(db: Database): Promise<number> {
  const result = await db.executeQuery<{ synchronous: number }>(CompiledQuery.raw('pragma synchronous'));
  return result.rows[0]?.synchronous ?? -1;
}

function makeFolder(dataPath: string): void {
  try {
    mkdirSync(dataPath, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(dataPath, error);
  }
}

function notWritable(dataPath: string, error: unknown): StartError {
  const uid = process.getuid?.() ?? 0;
  return new StartError([
    `The data folder ${dataPath} cannot be written by uid ${uid} (${errorText(error)}). ` +
      `Run: chown -R ${uid} ${dataPath}, or set data.path to another folder.`,
  ]);
}

/**
 * A connection for writing: WAL, synced commits, foreign keys.
 * @throws {StartError} when the file cannot be opened, is damaged, or SQLite is too old.
 */
export function connect(file: string): SqliteDatabase.Database {
  let connection: SqliteDatabase.Database;
  try {
    connection = new SqliteDatabase(file, { timeout: BUSY_TIMEOUT_MS });
    chmodSync(file, 0o600);
    connection.pragma('journal_mode = WAL');
    // The driver makes WAL default to NORMAL, which forgets the last commits on a power cut.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    connection.pragma(`journal_size_limit = ${MAX_JOURNAL_BYTES}`);
    connection.pragma(`cache_size = -${CACHE_KIB}`);
  } catch (error) {
    throw unusable(file, error);
  }
  refuseUnsafe(connection);
  return connection;
}

/** Read-only; the file was opened for writing before, so it exists. */
function connectToRead(file: string): SqliteDatabase.Database {
  const connection = new SqliteDatabase(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  connection.pragma(`cache_size = -${READ_CACHE_KIB}`);
  return connection;
}

function unusable(file: string, error: unknown): StartError {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return new StartError([damagedText(file, errorText(error))]);
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_CANTOPEN' || code === 'EACCES' || code === 'EPERM') {
    return notWritable(file, error);
  }
  return new StartError([`The database ${file} cannot be opened: ${errorText(error)}.`], 75);
}

function refuseDamaged(connection: SqliteDatabase.Database): void {
  const problem = checkAtStart(connection);
  if (problem !== undefined) throw new StartError([damagedText(connection.name, problem)]);
}

function damagedText(file: string, problem: string): string {
  return (
    `The database ${file} is damaged (${problem}); nothing was changed. Put back your last backup of it, or run: ` +
    'npm run admin -- verify, then npm run admin -- rebuild-index, which keeps people, rights and events.'
  );
}

function refuseUnsafe(connection: SqliteDatabase.Database): void {
  const version = connection.prepare('select sqlite_version() as version').get() as { version: string };
  const found = version.version.split('.').map(Number);
  const older = MIN_SQLITE_VERSION.findIndex((part, index) => part !== found[index]);
  if (older >= 0 && (found[older] ?? 0) < (MIN_SQLITE_VERSION[older] ?? 0)) {
    throw new StartError([`SQLite ${version.version} is too old; at least ${MIN_SQLITE_VERSION.join('.')} is needed.`]);
  }
  const mode = connection.pragma('synchronous', { simple: true });
  if (mode !== 2) throw new StartError([`SQLite would not sync every commit (synchronous=${mode}, needed: 2).`]);
}

/**
 * Takes the lock of the data folder and returns what releases it; the operating system releases it when the process
 * ends.
 * @throws {StartError} when another process has it.
 */
export function lockFolder(dataPath: string): () => void {
  try {
    const guard = new SqliteDatabase(join(dataPath, 'registry-web.lock'), { timeout: 0 });
    guard.pragma('journal_mode = DELETE');
    guard.exec('begin exclusive');
    return () => guard.close();
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY') !== true) throw notWritable(dataPath, error);
    throw new StartError(
      [`Another Registry Web already uses ${dataPath}. Stop it first, or set data.path to another folder.`],
      75,
    );
  }
}

async function closeAll(db: Database, unlock: () => void): Promise<void> {
  await db.destroy();
  unlock();
}

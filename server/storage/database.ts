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
import { createWriteTurn, type SharedTurn, type WriteTurn } from './write-turn.ts';

export type Database = Kysely<Schema>;

export interface OpenedDatabase {
  readonly db: Database;
  readonly file: string;
  /** Whether what is written to it is kept. */
  readonly storage: StorageHealth;
  /** True when this call made the file: no account and no key existed before. */
  readonly isNew: boolean;
  /** What this call did to a database of an earlier version. */
  readonly upgraded: Upgrade | undefined;
  /** Whose turn it is to write: threads of this process share it. */
  readonly turn: WriteTurn;
  readonly close: () => Promise<void>;
}

export interface DatabaseOptions {
  /** Folder of the database; made with mode 0700 when it is missing. */
  readonly dataPath: string;
  /** False for a command beside the running server: it neither locks nor migrates. */
  readonly exclusive: boolean;
}

// Below this a WAL database can be damaged when two connections checkpoint at once.
const OLDEST_SQLITE = [3, 51, 3] as const;
const BUSY_TIMEOUT_MS = 1000;
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;
// The driver's own 16 MB are too few for a large index: interior pages and what lists read often should stay.
const CACHE_KIB = 24 * 1024;
const READ_CACHE_KIB = 48 * 1024;

/** @throws {StartError} when the folder cannot be written, another process holds it, or a newer version wrote the file. */
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
    const turn = createWriteTurn();
    const db = openLanes(connection, storage, turn);
    return { db, file, storage, isNew, upgraded, turn, close: () => closeAll(db, unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** A thread that shares the file with the one that opened it. */
export interface DatabaseBeside {
  readonly db: Database;
  readonly storage: StorageHealth;
  readonly close: () => Promise<void>;
}

/** @param thread A number that no other thread has. */
export function openBeside(file: string, shared: SharedTurn, thread: number): DatabaseBeside {
  const storage = createStorageHealth(file);
  const db = openLanes(connect(file), storage, createWriteTurn({ shared, thread }));
  return { db, storage, close: () => db.destroy() };
}

function openLanes(connection: SqliteDatabase.Database, storage: StorageHealth, turn: WriteTurn): Database {
  const dialect = createSqliteDialect({
    writer: guardedStatements(connection, storage),
    reader: guardedStatements(connectToRead(connection.name), storage),
    turn,
  });
  return new Kysely<Schema>({ dialect });
}

/** What the connection really does about durability: 2 is FULL, one sync per commit. Shown on the status page. */
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

export function connect(file: string): SqliteDatabase.Database {
  let connection: SqliteDatabase.Database;
  try {
    connection = new SqliteDatabase(file, { timeout: BUSY_TIMEOUT_MS });
    chmodSync(file, 0o600);
    connection.pragma('journal_mode = WAL');
    // The driver makes WAL default to NORMAL, which forgets the last commits on a power cut.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    connection.pragma(`journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
    connection.pragma(`cache_size = -${CACHE_KIB}`);
  } catch (error) {
    throw unusable(file, error);
  }
  refuseUnsafe(connection);
  return connection;
}

/** The file was opened to write before. */
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
  const older = OLDEST_SQLITE.findIndex((part, index) => part !== found[index]);
  if (older >= 0 && (found[older] ?? 0) < (OLDEST_SQLITE[older] ?? 0)) {
    throw new StartError([`SQLite ${version.version} is too old; at least ${OLDEST_SQLITE.join('.')} is needed.`]);
  }
  const mode = connection.pragma('synchronous', { simple: true });
  if (mode !== 2) throw new StartError([`SQLite would not sync every commit (synchronous=${mode}, needed: 2).`]);
}

/** The operating system drops this lock with the process, however it ends. */
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

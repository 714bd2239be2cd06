/** Checks the database for damage, without changing it. */
import { statSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { Piscina } from 'piscina';
import { errorText } from '../errors.ts';
import { poolFile } from '../thread.ts';
import { storageTrouble } from './failure.ts';

/** Takes about a second; larger files are checked while the server runs. */
const MAX_BYTES_AT_START = 200 * 1024 * 1024;

/** @returns what is damaged; undefined for an intact file, and for one that is too large to check at start. */
export function checkAtStart(connection: SqliteDatabase.Database): string | undefined {
  if (statSync(connection.name).size > MAX_BYTES_AT_START) return undefined;
  return quickCheck(connection);
}

/** @returns what is wrong, or undefined. */
export function quickCheck(connection: SqliteDatabase.Database): string | undefined {
  try {
    const result = connection.pragma('quick_check(1)', { simple: true });
    // The first line names the database, which is the only one.
    return result === 'ok' ? undefined : String(result).split('\n').at(-1);
  } catch (error) {
    if (storageTrouble(error) === 'damaged') return errorText(error);
    throw error;
  }
}

/** Runs in the worker. */
export function checkFile(file: string): string | undefined {
  const connection = new SqliteDatabase(file, { readonly: true });
  try {
    return quickCheck(connection);
  } finally {
    connection.close();
  }
}

/** Checks in a worker thread, because a large file takes minutes. @returns what is damaged, or undefined. */
export async function checkInBackground(file: string): Promise<string | undefined> {
  const pool = new Piscina<string, string | undefined>({
    ...poolFile('integrity-worker', import.meta.url),
    maxThreads: 1,
  });
  try {
    return await pool.run(file);
  } finally {
    await pool.destroy();
  }
}
